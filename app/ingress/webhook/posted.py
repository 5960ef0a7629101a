"""What the providers' modules have in common: what came in, what was read of it, and why it is refused."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.mail import Once
from app.ingress.envelope import sender_text
from app.ingress.wire import on_the_wire
from app.usecases.settling import Report

WINDOW = timedelta(minutes=5)  # how far the clocks may differ


class Forged(Exception):
    """Not signed by whom it says, or too old to be believed. The sentence may be shown."""


class Malformed(Exception):
    """Signed, but not what we can read. The sentence says what to change."""


@dataclass(frozen=True)
class Posted:
    """One request: header names in lower case, the raw body, what stood behind /hooks/<provider>/ in the address."""

    headers: Mapping[str, str]
    body: bytes
    tail: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Malformed("The body is no JSON.") from None


@dataclass(frozen=True)
class Handed:
    """One mail and its envelope, as a provider hands it over."""

    raw: bytes
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What one request holds: mails, what became of mails of ours, or a question whether we listen here."""

    mails: tuple[Handed, ...] = ()
    reports: tuple[Report, ...] = ()
    nonce: str = ""  # what makes this request good for one use
    confirmation: str = ""  # an address to GET, which says that we want what this provider will send


def handed(raw: bytes | str, sender: str, recipients: list[str]) -> Handed:
    """Raises Malformed without a mail, or without anybody to have it."""
    raw = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    if not raw.strip():
        raise Malformed("There is no raw mail in it.")
    found = tuple(address.strip().removeprefix("<").removesuffix(">") for address in recipients if address.strip())
    if not found:
        raise Malformed("There is no envelope recipient in it.")
    return Handed(on_the_wire(raw), sender_text(sender), found)


def once(door: str, reading: Reading) -> Once:
    """The nonce, bound to everything that came with it: it lets the same in again, and nothing else."""
    content = hashlib.sha256()
    for mail in reading.mails:
        for part in (mail.sender.encode(), *(r.encode("utf-8", "replace") for r in mail.recipients), mail.raw):
            content.update(len(part).to_bytes(8, "big") + part)
    for report in reading.reports:
        content.update(repr(report).encode("utf-8", "replace"))
    return Once(door, hashlib.sha256(reading.nonce.encode("utf-8", "replace")).hexdigest(), content.hexdigest())


def check_time(at: datetime | None, now: datetime, *, late: timedelta = timedelta(0)) -> None:
    """Raises Forged where it was signed outside of the window; `late` is how long the provider repeats itself."""
    if at is None or not now - WINDOW - late <= at <= now + WINDOW:
        raise Forged("The signature is too old, or our clocks differ.")


def unix_time(text: str) -> datetime | None:
    """None where it is no whole number of seconds since 1970."""
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def text_of(thing: Any, *path: str) -> str:
    """What stands at that place of a JSON document, as text; empty where it does not."""
    for name in path:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return str(thing) if isinstance(thing, str | int) and not isinstance(thing, bool) else ""


@dataclass(frozen=True)
class Keys:
    """What makes one provider believed: keys to check signatures with, passwords where it signs nothing."""

    keys: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()


Fetch = Callable[[str], bytes]  # GET over HTTPS; raises OSError
Reader = Callable[[Posted, Keys, datetime], Reading]


@dataclass(frozen=True)
class Provider:
    """How one provider is read, and the status that makes it give up what is not for us."""

    read: Reader
    refusal: int = 406
