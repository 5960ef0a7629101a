"""The same mails through each door are the same rows; handed over again, they change nothing.

Another door is one more line of DOORS: how it takes one mail.
"""

import io
import smtplib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.mail import InboundMessage
from app.ingress import pipe
from app.ingress.imap.door import imap_door
from app.ingress.server import Listener, MailServer
from app.ingress.smtp import lmtp_door, smtp_door
from app.ingress.webhook import Hooks
from app.mail.programs import Program
from app.store import tables
from app.store.base import Database
from app.store.watched import watched_folders
from app.usecases.guessing import Guesses
from app.usecases.mailbag import Mailbag
from app.web import create_app
from tests.dovecot import Dovecot
from tests.ingress import posts
from tests.ingress.imap.doors import HURRIED, account
from tests.office import ANSWER, BECKY, GURU, NOON, TEMPLATES, Office, open_copy
from tests.ports import free_ports
from tests.servers import wait_until

LIMIT = 1_000_000
FEW, MANY = 60, 1000


@dataclass(frozen=True)
class Letter:
    """A mail as it is on the wire, with its envelope."""

    number: int
    raw: bytes
    sender: str
    recipient: str


Hand = Callable[[Sequence[Letter]], None]  # mails into the door, in this order; raises where one is not taken


# The doors.


@contextmanager
def over_sockets(mailbag: Mailbag, door: Callable[..., Any], client: type[smtplib.SMTP]) -> Iterator[Hand]:
    (port,) = free_ports(1)
    protocol = partial(door, mailbag, max_bytes=LIMIT, hostname="column.example")
    server = MailServer([Listener("door", "127.0.0.1", port, protocol)])
    server.start()
    with client("127.0.0.1", port, local_hostname="mx.column.example") as connection:

        def hand(mails: Sequence[Letter]) -> None:
            for letter in mails:
                assert connection.sendmail(letter.sender, [letter.recipient], letter.raw) == {}

        yield hand
    server.stop()


@contextmanager
def webhook(mailbag: Mailbag) -> Iterator[Hand]:
    """In turn by those providers that hand over bytes."""
    hooks = Hooks(mailbag, posts.keys(), LIMIT, posts.Amazon())
    client = create_app(mailbag, templates=TEMPLATES, hooks=hooks).test_client()
    makers = [posts.generic, posts.mailgun, posts.sendgrid, posts.ses]

    def hand(mails: Sequence[Letter]) -> None:
        for letter in mails:
            mail = posts.Mail(letter.raw, (letter.recipient,), letter.sender, NOON, f"n{letter.number}")
            made = makers[letter.number % len(makers)](mail)
            assert client.post(made.path, headers=made.headers, data=made.body).status_code == 200

    yield hand


@contextmanager
def by_pipe(mailbag: Mailbag) -> Iterator[Hand]:
    """As Postfix does it: with the line ends of Unix."""

    def hand(mails: Sequence[Letter]) -> None:
        for letter in mails:
            unix = io.BytesIO(letter.raw.replace(b"\r\n", b"\n"))
            taken = pipe.take(mailbag, unix, sender=letter.sender, recipients=(letter.recipient,), max_bytes=LIMIT)
            assert taken == pipe.Verdict(pipe.TAKEN)

    yield hand


@contextmanager
def from_a_mailbox(mailbag: Mailbag) -> Iterator[Hand]:
    """A real Dovecot's; the envelope stands in the fields that the last server wrote."""
    with Dovecot() as dovecot:
        dovecot.put()
        door = imap_door(mailbag, account(dovecot.port, most_octets=LIMIT), HURRIED)
        door.start()

        def hand(mails: Sequence[Letter]) -> None:
            last = _mark(mailbag) + len(mails)
            dovecot.put(*(letter.raw for letter in mails))
            wait_until(lambda: _mark(mailbag) == last, lambda: f"{_mark(mailbag)} of {last} were fetched", seconds=300)

        yield hand
        door.stop(10)


def _mark(mailbag: Mailbag) -> int:
    with mailbag.database.read() as tx:
        return max((folder.uid for folder in watched_folders(tx)), default=0)


DOORS: dict[str, Callable[[Mailbag], Any]] = {
    "smtp": partial(over_sockets, door=smtp_door, client=smtplib.SMTP),
    "lmtp": partial(over_sockets, door=lmtp_door, client=smtplib.LMTP),
    "webhook": webhook,
    "pipe": by_pipe,
    "imap": from_a_mailbox,
}


# The mails.

MISTYPED = 400  # up to this number: of too many in an hour a door wants to see no more, and a mailbox cannot say so


def letters(office: Office, count: int) -> Iterator[Letter]:
    """Of every kind: replies of all programs, by her and by others, bounces, absence notes, rubbish."""
    office.ask()
    reply_address = office.reply_address()
    bounce_address = office.server.to(GURU)[-1].envelope.sender
    programs = list(Program)
    for number in range(count):
        sender, recipient = GURU, reply_address
        raw = office.reply(f"{ANSWER}\n\nThis is number {number} – ½.", programs[number % len(programs)])
        match number % 10:
            case 3:
                sender = BECKY
                raw = office.reply(f"Not mine to answer, {number}.", programs[number % len(programs)], sender=BECKY)
            case 4:
                sender, recipient, raw = "", bounce_address, bounce(number)
            case 5:
                sender, raw = "", absence(number)
            case 6 if number < MISTYPED:
                recipient = reply_address.replace("@", "7@")
            case 7:
                recipient, raw = "column@column.example", rubbish(number)
            case 8:
                raw = attached(number)
        yield Letter(number, delivered(wired(raw), sender, recipient), sender, recipient)


def delivered(raw: bytes, sender: str, recipient: str) -> bytes:
    """As the last server writes it, so that a mailbox has the same octets as the doors that are given an envelope."""
    return f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode() + raw


def wired(raw: bytes) -> bytes:
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"").rstrip(b"\n").split(b"\n")
    return b"\r\n".join([*lines, b""])


def bounce(number: int) -> bytes:
    code = "5.1.1" if number % 20 < 10 else "4.2.2"
    return (
        "From: MAILER-DAEMON@mx.clinic.example\r\nTo: somebody@column.example\r\nSubject: Undelivered\r\n"
        f"Message-ID: <b{number}@mx.clinic.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n.\r\n..\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.clinic.example\r\n\r\n"
        f"Final-Recipient: rfc822; guru@clinic.example\r\nAction: failed\r\nStatus: {code}\r\n\r\n--x--\r\n"
    ).encode()


def absence(number: int) -> bytes:
    head = f"From: {GURU}\r\nSubject: Abwesend {number}\r\nAuto-Submitted: auto-replied\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\nIch bin bis Montag nicht im Büro.\r\n".encode()


def rubbish(number: int) -> bytes:
    odd = bytes(byte for byte in range(1, 256) if byte not in (10, 13))
    return f"From: x{number}@y.example\r\nSubject: {number}\r\n\r\n".encode() + odd + b"x" * 2000 + b"\r\n"


def attached(number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = GURU, f"Re: {number}"
    message["Message-ID"] = f"<a{number}@clinic.example>"
    message.set_content(f"See the sheet, and rest. {number}")
    message.add_attachment(bytes(range(256)) * 20, maintype="application", subtype="pdf", filename="Übungen.pdf")
    return message.as_bytes()


# What became of them.

OWN = {"id", "door", "received_at", "taken_up_at"}  # each door's own


def rows(mailbag: Mailbag) -> list[tuple[Any, ...]]:
    columns = [column for column in tables.inbound_message.c if column.name not in OWN]
    with mailbag.database.read() as tx:
        found = tx.session.scalars(select(InboundMessage).order_by(InboundMessage.id)).all()
        names = [tuple(event.name for event in message.events) for message in found]
        values = tx.session.execute(select(*columns).order_by(tables.inbound_message.c.id)).all()
    return [(*value, name) for value, name in zip(values, names, strict=True)]


def everything(own: Office) -> dict[str, list[Any]]:
    """But how far a door has read in its mailbox."""
    return {name: rows for name, rows in own.stored().items() if name != tables.watched_folder.name}


@pytest.fixture
def column(tmp_path: Path, sqlite_template: Path) -> Iterator[tuple[Office, Path]]:
    """One column, and the file of its database, which each door gets a copy of."""
    path = tmp_path / "column.db"
    with open_copy(sqlite_template, path) as office:
        yield office, path


def through(office: Office, path: Path, door: str, mails: list[Letter]) -> list[tuple[Any, ...]]:
    """Hand them over, decide them, hand them over again. The rows."""
    copy = path.with_name(f"{door}.db")
    with closing(sqlite3.connect(path)) as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    database = Database(f"sqlite:///{copy}", lambda job, row_id: office.bells.append((job, row_id)))
    own = Office.__new__(Office)
    own.__dict__ |= office.__dict__ | {"mailbag": replace(office.mailbag, database=database, guesses=Guesses())}
    with DOORS[door](own.mailbag) as hand, closing(database):
        hand(mails)
        own.run_jobs()
        before = everything(own)
        assert {message[1] for message in before["inbound_message"]} != set()
        hand(mails)
        own.run_jobs()
        assert everything(own) == before, f"{door}: handed over again, they changed something"
        return rows(own.mailbag)


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_the_same_mails_through_each_door_are_the_same_rows(column: tuple[Office, Path], count: int) -> None:
    office, path = column
    mails = list(letters(office, count))
    office.bells.clear()
    first, *others = DOORS
    expected = through(office, path, first, mails)
    assert len(expected) == count
    assert [row[columns_before("raw")] for row in expected] == [letter.raw for letter in mails]
    assert len({row[columns_before("reason")] for row in expected}) > 5, "mails of every kind"
    for door in others:
        assert through(office, path, door, mails) == expected, door


def columns_before(name: str) -> int:
    return [column.name for column in tables.inbound_message.c if column.name not in OWN].index(name)
