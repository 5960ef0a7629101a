"""The `mailbag` command, as whoever runs a column has it at a terminal."""

import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from app.cli.letters import _changed
from app.store import archive, mail, people
from app.store.base import Database
from app.usecases.rereading import Change
from tests.mail.test_dkim import RSA, write_key
from tests.mail.test_portrait import picture
from tests.ports import free_ports
from tests.scripted_imap import ScriptedImap
from tests.servers import PATIENCE, wait_until

ROOT = Path(__file__).parent.parent
MAILBAG = [sys.executable, "-c", "from app.cli import main; main()"]
KEY = "k" * 32

LETTERS = """Jan 11th, 2014

Tom asked The Guru for the following Running Advice:

My heel hurts for the first ten steps of every morning. What can I do?

The Guru Responded:

Hi Tom

It’s tight. Roll it over a cold bottle before you stand up.

Feb 2nd, 2014

Zoë asked The Guru for the following Desk Advice:

My neck is stiff by noon – every day. Is it the chair?

The Guru Responded:

It is the sitting. Stand up for a letter, sit down for the next…
"""
PAGE = (
    "<html><head><title>Old column</title></head><body><nav>Home</nav><article><p>Jan 11th, 2014</p>"
    "<p>Tom asked The Guru for the following Running Advice:</p><p>My heel hurts &amp; hurts.</p>"
    "<p>The Guru Responded:</p><p>Roll it over a cold bottle.</p></article><footer>All rights</footer></body></html>"
)


def every_command(group: click.Group = cli, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)


@dataclass
class Terminal:
    """Where the command is typed: with these settings, in this folder."""

    folder: Path
    settings: dict[str, str]

    def run(self, *arguments: str | Path, **settings: str) -> Result:
        outside = dict.fromkeys(name for name in os.environ if name.startswith("MAILBAG_"))
        typed = [str(argument) for argument in arguments]
        return CliRunner().invoke(cli, typed, prog_name="mailbag", env=outside | self.settings | settings)

    def works(self, *arguments: str | Path, **settings: str) -> str:
        result = self.run(*arguments, **settings)
        assert result.exit_code == 0, result.output
        return result.output

    def fails(self, *arguments: str | Path, **settings: str) -> str:
        """What is told on the error stream. An error on purpose is a sentence, never a traceback."""
        result = self.run(*arguments, **settings)
        assert result.exit_code not in (0, None), result.output
        assert isinstance(result.exception, SystemExit), repr(result.exception)
        return result.output

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    @contextmanager
    def database(self) -> Iterator[Database]:
        url = f"sqlite:///{self.folder / 'data' / 'mailbag.db'}"
        with closing(Database(url, lambda job, row_id: None)) as opened:
            yield opened

    def count(self) -> int:
        with self.database() as database, database.read() as tx:
            return archive.count(tx)


@pytest.fixture
def empty(tmp_path: Path) -> Terminal:
    """With settings, and nothing else."""
    settings = {
        "MAILBAG_DATA_DIR": str(tmp_path / "data"),
        "MAILBAG_SECRET_KEY": KEY,
        "MAILBAG_BROKER_URL": "redis://127.0.0.1:1/0",  # nobody there: what is stored waits for the sweep
    }
    return Terminal(tmp_path, settings)


@pytest.fixture
def terminal(empty: Terminal, sqlite_template: Path) -> Terminal:
    """Of a column whose database was made."""
    (empty.folder / "data").mkdir()
    shutil.copyfile(sqlite_template, empty.folder / "data" / "mailbag.db")
    return empty


# Help.


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_tells_a_stranger_how_to_begin(option: str) -> None:
    text = Terminal(ROOT, {}).works(option)
    assert text.startswith("Usage: mailbag ")
    assert "ask-the-expert column by email" in text
    steps = ["mailbag migrate", "mailbag topic add", "mailbag expert add", "mailbag editor add"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places), "in the order in which they are done"
    assert "mailbag settings" in text


def test_no_command_at_all_shows_the_help() -> None:
    assert "Commands:" in Terminal(ROOT, {}).run().output


COMMANDS = list(every_command())


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_says_what_it_does(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    text = Terminal(ROOT, {}).works(*path, "--help")
    assert command.help.split("\n")[0].split(" ")[0] in text
    undescribed = [p for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undescribed == []


def test_the_import_shows_the_form_that_it_reads() -> None:
    text = Terminal(ROOT, {}).works("import", "--help")
    for line in (
        "Jan 11th, 2014",
        "Becky asked The Guru for the following Physiotherapy Advice:",
        "The Guru Responded:",
    ):
        assert line in text


@pytest.mark.parametrize("arguments", [["improt"], ["topic", "remove"], ["import"], ["--version-of-it"]])
def test_a_slip_is_told_and_not_guessed(arguments: list[str]) -> None:
    result = Terminal(ROOT, {}).run(*arguments)
    assert result.exit_code == 2
    assert "Usage: mailbag" in result.output


def test_settings_are_listed_without_any_being_set() -> None:
    text = Terminal(ROOT, {}).works("settings")
    assert "MAILBAG_SECRET_KEY\n" in text
    assert "[required]" in text


def test_the_help_comes_at_once_because_it_loads_nothing() -> None:
    look = "import sys, app.cli; print(*sorted({'celery', 'flask', 'sqlalchemy', 'app.config'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.split() == []


# Settings and the database.

NEEDS_A_DATABASE = [
    ["reparse"],
    ["import", __file__],
    ["doors"],
    ["topic", "add", "Running Advice"],
    ["expert", "add", "The Guru", "guru@clinic.example"],
    ["editor", "add", "Anna", "anna@column.example"],
]


@pytest.mark.parametrize("arguments", [*NEEDS_A_DATABASE, ["migrate"]], ids=lambda value: value[0])
def test_wrong_settings_are_told_all_at_once(empty: Terminal, arguments: list[str]) -> None:
    text = empty.fails(*arguments, MAILBAG_WEB_PORT="http", MAILBAG_SMPT_PORT="25", MAILBAG_SECRET_KEY="")
    assert "MAILBAG_WEB_PORT: a port is a number" in text
    assert "did you mean MAILBAG_SMTP_PORT?" in text
    assert "MAILBAG_SECRET_KEY is not set" in text
    assert "See: mailbag settings" in text


@pytest.mark.parametrize("arguments", NEEDS_A_DATABASE, ids=lambda value: value[0])
def test_without_its_tables_each_command_says_what_to_do(empty: Terminal, arguments: list[str]) -> None:
    assert "run: mailbag migrate" in empty.fails(*arguments)


@pytest.mark.parametrize("arguments", [*NEEDS_A_DATABASE, ["migrate"]], ids=lambda value: value[0])
def test_a_database_that_does_not_answer_is_told_by_its_setting(empty: Terminal, arguments: list[str]) -> None:
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_ports(1)[0]}/mailbag"
    assert "MAILBAG_DATABASE_URL" in empty.fails(*arguments, MAILBAG_DATABASE_URL=url)


@pytest.mark.parametrize("arguments", [*NEEDS_A_DATABASE, ["migrate"]], ids=lambda value: value[0])
def test_a_data_folder_that_cannot_be_made_is_told_by_its_setting(empty: Terminal, arguments: list[str]) -> None:
    in_the_way = empty.file("file", "")
    assert "MAILBAG_DATA_DIR" in empty.fails(*arguments, MAILBAG_DATA_DIR=str(in_the_way / "data"))


def test_migrate_makes_the_database_and_may_be_run_again(empty: Terminal) -> None:
    assert "up to date" in empty.works("migrate")
    empty.works("topic", "add", "Running Advice")
    assert "up to date" in empty.works("migrate")
    with empty.database() as database, database.read() as tx:
        assert [topic.name for topic in people.topics(tx)] == ["Running Advice"]


# Import.


def test_letters_are_imported_once(terminal: Terminal) -> None:
    path = terminal.file("letters.txt", LETTERS)
    assert terminal.works("import", path) == f"{path}: 2 imported, 0 already there, 0 not readable\n"
    assert terminal.works("import", path) == f"{path}: 0 imported, 2 already there, 0 not readable\n"
    assert terminal.count() == 2


def test_a_preview_shows_the_letters_and_stores_none(terminal: Terminal) -> None:
    path = terminal.file("letters.txt", LETTERS)
    text = terminal.works("import", "--dry-run", path)
    assert f"{path}: 2 would be imported, 0 already there, 0 not readable" in text
    for words in (
        "2014-02-02",
        "Zoë asked The Guru for the following Desk Advice:",
        "Is it the chair?",
        "sit down for",
    ):
        assert words in text
    assert terminal.count() == 0


def test_a_preview_marks_what_is_already_there(terminal: Terminal) -> None:
    path = terminal.file("letters.txt", LETTERS)
    terminal.works("import", path)
    text = terminal.works("import", path, "--dry-run")
    assert text.count("(already there)") == 2
    assert "0 would be imported, 2 already there" in text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf8.txt", LETTERS.encode()),
        ("bom.txt", LETTERS.encode("utf-8-sig")),
        ("cp1252.txt", LETTERS.encode("cp1252")),
        ("windows.txt", LETTERS.replace("\n", "\r\n").encode("cp1252")),
    ],
)
def test_old_files_of_any_usual_encoding_are_read(terminal: Terminal, name: str, content: bytes) -> None:
    text = terminal.works("import", "--dry-run", terminal.file(name, content))
    for words in ("It’s tight.", "Zoë asked", "noon – every", "the next…"):
        assert words in text


@pytest.mark.parametrize("name", ["page.html", "PAGE.HTM"])
def test_a_saved_page_is_read_without_what_stands_around(terminal: Terminal, name: str) -> None:
    text = terminal.works("import", "--dry-run", terminal.file(name, PAGE))
    assert "1 would be imported" in text
    assert "My heel hurts & hurts." in text
    assert "All rights" not in text


def test_what_an_import_left_out_is_told(terminal: Terminal) -> None:
    rows = "date,question,answer,url\n2014-01-11,Heel?,Roll.,/heel\n2014-01-12,Neck?,Stand.,/heel\n11/01/14,q,a,\n"
    path = terminal.file("old.csv", rows)
    result = terminal.run("import", path, "--topic", "Running Advice")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{path}: 2 imported, 0 already there, 1 not readable",
        f"{path}: left out: old addresses that lead nowhere, 1",
        f"{path}:4: “row 3” no date that can mean one day only; write one such as 2014-01-11",
    ]
    shown = terminal.run("import", path, "--preview", "--topic", "Running Advice").output
    assert "2014-01-11  A reader asked The Guru for the following Running Advice:  (already there)" in shown


def test_several_files_are_told_one_by_one(terminal: Terminal) -> None:
    one, two = terminal.file("letters.txt", LETTERS), terminal.file("page.html", PAGE)
    lines = terminal.works("import", one, two).splitlines()
    assert [line.partition(":")[0] for line in lines] == [str(one), str(two)]
    assert terminal.count() == 3


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (LETTERS.replace("Feb 2nd, 2014", "some day"), 15, "no date stands above"),
        (LETTERS.replace("The Guru Responded:\n\nIt is", "It is"), 15, "“The Guru Responded:”"),
        (LETTERS.partition("It is the sitting")[0], 15, "blank"),
        ("Dear diary,\n\nnothing today.\n", 1, "An entry begins with a date"),
        ("", 1, "An entry begins with a date"),
        (b"\x00\x01\xff\xfe", 1, "An entry begins with a date"),
    ],
)
def test_what_cannot_be_read_is_told_by_file_and_line(
    terminal: Terminal, content: str | bytes, line: int, words: str
) -> None:
    path = terminal.file("letters.txt", content)
    result = terminal.run("import", path)
    assert result.exit_code == 1
    (told,) = [told for told in result.output.splitlines() if told.startswith(f"{path}:{line}: ")]
    assert words in told
    assert "1 not readable" in result.output


def test_nothing_that_a_stranger_wrote_moves_the_cursor(terminal: Terminal, tmp_path: Path) -> None:
    mail = (
        "Message-ID: <1@x.example>\nSubject: =?utf-8?q?Knee=1B[2J=C2=9B2J=07?=\nFrom: a@x.example\n\nMy\u009b2J knee\n"
    )
    box = terminal.file("old.mbox", f"From a@x.example Sat Jan 11 09:30:00 2014\n{mail}")
    assert f"{box}:1: “Knee\\x1b[2J\\x9b2J\\x07” nobody answered it" in terminal.run("import", box).output
    file = tmp_path / "reply.eml"
    file.write_text(mail, encoding="utf-8")
    assert "My\\x9b2J knee" in CliRunner().invoke(cli, ["read", str(file)]).output


def test_what_can_be_read_beside_it_is_imported(terminal: Terminal) -> None:
    path = terminal.file("letters.txt", LETTERS.replace("Feb 2nd, 2014", "some day"))
    good = terminal.file("page.html", PAGE)
    assert terminal.run("import", path, good).exit_code == 1
    assert terminal.count() >= 1


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_what_is_no_file_is_told(terminal: Terminal, name: str) -> None:
    assert name in terminal.fails("import", terminal.folder / name)


# Export.


def test_a_column_leaves_as_one_file_and_comes_in_elsewhere(terminal: Terminal) -> None:
    terminal.works("import", terminal.file("letters.txt", LETTERS))
    path = terminal.folder / "column.zip"
    text = terminal.works("export", "--archive", path)
    assert text.startswith(f"{path}: 2 letters, signed with the key ")
    raw = path.read_bytes()
    terminal.works("export", "--archive", path)
    assert path.read_bytes() == raw
    assert f"{path}: signed by this column\n" in terminal.works("import", "--preview", path)
    assert terminal.works("import", path) == f"{path}: 0 imported, 2 already there, 0 not imported\n"
    key = terminal.folder / "data" / "archive.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in raw


def test_an_archive_of_another_column_is_asked_about(terminal: Terminal) -> None:
    terminal.works("import", terminal.file("letters.txt", LETTERS))
    path = terminal.folder / "column.zip"
    key = terminal.works("export", "--archive", path, MAILBAG_ARCHIVE_KEY="ab" * 32).rpartition("the key ")[2].strip()
    text = terminal.fails("import", path)
    assert f"signed by another column, 'Ask The Guru', with the key {key}. Nothing was imported; --trust" in text
    assert "2 already there" in terminal.works("import", path, "--trust")
    assert "2 already there" in terminal.works("import", path, MAILBAG_ARCHIVE_KEY="AB" * 32)
    assert "MAILBAG_ARCHIVE_KEY: 64 hexadecimal digits" in terminal.fails("import", path, MAILBAG_ARCHIVE_KEY="ab")
    broken = terminal.file("broken.zip", path.read_bytes().replace(b"cold bottle", b"warm bottle"))
    assert "Nothing was imported" in terminal.fails("import", broken, "--trust")
    assert "the archive is empty" in terminal.fails("import", terminal.file("x.zip", b"PK\x05\x06" + bytes(18)))


def test_a_column_leaves_as_a_folder(terminal: Terminal) -> None:
    terminal.works("import", terminal.file("letters.txt", LETTERS))
    site = terminal.folder / "site"
    text = terminal.works("export", "--static", site, "--base-url", "https://old.example/guru/")
    assert re.fullmatch(rf"{site}: \d+ files written, 0 unchanged, 0 removed\n", text)
    assert '<link rel="canonical" href="https://old.example/guru/">' in (site / "index.html").read_text("utf-8")
    assert re.search(
        r": 0 files written, \d+ unchanged",
        terminal.works("export", "--static", site, "--base-url", "https://old.example/guru"),
    )
    (terminal.folder / "mine").mkdir()
    terminal.file("mine/index.html", "mine")
    assert "no export has written it" in terminal.fails("export", "--static", terminal.folder / "mine")


def test_an_export_needs_a_place_to_go_to(terminal: Terminal) -> None:
    assert "--static DIR or --archive FILE" in terminal.fails("export")
    site = terminal.folder / "site"
    assert "such as https://" in terminal.fails("export", "--static", site, "--base-url", "old.example")
    assert "could not be written" in terminal.fails("export", "--archive", terminal.folder / "no" / "x.zip")


# Topics, experts, editors.


def test_a_column_is_set_up_step_by_step(terminal: Terminal) -> None:
    assert terminal.works("topic", "add", "Running Advice") == "Running Advice: readers may ask about it.\n"
    assert "covers: Running Advice." in terminal.works("expert", "add", "The Guru", "Guru@Clinic.Example")
    text = terminal.works("editor", "add", "Anna", "anna@column.example", MAILBAG_BASE_URL="https://guru.example")
    assert "https://guru.example/desk/" in text
    with terminal.database() as database, database.read() as tx:
        (expert,) = people.experts(tx)
        assert (expert.public_name, expert.address) == ("The Guru", "Guru@clinic.example")
        assert [topic.name for topic in expert.topics] == ["Running Advice"]
        assert people.editor_at(tx, "anna@column.example") is not None


def test_adding_again_changes_what_there_is(terminal: Terminal) -> None:
    for _ in range(2):
        terminal.works("topic", "add", "Running Advice")
        terminal.works("editor", "add", "Anna K.", "anna@column.example")
    for address in ("old@clinic.example", "new@clinic.example"):
        terminal.works("expert", "add", "The Guru", address)
    with terminal.database() as database, database.read() as tx:
        assert [expert.address for expert in people.experts(tx)] == ["new@clinic.example"]
        assert len(people.topics(tx)) == 1


def test_readers_are_told_of_an_expert(terminal: Terminal, tmp_path: Path) -> None:
    terminal.works("expert", "add", "The Guru", "guru@clinic.example")
    about, face = tmp_path / "about.md", tmp_path / "face.png"
    about.write_text("She *walks*.", encoding="utf-8")
    face.write_bytes(picture("PNG"))
    words = ("--credentials", "Physiotherapist", "--about", str(about))
    assert "readers see it now" in terminal.works("expert", "describe", "The Guru", *words, "--picture", str(face))
    with terminal.database() as database, database.read() as tx:
        (expert,) = people.experts(tx)
        assert (expert.credentials, expert.about) == ("Physiotherapist", "She *walks*.")
        assert people.portrait(tx, expert.portrait_digest)
    assert "no expert" in terminal.fails("expert", "describe", "Nobody", "--credentials", "x")
    private = ("--credentials", "guru@clinic.example")
    assert "private address" in terminal.fails("expert", "describe", "The Guru", *private)
    latin = terminal.file("latin.md", "A café".encode("latin-1"))
    assert "save it as UTF-8" in terminal.fails("expert", "describe", "The Guru", "--about", str(latin))
    assert "no JPEG" in terminal.fails("expert", "describe", "The Guru", "--picture", str(about))
    terminal.works("expert", "describe", "The Guru", "--no-picture")
    with terminal.database() as database, database.read() as tx:
        assert people.experts(tx)[0].portrait_digest == ""


def test_a_theme_is_checked_before_it_is_set(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "theme.css").write_text(
        ":root{--accent:#0f5e3c}@media screen and (prefers-color-scheme:dark){:root{--accent:#8fd6b1}}",
        encoding="utf-8",
    )
    assert "is a theme: theme.css." in terminal.works("theme", "check", str(tmp_path))
    (tmp_path / "theme.css").write_text(":root{--accent:#ff8800}", encoding="utf-8")
    assert "contrast of 2.24:1" in terminal.fails("theme", "check", str(tmp_path))
    told = terminal.fails("migrate", MAILBAG_THEME_DIR=str(tmp_path))
    assert "MAILBAG_THEME_DIR: theme.css: --accent #ff8800 on --paper" in told


def test_an_expert_may_cover_some_topics_only(terminal: Terminal) -> None:
    for topic in ("Desk Advice", "Running Advice", "Yoga Advice"):
        terminal.works("topic", "add", topic)
    chosen = ["--topic", "Desk Advice", "--topic", "Yoga Advice"]
    assert "Anna covers: Desk Advice, Yoga Advice." in terminal.works(
        "expert", "add", "Anna", "anna@clinic.example", *chosen
    )


def test_a_topic_that_is_not_there_is_told_and_nobody_added(terminal: Terminal) -> None:
    text = terminal.fails("expert", "add", "Anna", "anna@clinic.example", "--topic", "Dsek Advice")
    assert "Dsek Advice" in text
    assert "mailbag topic add" in text
    with terminal.database() as database, database.read() as tx:
        assert people.experts(tx) == []


def test_an_expert_without_topics_is_told_the_next_step(terminal: Terminal) -> None:
    assert "mailbag topic add" in terminal.works("expert", "add", "The Guru", "guru@clinic.example")


@pytest.mark.parametrize(
    "address",
    ["", "guru", "guru@", "guru@clinic", "gu ru@clinic.example", "Guru <guru@clinic.example>", "gürü@clinic.example"],
)
@pytest.mark.parametrize("command", ["expert", "editor"])
def test_an_address_that_no_mail_could_go_to_is_refused(terminal: Terminal, command: str, address: str) -> None:
    text = terminal.fails(command, "add", "The Guru", address)
    assert f"{address} is no address that mail could go to" in text
    with terminal.database() as database, database.read() as tx:
        assert people.experts(tx) == []
        assert people.editor_at(tx, address) is None


@pytest.mark.parametrize("name", ["", "  ", "\t\u200b", "x" * 101])
@pytest.mark.parametrize(
    "arguments", [["topic", "add"], ["expert", "add"], ["editor", "add"]], ids=lambda value: value[0]
)
def test_a_name_that_is_blank_or_fits_no_line_is_refused(terminal: Terminal, arguments: list[str], name: str) -> None:
    address = [] if arguments[0] == "topic" else ["guru@clinic.example"]
    assert "name" in terminal.fails(*arguments, name, *address).lower()


# As a process.


def environment(terminal: Terminal, **settings: str) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
    return outside | terminal.settings | settings


def test_the_command_is_a_program(terminal: Terminal) -> None:
    path = terminal.file("letters.txt", LETTERS.encode("cp1252"))
    done = subprocess.run(
        [*MAILBAG, "import", str(path)], cwd=ROOT, env=environment(terminal), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{path}: 2 imported, 0 already there, 0 not readable\n"


def test_wrong_settings_end_a_program_without_a_traceback(terminal: Terminal) -> None:
    wrong = environment(terminal, MAILBAG_WEB_PORT="http", MAILBAG_SMPT_PORT="25")
    done = subprocess.run([*MAILBAG, "doors"], cwd=ROOT, env=wrong, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout == b""
    told = done.stderr.decode()
    assert told.startswith("Error: the settings are wrong:\n")
    assert "MAILBAG_WEB_PORT" in told
    assert "MAILBAG_SMPT_PORT" in told
    assert "Traceback" not in told


@contextmanager
def open_doors(terminal: Terminal, smtp: int, lmtp: int, **more: str) -> Iterator["subprocess.Popen[str]"]:
    ports = {"MAILBAG_SMTP_PORT": str(smtp), "MAILBAG_LMTP_PORT": str(lmtp)} | more
    process = subprocess.Popen(
        [*MAILBAG, "doors"],
        cwd=ROOT,
        env=environment(terminal, **ports),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def stored(terminal: Terminal) -> list[tuple[str, bytes]]:
    """The mails that came in: by which door, and their bytes."""
    with terminal.database() as database, database.read() as tx:
        found = (mail.inbound_by_id(tx, number) for number in range(1, 5))
        return [(message.door, message.raw) for message in found if message is not None]


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("stop", ["terminate", "interrupt"])
def test_the_doors_take_mail_until_they_are_stopped(terminal: Terminal, stop: str) -> None:
    smtp, lmtp = free_ports(2)
    raw = b"From: guru@clinic.example\r\nSubject: Hello\r\n\r\nIs this the column?\r\n"
    with open_doors(terminal, smtp, lmtp) as process:
        assert said(process) == f"SMTP 127.0.0.1:{smtp}, LMTP 127.0.0.1:{lmtp}\n"
        with smtplib.SMTP("127.0.0.1", smtp, local_hostname="mx", timeout=PATIENCE) as connection:
            connection.sendmail("guru@clinic.example", ["column@column.example"], raw)
            how: Callable[[], None] = process.terminate if stop == "terminate" else lambda: process.send_signal(2)
            how()
            assert process.wait(30) == 0, "though a connection is still open"
            connection.close()
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
    assert stored(terminal) == [("smtp", raw)]


def test_a_mailbox_is_fetched_beside_them(terminal: Terminal) -> None:
    smtp, lmtp = free_ports(2)
    raw = b"From: guru@clinic.example\r\nSubject: Hello\r\n\r\nIs this the column?\r\n"
    with ScriptedImap({1: raw}) as server:
        mailbox = {"HOST": "127.0.0.1", "PORT": str(server.port), "SECURITY": "none", "USER": "us", "PASSWORD": "hush"}
        settings = {f"MAILBAG_IMAP_{name}": value for name, value in mailbox.items()}
        with open_doors(terminal, smtp, lmtp, **settings) as process:
            said(process)
            assert said(process) == "IMAP INBOX of us on 127.0.0.1\n"
            wait_until(lambda: stored(terminal) != [], lambda: "no mail came in")
            process.terminate()
            assert process.wait(30) == 0
            assert process.stdout is not None
            assert "hush" not in process.stdout.read()
    assert stored(terminal) == [("imap", raw)]


def test_a_port_in_use_is_told_with_the_settings_that_change_it(terminal: Terminal) -> None:
    smtp, lmtp, other = free_ports(3)
    with open_doors(terminal, smtp, lmtp) as process:
        said(process)
        with open_doors(terminal, other, lmtp) as second:
            assert second.wait(60) == 1
            assert second.stdout is not None
            told = second.stdout.read()
    assert told.startswith("Error: ")
    assert "MAILBAG_LMTP_PORT" in told
    assert "Traceback" not in told


REPLY = """From: guru@clinic.example
Subject: Re: Tom asks
Content-Type: text/plain; charset=utf-8

Roll it over a cold bottle.

On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <column@guru.example> wrote:

> My heel hurts for the first ten steps of every morning.
"""


def test_a_reply_is_shown_with_what_is_kept_and_cut(tmp_path: Path) -> None:
    file = tmp_path / "reply.eml"
    file.write_text(REPLY, encoding="utf-8")
    shown = CliRunner().invoke(cli, ["read", str(file)])
    assert shown.exit_code == 0, shown.output
    kept, cut = shown.output.split("── cut", 1)
    assert "Roll it over a cold bottle." in kept
    assert "My heel hurts" in cut


def test_stored_replies_are_read_again_and_nothing_is_stored(terminal: Terminal) -> None:
    for option in ([], ["--dry-run"]):
        assert "0 replies read again: 0 change" in terminal.works("reparse", *option)


def test_what_another_reader_would_change_is_shown_by_its_words() -> None:
    change = Change(
        question_id=7,
        number=2,
        reader_version=1,
        before="Rest it. Sent from my clinic.",
        after="Rest it.",
        lost=("sent", "from", "my", "clinic"),
        won=(),
        is_unreadable=False,
        is_printed=True,
        is_waiting=False,
    )
    assert _changed(change) == (
        "question 7, revision 2 (reader 1): 50% of the words; printed, stays\n  - sent from my clinic"
    )


def test_a_reply_is_read_for_programs_too(tmp_path: Path) -> None:
    file = tmp_path / "reply.eml"
    file.write_text(REPLY, encoding="utf-8")
    read = json.loads(CliRunner().invoke(cli, ["read", str(file), "--json"]).output)
    assert (read["outcome"], read["published"]) == ("answered", "Roll it over a cold bottle.")
    whole = "".join(segment["text"] for segment in read["segments"])
    assert whole.split() == REPLY.partition("\n\n")[2].split()


# Signing.


def test_the_records_for_the_dns_are_shown_and_looked_for(empty: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"MAILBAG_DKIM_KEYS": f"s1={write_key(empty.folder / 's1.pem', RSA)}"}
    (line,) = empty.works("dkim", **keys).splitlines()
    name, *strings = line.split(" ", 4)[0], *re.findall(r'"([^"]*)"', line)
    assert name == "s1._domainkey.column.example."
    assert max(map(len, strings)) <= 255
    record = "".join(strings).encode()
    assert record.startswith(b"v=DKIM1; k=rsa; p=MII")
    there = {"s1._domainkey.column.example": record}
    monkeypatch.setattr("app.mail.dkimcheck.look_up_key", there.get)
    assert "is in the DNS" in empty.works("dkim", "--look", **keys)
    there["s1._domainkey.column.example"] = b"v=DKIM1; p=of-last-year"
    assert "another one stands: v=DKIM1; p=of-last-year" in empty.fails("dkim", "--look", **keys)
    there.clear()
    assert "a new record may need some hours" in empty.fails("dkim", "--look", **keys)


def test_keys_that_are_not_there_are_told(empty: Terminal) -> None:
    assert "signs nothing" in empty.fails("dkim")
    assert "none.pem" in empty.fails("dkim", MAILBAG_DKIM_KEYS=f"s1={empty.folder / 'none.pem'}")


# Subscribers.


def test_subscribers_come_in_and_go_out(terminal: Terminal) -> None:
    people_file = terminal.file("old.csv", "Email;Topics\nrita@reader.example;\notto@reader.example;Cooking\nnobody;\n")
    told = terminal.fails("subscribers", "import", people_file, "--source", "a fair", "--consented-on", "2024-05-31")
    assert "1 put on the list" in told
    assert "old.csv:3: the column has no such topic" in told
    assert "old.csv:4: no mail could go to this address" in told
    again = terminal.fails("subscribers", "import", people_file, "--source", "x", "--consented-on", "2024-05-31")
    assert "0 put on the list, 1 are on it already" in again
    assert terminal.works("subscribers", "count").startswith("1 get the digest: 1 weekly.")
    written = terminal.folder / "out.csv"
    terminal.works("subscribers", "export", written)
    assert "rita@reader.example,weekly,,2024-05-31,a fair," in written.read_text()
    assert "rita@reader.example" in terminal.works("subscribers", "export", "--all")


def test_a_list_without_consent_is_not_taken(terminal: Terminal) -> None:
    people_file = terminal.file("old.csv", "rita@reader.example\n")
    assert "nobody says when this person agreed" in terminal.fails("subscribers", "import", people_file)
    dry = ("--dry-run", "--source", "a fair", "--consented-on", "2024-05-31")
    assert "1 would be put on the list" in terminal.works("subscribers", "import", people_file, *dry)
    assert terminal.works("subscribers", "count").startswith("0 get the digest.")


def test_a_file_that_cannot_be_written_is_told_in_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "list.csv"
    assert f"{target}: No such file or directory" in terminal.fails("subscribers", "export", target)
