"""What became of the copies that a worker has sent, until it is written down.

Whatever else is slow, that is not put off for long: after a lease others think this worker dead, and send again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.domain.mail import DeliveryState
from app.mail.transport import Fate, Handover
from app.store import ledger
from app.store.base import Rows
from app.store.ledger import Claimed, Outcome
from app.usecases.delivering import wait_after
from app.usecases.mailbag import Mailbag
from app.usecases.suppressing import without_addresses

ATTEMPTS = 16  # a day and a half; older, it is no news
_SETTLED_IN = timedelta(seconds=10)

Write = Callable[[], AbstractContextManager[Rows]]


@dataclass
class Outcomes:
    """Of one worker, who owns the rows. `refused`: what the next server would not have, whatever the reason."""

    mailbag: Mailbag
    owner: str
    refused: list[Outcome] = field(default_factory=list)  # for good, at the door
    _open: list[Outcome] = field(default_factory=list)
    _written: list[Outcome] = field(default_factory=list)  # before their round was over
    _settled_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._settled_at = self.mailbag.clock()

    def __len__(self) -> int:
        """How many are to be written down."""
        return len(self._open)

    def add(self, copy: Claimed, state: DeliveryState, why: str) -> None:
        """Of a copy that was not sent."""
        self._open.append(Outcome(copy.id, state, why))

    def hear(self, copy: Claimed, handover: Handover) -> None:
        """What the server says to a copy. One whose answer was lost is sent again: same octets, same Message-ID."""
        handover = _without_addresses(handover)
        if handover.fate is Fate.TAKEN:
            self.add(copy, DeliveryState.SENT, handover.server_said)
        elif handover.fate is Fate.REFUSED or copy.attempts >= ATTEMPTS:
            self.add(copy, DeliveryState.FAILED, handover.server_said)
            self.refused += self._open[-1:] if handover.fate is Fate.REFUSED else []
        else:
            later = self.mailbag.clock() + wait_after(copy.attempts)
            self._open.append(Outcome(copy.id, DeliveryState.QUEUED, handover.server_said, later))

    def of_round(self) -> list[Outcome]:
        """All since it was asked last."""
        found, self._written = [*self._written, *self._open], []
        return found

    def settle(self, tx: Rows) -> None:
        """In the transaction of whoever calls, who calls `settled` once it is committed."""
        ledger.settle(tx, self._open, self.owner, at=self.mailbag.clock())

    def settled(self) -> None:
        self._open, self._settled_at = [], self.mailbag.clock()

    def write_down(self, write: Write) -> None:
        """In a transaction of their own."""
        if self._open:
            with write() as tx:
                self.settle(tx)
            self._written += self._open
        self.settled()

    def write_down_in_time(self, write: Write) -> None:
        if self.mailbag.clock() >= self._settled_at + _SETTLED_IN:
            self.write_down(write)


def _without_addresses(handover: Handover) -> Handover:
    """As the ledger keeps it: it may be written down when she is erased already."""
    said = handover.server_said
    return replace(handover, server_said=without_addresses(said)) if "@" in said else handover
