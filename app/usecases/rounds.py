"""One worker at one issue, round by round: on each of its connections one copy is sent and settled in a round.

A commit costs a disk its few milliseconds, whatever is in it: each round has one, for all connections. And while the
servers read what went out in this round, the copies of the next one are composed.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from secrets import token_hex
from time import monotonic, sleep

from app.domain.errors import Unavailable
from app.domain.mail import DeliveryState
from app.mail.transport import Fate
from app.store import ledger
from app.store.base import Rows
from app.store.ledger import Claimed
from app.usecases import metering
from app.usecases.copying import Copies, Ready, Unfit, Withdrawn
from app.usecases.mailbag import Mailbag
from app.usecases.outcomes import Outcomes, Write
from app.usecases.pacing import claim_at_pace
from app.usecases.slots import Slot, Slots

log = logging.getLogger(__name__)

BATCH = 100  # copies claimed at once
_OPENED_IN = timedelta(seconds=30)  # connections and envelopes of one round; what takes longer is done without
_SOON, _REST = timedelta(seconds=1), 0.1  # while the pace holds copies back
_LEFT = "unsubscribed, or paused"
_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 0.0)  # seconds between tries to write down what is known, when the database left


@dataclass
class Rounds:
    """`owner` marks the rows that are this worker's. `is_stopped`: paused, or no connection to be had."""

    mailbag: Mailbag
    issue_id: int
    copies: Copies
    owner: str = field(default_factory=lambda: token_hex(16))
    is_stopped: bool = False
    outcomes: Outcomes = field(init=False)
    _queue: deque[Claimed] = field(default_factory=deque)
    _ready: deque[Ready] = field(default_factory=deque)
    _slots: Slots = field(init=False)
    _write: Write = field(init=False)

    def __post_init__(self) -> None:
        self._slots = Slots(self.mailbag.transport.open_line, self.mailbag.digest.lines)
        self.outcomes = Outcomes(self.mailbag, self.owner)

    def work(self, seconds: float) -> None:
        """Until the time is over or nothing is due. What was claimed and not begun is given back at the end."""
        with self.mailbag.database.rows() as self._write:
            try:
                self._work(monotonic() + seconds)
            finally:
                self._leave()

    def _work(self, end: float) -> None:
        meter = metering.Meter(self.mailbag, self.issue_id)
        while not self.is_stopped and self._has_more(end):
            is_last = self._is_over(end)
            if is_last:
                self._give_back()
            self._open()
            self.is_stopped = self.is_stopped or meter.says_stop(self.outcomes.of_round())
            if not self.is_stopped:
                self._send(self._begin(is_last=is_last), is_last=is_last)
                self._compose()
                self._hear_all()

    def _has_more(self, end: float) -> bool:
        if self._ready or self._queue or self._slots.opened():
            return True
        while not self._is_over(end):
            if self._claim():
                return True
            if not self._is_held_back():
                return False
        return False

    def _is_over(self, end: float) -> bool:
        return monotonic() >= end or self.mailbag.stopping.is_set()

    def _is_held_back(self) -> bool:
        """Whether copies are due, or very soon, that the pace keeps from being claimed; after a rest, if need be."""
        policy, now = self.mailbag.digest, self.mailbag.clock()
        if not (policy.per_second or policy.per_domain_minute):
            return False
        with self._write() as tx:
            due_at = ledger.next_due(tx, self.issue_id)
        if due_at is None or due_at > now + _SOON:
            return False
        if policy.per_second or due_at > now:  # else others are behind those that were put off
            sleep(_REST)
        return True

    # Copies that were claimed

    def _waiting(self) -> list[Claimed]:
        return [*(ready.copy for ready in self._ready), *self._queue]

    def _claim(self) -> bool:
        with self._write() as tx:
            claimed = self._claimed(tx)
        self._queue += claimed
        return bool(claimed)

    def _claimed(self, tx: Rows) -> list[Claimed]:
        policy, now = self.mailbag.digest, self.mailbag.clock()
        return claim_at_pace(tx, policy, self.issue_id, self.owner, at=now, most=BATCH)

    def _compose(self) -> None:
        """The copies of one round."""
        while self._queue and len(self._ready) < self.mailbag.digest.lines and not self.is_stopped:
            copy = self._queue.popleft()
            try:
                self._ready.append(self.copies.ready(copy))
            except Unfit as error:
                self.is_stopped = True
                self._queue.append(copy)
                metering.pause(self.mailbag, self.issue_id, f"not fit to be sent: {error}")
            except Withdrawn:
                self.outcomes.add(copy, DeliveryState.SUPPRESSED, "its letters were withdrawn")
            except ValueError as error:  # an address that cannot stand in a header
                self._note_unwritable(copy, error)

    def _note_unwritable(self, copy: Claimed, error: ValueError) -> None:
        """Who was erased meanwhile has no address any more, and that is no failure."""
        with self._write() as tx:
            is_gone = ledger.unwanted(tx, [copy.id], self.owner, self.mailbag.column.day(self.mailbag.clock()))
        if is_gone:
            self.outcomes.add(copy, DeliveryState.SUPPRESSED, _LEFT)
        else:
            self.outcomes.add(copy, DeliveryState.FAILED, f"cannot be composed: {error}")

    # Envelopes

    def _open(self) -> None:
        """An open envelope on each line, as far as there are copies and the server gives them in time."""
        self._compose()
        if self._slots.lacks(len(self._ready)):
            self.outcomes.write_down(self._write)
        end = self.mailbag.clock() + _OPENED_IN
        self._slots.connect(len(self._ready), lambda: self.mailbag.clock() >= end)
        self.is_stopped = self.is_stopped or self._slots.is_refused
        idle = self._slots.idle()[: len(self._ready)]
        for slot in idle:
            slot.announce(self._ready.popleft())
        self._compose()
        self._hear_envelopes(idle, end)

    def _hear_envelopes(self, slots: list[Slot], end: datetime) -> None:
        """Whom the server has kept waiting for too long goes without its connection, and so do those behind it."""
        for slot in slots:
            self.outcomes.write_down_in_time(self._write)
            if self.mailbag.clock() < end:
                self._hear(slot)
            elif slot.announced is not None:
                self._ready += self._slots.do_without(slot)

    def _hear(self, slot: Slot) -> None:
        """What the server says to the envelope that was announced."""
        ready, slot.announced = slot.announced, None
        if ready is None:
            return
        said = slot.line.opened()
        if said is None and not slot.line.is_broken:
            slot.open = ready
        elif said is None or slot.line.is_broken:
            self._ready.appendleft(ready)  # that is about the connection, not about this mail
        else:
            self.outcomes.hear(ready.copy, said)

    # Contents

    def _begin(self, *, is_last: bool) -> list[Slot]:
        """Settle the last round, mark what goes out in this one, and claim for those to come, in one commit."""
        ready = {slot: slot.open for slot in self._slots.opened() if slot.open is not None}
        open_now = {copy.copy.id: copy.digests for copy in ready.values()}
        now = self.mailbag.clock()
        today = self.mailbag.column.day(now)
        gone: dict[int, str] = {}
        claimed: list[Claimed] = []
        with self._write() as tx:
            self.outcomes.settle(tx)
            to_begin = _by_newest_key(tx, open_now)
            begun = ledger.begin(tx, to_begin, self.owner, at=now, today=today) if to_begin else set()
            if left := {row_id: digests for row_id, digests in open_now.items() if row_id not in begun}:
                gone = self._why_not(tx, left, today)
            elif not is_last and len(self._queue) < self.mailbag.digest.lines:
                claimed = self._claimed(tx)
        self.outcomes.settled()
        self._queue += claimed
        for slot, left_over in ready.items():
            if left_over.copy.id not in begun:
                self._not_this_one(slot, left_over.copy, gone.get(left_over.copy.id))
        return [slot for slot in ready if slot.open is not None]

    def _why_not(self, tx: Rows, left: Mapping[int, Sequence[str]], today: date) -> dict[int, str]:
        """Of copies that could not be begun, those that nobody is to get."""
        unwanted = ledger.unwanted(tx, left, self.owner, today)
        suppressed = ledger.suppressed(tx, set(chain.from_iterable(left.values())))
        barred = [row_id for row_id, digests in left.items() if not suppressed.isdisjoint(digests)]
        gone = dict.fromkeys(unwanted, _LEFT)
        return gone | dict.fromkeys(barred, "the address is suppressed")

    def _not_this_one(self, slot: Slot, copy: Claimed, why: str | None) -> None:
        """Its subscriber left; or, without a reason, the issue was paused, or the row is not ours any more."""
        if why is None:
            self._queue.append(copy)
            self.is_stopped = True
        else:
            self.outcomes.add(copy, DeliveryState.SUPPRESSED, why)
        slot.drop()

    def _send(self, slots: list[Slot], *, is_last: bool) -> None:
        """Their contents, one after another; a server that hardly reads keeps those behind it waiting only so long."""
        end = self.mailbag.clock() + _OPENED_IN
        for slot in slots:
            if self.mailbag.clock() >= end:
                self._ready += self._slots.do_without(slot)
                continue
            may_follow = self._ready and not is_last and not self.is_stopped
            slot.send(self._ready.popleft() if may_follow else None)

    def _hear_all(self) -> None:
        """What became of the contents that were sent, and of the envelopes behind them."""
        sent = self._slots.sent()
        for slot in sent:
            self._hear_result(slot)
        self._hear_envelopes(sent, self.mailbag.clock() + _OPENED_IN)

    def _hear_result(self, slot: Slot) -> None:
        assert slot.open is not None
        handover = slot.line.result()
        slot.has_taken = slot.has_taken or handover.fate is Fate.TAKEN
        self.outcomes.hear(slot.open.copy, handover)
        slot.open, slot.is_sent = None, False

    # The end

    def _give_back(self) -> None:
        with self._write() as tx:
            self.outcomes.settle(tx)
            ledger.release(tx, self.owner, [copy.id for copy in self._waiting()])
        self.outcomes.settled()
        self._queue.clear()
        self._ready.clear()

    def _leave(self) -> None:
        """Whatever ended it: answers that are due are read, what is known is written down, the rest is anybody's."""
        self._slots.hurry()
        for slot in self._slots.sent():
            self._hear_result(slot)
        self._ready += self._slots.leave()
        for wait in _PATIENCE:
            try:
                self._give_back()
            except Unavailable as error:
                log.warning("issue %s: %s; %s outcomes to be written", self.issue_id, error, len(self.outcomes))
                sleep(wait)
            else:
                return


def _by_newest_key(tx: Rows, digests: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Each copy's hash under the newest key, without the copies that an older one, if any, suppresses."""
    older = {digest for known in digests.values() for digest in known[1:]}
    suppressed = ledger.suppressed(tx, older) if older else set()
    return {row_id: known[0] for row_id, known in digests.items() if suppressed.isdisjoint(known)}
