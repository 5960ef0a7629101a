"""Everything that the use cases work with, assembled once by bootstrap."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from app.domain.column import Column
from app.domain.token import ALPHABET
from app.mail.compose import Composer
from app.mail.kind import NO_BORDER, Border
from app.mail.links import Links
from app.mail.transport import Handover
from app.store.base import Database


class Transport(Protocol):
    """Hands one finished message over; says how far it came, and never raises for what a network does."""

    def hand_over(self, message: bytes, *, sender: str, recipient: str) -> Handover: ...


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
    border: Border = NO_BORDER
    most_notices: int = 40  # mails a day to one address in answer to mail from it, receipts included
    clock: Callable[[], datetime] = utc_now


def random_id(length: int) -> str:
    """For addresses and Message-IDs: lower case, nothing that looks like something else."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
