"""A large mail is read in a process of its own, with the same result; what ends that process ends nothing else."""

import resource
import subprocess
import sys
import threading
import time

import pytest

from app.mail.reply import apart, read_reply
from app.mail.reply.outcome import Outcome

HEAD = (
    b"Subject: Re: Knees\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
)
ANSWER = "Rest it – for a week.\n\nSenior physio\n\n> Does it hurt?\n".encode()
FILE = b"\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=x.pdf\n\n%PDF\n--b--\n"
MAIL = HEAD + ANSWER + FILE
SENT = b"Subject: Knees\nContent-Type: text/plain\n\nDoes it hurt?\n"


@pytest.fixture
def every_mail_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "USUAL_SIZE", 0)


@pytest.mark.parametrize("sent", [None, SENT, b""], ids=["not sent", "sent", "empty"])
@pytest.mark.usefixtures("every_mail_is_large")
def test_the_result_is_the_same_to_the_last_field(sent):
    assert apart.read_apart(MAIL, sent=sent) == read_reply(MAIL, sent=sent)
    signature = ("Senior physio",)
    assert apart.read_apart(MAIL, sent=sent, signature=signature) == read_reply(MAIL, sent=sent, signature=signature)


@pytest.mark.usefixtures("every_mail_is_large")
def test_odd_characters_come_through():
    raw = "Content-Type: text/plain; charset=utf-8\n\n\U0001f9b5 \u05d0\u200f \xa0 \x85 \u2028.\n".encode()
    assert apart.read_apart(raw) == read_reply(raw)


def test_a_mail_of_usual_size_starts_no_process(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert apart.read_apart(MAIL).outcome is Outcome.ANSWERED


def test_many_lines_are_large_too(monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: started.append(1) or subprocess.CompletedProcess([], 1))
    assert apart.read_apart(MAIL + b"\n" * (apart.USUAL_LINES + 1)).outcome is Outcome.UNREADABLE
    assert started


def hostile(code: str, *, seconds: float = 15) -> float:
    """Let the child do this instead of reading; the seconds that it took to end it."""
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        run = subprocess.run
        program = f"import app.mail.reply.apart as a\na._limit_ourselves()\n{code}"
        patch.setattr(subprocess, "run", lambda argv, **kw: run([sys.executable, "-S", "-c", program], **kw))
        patch.setattr(apart, "SECONDS", seconds)
        patch.setattr(apart, "USUAL_SIZE", 0)
        assert apart.read_apart(MAIL).outcome is Outcome.UNREADABLE
    return time.monotonic() - began


def test_one_that_sleeps_is_ended_by_the_clock():
    assert hostile("import time\ntime.sleep(60)", seconds=1) < 10


def test_one_that_eats_memory_is_ended():
    hostile("x = bytearray(300 << 20)")


def test_one_that_breaks_the_interpreter_is_ended():
    hostile("import os\nos.abort()")


def test_the_limits_of_time_are_the_systems():
    program = "import app.mail.reply.apart as a, resource as r\na._limit_ourselves()\nprint(r.getrlimit(r.RLIMIT_CPU))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str((apart.CPU_SECONDS, apart.CPU_SECONDS))
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY, "and not our own"


@pytest.mark.usefixtures("every_mail_is_large")
def test_the_child_knows_nothing_of_our_environment(monkeypatch):
    seen = {}
    monkeypatch.setattr(subprocess, "run", lambda *_, **given: seen.update(given) or subprocess.CompletedProcess([], 1))
    monkeypatch.setenv("MAILBAG_SECRET_KEY", "secret")
    apart.read_apart(MAIL)
    assert "MAILBAG_SECRET_KEY" not in seen["env"]


@pytest.mark.usefixtures("every_mail_is_large")
def test_threads_may_read_at_the_same_time():
    found = []
    threads = [threading.Thread(target=lambda: found.append(apart.read_apart(MAIL).published())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [read_reply(MAIL).published()] * 4
