"""The pipe, as an MTA starts it: its exit status is all that stands between a mail and a bounce."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.cli import cli
from app.domain.mail import InboundMessage
from app.domain.token import Purpose, Signer
from app.store.base import Database
from app.store.migrations import upgrade
from tests.servers import NotInstalled, Postgresql
from tests.usecases.test_receiving import plain

ROOT = Path(__file__).parent.parent.parent
MAILBAG = [sys.executable, "-c", "from app.cli import main; main()"]
KEY = "k" * 32
COLUMN = "column@column.example"
REPLY = f"q-{Signer((KEY.encode(),)).mint(Purpose.REPLY, 1)}@column.example"
UNIX = plain("Rest, and then walk.\n.\nFrom here on, slowly.")
RAW = UNIX.replace(b"\n", b"\r\n")
LIMIT = 100_000


@dataclass
class Mta:
    """Starts the command with these settings, in this process or in one of its own."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self, **settings: str) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
        return outside | self.settings | settings

    def hands(self, *arguments: str, mail: bytes = UNIX, **settings: str) -> Result:
        outside = dict.fromkeys(name for name in os.environ if name.startswith("MAILBAG_"))
        given = outside | self.settings | settings
        return CliRunner().invoke(cli, ["deliver", *arguments], prog_name="mailbag", env=given, input=mail)

    def starts(self, *arguments: str, mail: bytes = UNIX, **settings: str) -> subprocess.CompletedProcess[bytes]:
        command = [*MAILBAG, "deliver", *arguments]
        environment = self.environment(**settings)
        return subprocess.run(command, input=mail, env=environment, cwd=ROOT, capture_output=True, check=False)

    def stored(self) -> list[InboundMessage]:
        url = self.settings.get("MAILBAG_DATABASE_URL") or f"sqlite:///{self.folder / 'data' / 'mailbag.db'}"
        with closing(Database(url, lambda job, row_id: None)) as database, database.read() as tx:
            found = list(tx.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))
            assert all(message.raw is not None for message in found), "loaded, while the database is open"
            return found


@pytest.fixture
def mta(tmp_path: Path, sqlite_template: Path) -> Mta:
    (tmp_path / "data").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "data" / "mailbag.db")
    settings = {
        "MAILBAG_DATA_DIR": str(tmp_path / "data"),
        "MAILBAG_SECRET_KEY": KEY,
        "MAILBAG_MAX_MAIL_BYTES": str(LIMIT),
        "MAILBAG_BROKER_URL": "redis://127.0.0.1:1/0",  # nobody there: what is stored waits for the sweep
    }
    return Mta(tmp_path, settings)


# In processes of their own.


def test_the_mail_is_stored_when_the_command_ends_well(mta: Mta) -> None:
    done = mta.starts("guru@clinic.example", REPLY)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    (message,) = mta.stored()
    assert (message.door, message.sender, message.recipient) == ("pipe", "guru@clinic.example", REPLY)
    assert message.raw == RAW


def test_an_unknown_recipient_is_told_to_the_sender(mta: Mta) -> None:
    """Postfix reads the status of RFC 3463 at the front of it, and bounces with the words."""
    done = mta.starts("--sender", "guru@clinic.example", "--recipient", "nobody@column.example")
    assert (done.returncode, done.stdout) == (67, b"")
    assert done.stderr == b"5.1.1 <nobody@column.example> is no address here; check it for typing errors\n"
    assert mta.stored() == []


@pytest.mark.servers
def test_with_postgresql_stopped_the_mail_stays_with_the_mta(mta: Mta) -> None:
    try:
        server = Postgresql()
    except NotInstalled as error:
        pytest.skip(str(error))
    with server:
        mta.settings["MAILBAG_DATABASE_URL"] = server.url()
        with closing(Database(server.url(), lambda job, row_id: None)) as database:
            upgrade(database.engine)
        server.stop()
        done = mta.starts("", COLUMN)
        assert done.returncode == 75
        assert done.stderr.startswith(b"4.3.0 The mail could not be stored: OperationalError")
        assert b"Traceback" not in done.stderr
        server.start()
        assert mta.hands("", COLUMN).exit_code == 0
        assert [message.raw for message in mta.stored()] == [RAW]


def test_an_mta_that_dies_in_the_middle_leaves_nothing_behind(mta: Mta) -> None:
    """Killed, it ends by a signal, and Postfix keeps the mail; the next try stores it."""
    command = [*MAILBAG, "deliver", "", COLUMN]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=mta.environment(), cwd=ROOT)
    assert process.stdin is not None
    process.stdin.write(UNIX[:40])
    process.stdin.flush()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM
    process.stdin.close()
    assert mta.stored() == []
    assert mta.hands("", COLUMN).exit_code == 0
    assert len(mta.stored()) == 1


# The envelope.


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sender", "guru@clinic.example", "--recipient", COLUMN],
        ["--recipient=" + COLUMN, "--sender=guru@clinic.example"],
        ["guru@clinic.example", COLUMN],
        ["--", "guru@clinic.example", COLUMN],
        ["--", "<guru@clinic.example>", COLUMN],
    ],
)
def test_an_envelope_is_given_by_name_or_by_place(mta: Mta, arguments: list[str]) -> None:
    assert mta.hands(*arguments).exit_code == 0
    assert [(message.sender, message.recipient) for message in mta.stored()] == [("guru@clinic.example", COLUMN)]


@pytest.mark.parametrize("arguments", [["", COLUMN], ["--sender", "", "--recipient", COLUMN], ["--recipient", COLUMN]])
def test_the_null_sender_is_empty(mta: Mta, arguments: list[str]) -> None:
    assert mta.hands(*arguments).exit_code == 0
    assert [message.sender for message in mta.stored()] == [""]


def test_a_sender_may_look_like_an_option_behind_two_dashes(mta: Mta) -> None:
    assert mta.hands("--", "-h@clinic.example", COLUMN).exit_code == 0
    assert [message.sender for message in mta.stored()] == ["-h@clinic.example"]


def test_each_recipient_has_its_row(mta: Mta) -> None:
    assert mta.hands("x@y.example", COLUMN, REPLY).exit_code == 0
    assert [message.recipient for message in mta.stored()] == [COLUMN, REPLY]


def test_where_one_recipient_is_not_ours_none_is_stored(mta: Mta) -> None:
    """There is one status for all of them: what is bounced must not have been taken."""
    result = mta.hands("x@y.example", COLUMN, "nobody@column.example")
    assert (result.exit_code, mta.stored()) == (67, [])


# The mail.


def test_the_same_mail_again_is_the_same_row(mta: Mta) -> None:
    for mail in (UNIX, RAW, b"From guru@clinic.example  Sun Nov 22 12:00:00 2026\n" + UNIX):
        assert mta.hands("", COLUMN, mail=mail).exit_code == 0
    assert [message.raw for message in mta.stored()] == [RAW]


def test_bytes_of_no_charset_come_through(mta: Mta) -> None:
    mail = UNIX + bytes(byte for byte in range(256) if byte != 10) + b"\n"
    assert mta.hands("", COLUMN, mail=mail).exit_code == 0
    assert [message.raw for message in mta.stored()] == [mail.replace(b"\n", b"\r\n")]


def test_a_mail_that_is_too_large_is_bounced_with_our_words_and_seen_on_the_desk(mta: Mta) -> None:
    result = mta.hands("guru@clinic.example", COLUMN, mail=UNIX + b"x" * LIMIT)
    assert result.exit_code == 65
    assert result.output == f"5.3.4 The mail is too large: {LIMIT} bytes are taken\n"
    assert [(message.state, message.reason) for message in mta.stored()] == [("rejected", "oversized")]


# Our own trouble.


@pytest.mark.parametrize("mail", [b"", b"\n\n"])
def test_no_mail_at_all_is_a_fault_that_may_pass(mta: Mta, mail: bytes) -> None:
    assert (mta.hands("", COLUMN, mail=mail).exit_code, mta.stored()) == (75, [])


@pytest.mark.parametrize(
    "arguments", [[], [""], ["--sender", "x@y.example"], ["--recpt", COLUMN], ["--sender", "x", "y", COLUMN]]
)
def test_a_slip_in_the_mtas_configuration_bounces_nothing(mta: Mta, arguments: list[str]) -> None:
    result = mta.hands(*arguments)
    assert result.exit_code == 75
    assert result.output.startswith("4.3.0 The mail could not be stored: ")


@pytest.mark.parametrize(
    "settings",
    [
        {"MAILBAG_SECRET_KEY": ""},
        {"MAILBAG_SMPT_PORT": "25"},
        {"MAILBAG_DATA_DIR": "/proc/nowhere"},
        {"MAILBAG_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/mailbag"},
        {"MAILBAG_DATABASE_URL": "sqlite://"},
    ],
)
def test_wrong_settings_bounce_nothing(mta: Mta, settings: dict[str, str]) -> None:
    result = mta.hands("", COLUMN, **settings)
    assert result.exit_code == 75
    assert result.output.startswith("4.3.0 ")
    assert result.output.count("\n") == 1


@pytest.fixture(
    params=[OSError(28, "No space left on device"), MemoryError(), RecursionError(), KeyboardInterrupt(), Exception()]
)
def trouble(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_: Any, **__: Any) -> None:
        raise request.param

    monkeypatch.setattr("app.usecases.receiving.accept", fail)
    return


@pytest.mark.usefixtures("trouble")
def test_whatever_happens_the_mail_stays_with_the_mta(mta: Mta) -> None:
    assert mta.hands("", COLUMN).exit_code == 75


def test_what_was_not_committed_is_stored_by_the_next_try(mta: Mta, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.orm.Session.commit", fail)
        assert mta.hands("", COLUMN).exit_code == 75
    assert mta.stored() == []
    assert mta.hands("", COLUMN).exit_code == 0
    assert len(mta.stored()) == 1


def test_a_database_that_hangs_is_given_up_before_the_mta_would_bounce(
    mta: Mta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.doors.DELIVERY_TAKES", 1)
    hang: Callable[..., None] = lambda *_, **__: time.sleep(30)  # noqa: E731
    monkeypatch.setattr("app.usecases.receiving.accept", hang)
    started = time.monotonic()
    result = mta.hands("", COLUMN)
    assert (result.exit_code, "it took too long" in result.output) == (75, True)
    assert time.monotonic() - started < 20


# By the script that an MTA is given.


@dataclass
class Wrapper:
    """docs/mailbag-deliver.sh with paths of the test's own, started with no environment but Postfix's PATH."""

    mta: Mta

    def __post_init__(self) -> None:
        self.program = self.mta.folder / "mailbag"
        self.program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {shlex.join(MAILBAG)} "$@"\n')
        self.program.chmod(0o755)
        self.settings = self.mta.folder / "settings"
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in self.mta.settings.items()))

    def hands(self, *envelope: str, shell: str = "sh") -> int:
        text = (ROOT / "docs/mailbag-deliver.sh").read_text(encoding="utf-8")
        text = text.replace("/etc/mailbag/settings", str(self.settings))
        script = self.mta.folder / "mailbag-deliver"
        script.write_text(text.replace("/opt/mailbag/bin/mailbag", str(self.program)), encoding="utf-8")
        command = [shell, str(script), *envelope]
        environment = {"PATH": "/usr/bin:/bin"}
        return subprocess.run(
            command, input=UNIX, env=environment, cwd="/", capture_output=True, check=False
        ).returncode


@pytest.fixture
def wrapper(mta: Mta) -> Wrapper:
    return Wrapper(mta)


def test_the_script_stores_a_bounce_and_a_sender_that_looks_like_an_option(wrapper: Wrapper) -> None:
    assert wrapper.hands("", REPLY) == 0
    assert wrapper.hands("--help", REPLY) == 0
    assert [message.recipient for message in wrapper.mta.stored()] == [REPLY]


def test_the_script_hands_on_that_an_address_is_not_here(wrapper: Wrapper) -> None:
    assert wrapper.hands("guru@clinic.example", "nobody@elsewhere.example") == 67


@pytest.mark.parametrize("shell", [shell for shell in ("dash", "bash") if shutil.which(shell)])
@pytest.mark.parametrize("fault", ["no program", "no right to start it", "no settings", "broken settings", "killed"])
def test_the_script_bounces_nothing_when_the_program_cannot_start(wrapper: Wrapper, shell: str, fault: str) -> None:
    match fault:
        case "no program":
            wrapper.program.unlink()
        case "no right to start it":
            wrapper.program.chmod(0o644)
        case "no settings":
            wrapper.settings.unlink()
        case "broken settings":
            wrapper.settings.write_text("MAILBAG_COLUMN_TITLE='Frag den Guru\n")
        case _:
            wrapper.program.write_text("#!/bin/sh\nkill -9 $$\n")
    assert wrapper.hands("guru@clinic.example", REPLY, shell=shell) == 75
