"""`mailbag digest` and `mailbag lint` at a terminal: an issue from its draft to the last copy."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.bootstrap import make_mailbag, migrate
from app.cli import cli
from app.config import read_settings
from app.domain.mail import DeliveryState
from app.usecases import digesting
from app.usecases.mailbag import Mailbag
from bench.digest_column import add_issue, add_readers, settings_of
from tests.counting_sink import CountingSink

ROOT = Path(__file__).parent.parent


@pytest.fixture
def sink() -> Iterator[CountingSink]:
    with CountingSink() as sink:
        yield sink


@pytest.fixture
def environment(tmp_path: Path, sink: CountingSink) -> dict[str, str]:
    url = f"sqlite:///{tmp_path / 'mailbag.db'}"
    return settings_of(url, tmp_path) | {"MAILBAG_RELAY_PORT": str(sink.port)}


@pytest.fixture
def mailbag(environment: dict[str, str]) -> Iterator[Mailbag]:
    mailbag = make_mailbag(read_settings(environment))
    migrate(mailbag)
    yield mailbag
    mailbag.database.close()


def run(environment: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(cli, words, env=environment)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_issue_is_looked_at_tested_and_sent(
    environment: dict[str, str], mailbag: Mailbag, sink: CountingSink
) -> None:
    assert run(environment, "digest", "list").output == "No issue yet.\n"
    assert "nothing was printed" in run(environment, "digest", "draft", "daily").output
    add_readers(mailbag, 30)
    number = str(add_issue(mailbag, letters=2))
    assert "2026-W01   draft" in run(environment, "digest", "list").output
    assert (
        "List-Unsubscribe: <https://"
        in run(environment, "digest", "preview", number, "--as", "reader1@d1.example").output
    )
    assert run(environment, "digest", "preview", number, "--to", "anna@column.example").output == "250 2.0.0 Ok\n"
    assert "cannot pause" in run(environment, "digest", "pause", number).output
    sent = run(environment, "digest", "send", number, "--here")
    assert sent.exit_code == 0, sent.output
    assert sent.output.endswith("sent.\n")
    assert "100%  30 of 30" in sent.output
    assert sink.copies == 31
    assert run(environment, "digest", "cancel", number).exit_code == 1
    assert run(environment, "digest", "send", "99").output == "Error: no such issue\n"


def test_a_command_that_is_told_to_stop_writes_down_what_it_knows(
    environment: dict[str, str], mailbag: Mailbag, sink: CountingSink
) -> None:
    add_readers(mailbag, 100)
    number = str(add_issue(mailbag, letters=2))
    sink.is_holding = True
    command = [sys.executable, "-c", "from app.cli import cli; cli()", "digest", "send", number, "--here"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT)
    try:
        _wait_until(lambda: sink.copies > 0)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # the answer comes when it has been told
        sink.release()
        assert process.wait(60) == 1
    finally:
        process.kill()
    states = digesting.progress(mailbag, int(number)).states
    assert states == {DeliveryState.SENT: sink.copies, DeliveryState.QUEUED: 100 - sink.copies}
    assert 0 < sink.copies < 100


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_lint_names_each_broken_rule(environment: dict[str, str], tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"From: a@column.example\nTo: b@c.example\nSubject: x\n\nHello\n")
    told = run(environment, "lint", str(mail))
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        f"header-missing: {name}" for name in ("Date", "Message-ID", "MIME-Version", "Content-Type")
    ]
