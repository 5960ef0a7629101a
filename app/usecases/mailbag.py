"""Everything that the use cases work with, assembled once by bootstrap."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

from app.domain.column import Column
from app.domain.periods import DigestPolicy
from app.domain.suspicion import Limits
from app.domain.token import ALPHABET
from app.language import ENGLISH, Language
from app.mail.authenticate import Authenticator
from app.mail.compose import Composer
from app.mail.kind import NO_MARKS, OwnMarks
from app.mail.links import Links
from app.mail.transport import Handover
from app.mail.warm import Line
from app.store.base import Database
from app.usecases.guessing import Guesses


class Transport(Protocol):
    """Hands one finished message over; says how far it came, and never raises for what a network does."""

    def hand_over(self, message: bytes, *, sender: str, recipient: str) -> Handover: ...

    def open_line(self) -> Line:
        """A connection for many messages. Raises OSError or SMTPException where there is none to be had."""
        ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Mailbag:
    """The column, its database, its mail, and the clock."""

    column: Column
    database: Database
    links: Links
    composer: Composer
    transport: Transport
    authenticator: Authenticator
    own_marks: OwnMarks = NO_MARKS
    digest: DigestPolicy = field(default_factory=DigestPolicy)
    most_notices: int = 40  # mails a day to one address in answer to mail from it, receipts included
    language: Language = ENGLISH
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    clock: Callable[[], datetime] = utc_now
    guesses: Guesses = field(default_factory=Guesses)
    looks_at: dict[int, float] = field(default_factory=dict)  # the next look at all of an issue; see Meter
    stopping: Event = field(default_factory=Event)  # this process was told to stop: what takes long comes to an end


def random_id(length: int) -> str:
    """For addresses and Message-IDs: lower case, nothing that looks like something else."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
