"""What the tests of the IMAP door have in common: mails, an impatient account, and what came in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from app.domain.mail import InboundMessage
from app.domain.watched import WatchedFolder
from app.ingress.imap.account import Account, Patience
from app.ingress.imap.door import ImapDoor, imap_door
from app.store import watched
from tests.dovecot import PASSWORD, USER
from tests.office import Office

HURRIED = Patience(connect=5, answer=5, idle=0.3, poll=0.05, first=0.01, most=0.05, refused=0.5, steady=60)


def mail(number: int, size: int = 0, to: str = "column@column.example") -> bytes:
    return (
        f"Return-Path: <guru@clinic.example>\r\nX-Original-To: {to}\r\nFrom: The Guru <guru@clinic.example>\r\n"
        f"To: {to}\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@clinic.example>\r\n\r\nNumber {number}.\r\n"
    ).encode() + (b"x" * 70 + b"\r\n") * (size // 72)


def account(port: int, **changes: Any) -> Account:
    values = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER, "password": PASSWORD}
    return Account(**(values | changes))


@contextmanager
def open_door(office: Office, port: int, patience: Patience = HURRIED, **changes: Any) -> Iterator[ImapDoor]:
    door = imap_door(office.mailbag, account(port, **changes), patience)
    door.start()
    try:
        yield door
    finally:
        door.stop(10)
        assert not door.is_alive


def stored(office: Office) -> list[InboundMessage]:
    with office.mailbag.database.read() as tx:
        found = list(tx.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))
        assert all(message.raw is not None for message in found), "loaded, while the database is open"
        return found


def count(office: Office) -> int:
    with office.mailbag.database.read() as tx:
        return len(tx.session.scalars(select(InboundMessage.id)).all())


def row(office: Office) -> WatchedFolder:
    """The one that is watched; a blank one before the door's first word."""
    with office.mailbag.database.read() as tx:
        found = watched.watched_folders(tx)
    assert len(found) < 2
    return found[0] if found else WatchedFolder("", "")
