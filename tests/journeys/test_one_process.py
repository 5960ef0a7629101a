"""A small column in one process: it starts from the settings alone, answers, and stops when it is told to."""

import os
import signal
import smtplib
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.ports import free_ports
from tests.servers import PATIENCE

ROOT = Path(__file__).parent.parent.parent


TOLD_TO_STOP_AT_ONCE = """
import os, signal, sys
from worker import one_process

def announce(settings, seconds):
    os.kill(os.getpid(), signal.SIGTERM)
    return "Mailbag is up"

sys.exit(one_process.serve(one_process.Form("x", "x", one_process.read_settings, one_process.OneProcess, announce)))
"""


SLOW_TO_END = """
import sys, time
from waitress.server import BaseWSGIServer
from worker import one_process

pull_trigger = BaseWSGIServer.pull_trigger

def late(server):  # a request's last step, when its answer is on the way already
    time.sleep(2)
    pull_trigger(server)

BaseWSGIServer.pull_trigger = late
sys.exit(one_process.main())
"""


def serve(folder: Path, *program: str, **settings: str) -> tuple["subprocess.Popen[str]", int, int]:
    web, smtp, lmtp = free_ports(3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
    environment |= {
        "MAILBAG_DATA_DIR": str(folder / "data"),
        "MAILBAG_SECRET_KEY": "k" * 32,
        "MAILBAG_WEB_PORT": str(web),
        "MAILBAG_SMTP_PORT": str(smtp),
        "MAILBAG_LMTP_PORT": str(lmtp),
        **settings,
    }
    command = [sys.executable, *(program or ("-m", "worker.one_process"))]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes), web, smtp


def test_it_serves_the_web_and_takes_mail_until_it_is_stopped(tmp_path: Path) -> None:
    process, web, smtp = serve(tmp_path)
    try:
        assert process.stdout is not None
        assert "Mailbag is up" in process.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/healthz", timeout=PATIENCE) as response:
            assert response.status == 200
        with smtplib.SMTP("127.0.0.1", smtp, local_hostname="mx", timeout=PATIENCE) as door:
            door.ehlo()
            refused = door.docmd("MAIL FROM:<x@y.example>")[0], door.docmd("RCPT TO:<nobody@column.example>")[0]
        assert refused == (250, 550)
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, ""), output
    assert time.monotonic() - began < 30


def test_a_mailbox_may_be_set_before_there_is_a_database(tmp_path: Path) -> None:
    mailbox = {"HOST": "127.0.0.1", "PORT": "1", "SECURITY": "none", "USER": "column"}
    grant = {"OAUTH_URL": "http://127.0.0.1:1/", "OAUTH_CLIENT_ID": "mailbag", "OAUTH_REFRESH_TOKEN": "1//refresh"}
    process, _, _ = serve(tmp_path, **{f"MAILBAG_IMAP_{name}": value for name, value in (mailbox | grant).items()})
    try:
        assert process.stdout is not None
        assert "Mailbag is up" in process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_a_stop_that_comes_before_it_is_up_is_an_orderly_stop(tmp_path: Path) -> None:
    process, _, _ = serve(tmp_path, "-c", TOLD_TO_STOP_AT_ONCE)
    output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (0, "Mailbag is up", "")


def test_a_request_that_was_answered_a_moment_ago_ends_in_order_too(tmp_path: Path) -> None:
    process, web, _ = serve(tmp_path, "-c", SLOW_TO_END)
    try:
        assert process.stdout is not None
        assert "Mailbag is up" in process.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/healthz", timeout=PATIENCE) as response:
            assert response.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


def test_a_broker_belongs_to_the_grown_form(tmp_path: Path) -> None:
    process, _, _ = serve(tmp_path, MAILBAG_BROKER_URL="redis://127.0.0.1:6379/0")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "MAILBAG_BROKER_URL: this is the one-process form" in errors
