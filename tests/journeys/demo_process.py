"""The demo as a stranger has it: one process, driven from outside by HTTP and SMTP alone."""

import html
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.ports import free_ports
from tests.servers import PATIENCE

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Answered:
    """What a GET or POST came to, redirects followed."""

    status: int
    url: str
    text: str


@dataclass
class DemoProcess:
    """A running demo; every wait is bounded."""

    base: str
    smtp_port: int
    lmtp_port: int
    log: Path
    seconds_to_answer: float = 0.0

    def get(self, path: str) -> Answered:
        return self._open(urllib.request.Request(self._url(path)))

    def post(self, path: str, **fields: str) -> Answered:
        return self._open(urllib.request.Request(self._url(path), urllib.parse.urlencode(fields).encode()))

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.base + path

    @staticmethod
    def _open(request: urllib.request.Request) -> Answered:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return Answered(response.status, response.url, response.read().decode())
        except urllib.error.HTTPError as error:
            return Answered(error.code, error.url, error.read().decode())

    def hidden_fields(self, path: str = "/ask") -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.get(path).text))

    def post_letter(self, **fields: str) -> Answered:
        """As a reader does: where the form leads to a preview, that is looked at, and its button pressed."""
        posted = self.post("/ask", **fields, **self.hidden_fields())
        if 'name="step" value="post"' in posted.text:
            found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', posted.text)
            posted = self.post("/ask", **{name: html.unescape(value) for name, value in found})
        return posted

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Newest first."""
        found = json.loads(self.get("/mailbox.json").text)
        return [mail for mail in found if to is None or mail["to"] == to]

    def wait_for_mail(self, to: str, subject: str = "", *, after: int = 0) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            fitting = (m for m in self.mails(to) if m["id"] > after and subject in m["subject"])
            return next(fitting, None)

        mail: dict[str, Any] = self.wait_until(look, f"a mail to {to} with “{subject}”")
        return mail

    def wait_until(self, look: Callable[[], Any], what: str, seconds: float = 90) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (found := look()) is not None:
                return found
            time.sleep(0.02)
        raise AssertionError(f"never came: {what}\n{self.log.read_text()}")

    def raw(self, mail: dict[str, Any]) -> bytes:
        with urllib.request.urlopen(f"{self.base}/mailbox/{mail['id']}.eml", timeout=PATIENCE) as response:
            content: bytes = response.read()
        return content

    def text(self, mail: dict[str, Any]) -> str:
        message = message_from_bytes(self.raw(mail), policy=policy.default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def link(self, mail: dict[str, Any], kind: str) -> str:
        found = re.search(rf"{re.escape(self.base)}{kind}\S+", self.text(mail))
        assert found, self.text(mail)
        return found[0]

    def ask(self, *, name: str, address: str, text: str, topic: str = "physiotherapy-advice") -> dict[str, Any]:
        """Ask, confirm by the mail's link, and wait for the expert's mail."""
        fields = {"public_name": name, "address": address, "topic": topic, "text": text, "consent": "publish"}
        posted = self.post_letter(**fields)
        assert posted.url.endswith("/ask/posted"), posted.text
        link = self.link(self.wait_for_mail(address, "Press once"), "/confirm/")
        assert "<button" in self.get(link).text
        assert self.post(link).status == 200
        return self.wait_for_mail("guru@clinic.example", f"{name} asks for")


@contextmanager
def running_demo(folder: Path, **settings: str) -> Iterator[DemoProcess]:
    """Start the demo on free ports with its data in `folder`; it is stopped as Ctrl-C would."""
    web, smtp, lmtp, catcher = free_ports(4)
    log = folder / "demo.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
    environment |= {
        "MAILBAG_DATA_DIR": str(folder / "data"),
        "MAILBAG_WEB_PORT": str(web),
        "MAILBAG_SMTP_PORT": str(smtp),
        "MAILBAG_LMTP_PORT": str(lmtp),
        "MAILBAG_CATCHER_PORT": str(catcher),
        "MAILBAG_ASK_SECONDS": "0",  # these askers type faster than any person
        **settings,
    }
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.demo"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    demo = DemoProcess(f"http://127.0.0.1:{web}", smtp, lmtp, log)
    try:
        _wait_until_up(demo, process)
        demo.seconds_to_answer = time.monotonic() - began
        yield demo
    finally:
        process.terminate()
        assert process.wait(20) == 0, log.read_text()


def _wait_until_up(demo: DemoProcess, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, demo.log.read_text()
        try:
            if demo.get("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"the demo did not come up\n{demo.log.read_text()}")
