"""The worker in docs/ signs what the hook believes; run by node, where there is one."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.ingress.webhook import generic
from tests.ingress import posts

WORKER = Path(__file__).parent.parent.parent / "docs" / "cloudflare-worker.js"
RAW = b"From: guru@clinic.example\r\n\r\n" + bytes(range(256)) + b"\r\n"
SCRIPT = """
import worker from WORKER;
const raw = Buffer.from(RAW, "base64");
const said = { rejected: null, thrown: null, request: null };
globalThis.fetch = async (url, request) => {
  said.request = { url, headers: request.headers, body: Buffer.from(request.body).toString("base64") };
  return new Response("Sentence.\\n", { status: STATUS });
};
const message = { raw: new Blob([raw]).stream(), from: "gürü+x@clinic.example", to: "q-0123@column.example",
                  setReject: (sentence) => { said.rejected = sentence; } };
try { await worker.email(message, { MAILBAG_KEY: KEY, MAILBAG_HOOK: "https://ask.example/hooks/cloudflare" }); }
catch (error) { said.thrown = error.message; }
console.log(JSON.stringify(said));
"""


def run(status: int, folder: Path) -> dict[str, object]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    shutil.copyfile(WORKER, folder / "worker.mjs")
    values = {"WORKER": "./worker.mjs", "RAW": base64.b64encode(RAW).decode(), "KEY": posts.SECRET}
    script = SCRIPT.replace("STATUS", str(status))
    for name, value in values.items():
        script = script.replace(f'"{name}"', json.dumps(value)).replace(f" {name}", f" {json.dumps(value)}")
        script = script.replace(f"({name}", f"({json.dumps(value)}")
    (folder / "run.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run([node, folder / "run.mjs"], capture_output=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def test_what_the_worker_signs_is_believed(tmp_path: Path) -> None:
    told = run(200, tmp_path)
    assert (told["rejected"], told["thrown"]) == (None, None)
    request = told["request"]
    assert isinstance(request, dict)
    made = posts.Post("/hooks/cloudflare", request["headers"], base64.b64decode(request["body"]))
    (mail,) = generic.read(made.posted, posts.keys()["cloudflare"], datetime.now(UTC)).mails
    assert (mail.raw, mail.sender, mail.recipients) == (RAW, "gürü+x@clinic.example", ("q-0123@column.example",))


@pytest.mark.parametrize("status", [406, 413])
def test_what_is_refused_for_good_is_told_to_the_sender(status: int, tmp_path: Path) -> None:
    assert run(status, tmp_path)["rejected"] == "Sentence."


@pytest.mark.parametrize("status", [401, 404, 503])
def test_what_may_pass_is_tried_again(status: int, tmp_path: Path) -> None:
    told = run(status, tmp_path)
    assert (told["rejected"], told["thrown"]) == (None, f"Mailbag: {status} Sentence.")
