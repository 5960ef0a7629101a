"""The connections of one worker to the next server, and what is on each of them."""

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass

from app.mail.transport import TIMEOUT
from app.mail.warm import Line
from app.usecases.copying import Ready

log = logging.getLogger(__name__)

_FRUITLESS = 3  # connections in a row that took nothing: the other side has had enough


@dataclass(eq=False)
class Slot:
    """A connection and the copies on it: `open` may be sent now, `announced` was named to the server behind it."""

    line: Line
    open: Ready | None = None
    announced: Ready | None = None
    is_sent: bool = False  # the content of `open` went out, its answer was not read yet
    has_taken: bool = False

    def announce(self, ready: Ready) -> None:
        self.announced = ready
        self.line.announce(ready.envelope)

    def send(self, following: Ready | None) -> None:
        assert self.open is not None
        self.announced, self.is_sent = following, True
        self.line.send(self.open.message, following.envelope if following else None)

    def drop(self) -> None:
        """The connection goes with its open envelope, for there is no other way to take that back."""
        self.open = None
        self.has_taken = True  # it is no fault of the server
        self.line.drop()

    def leave(self) -> list[Ready]:
        """Its copies of which nothing was sent; the connection is closed."""
        left = [ready for ready in (self.open, self.announced) if ready is not None]
        if left:
            self.line.drop()
        else:
            self.line.close()
        return left


class Slots:
    """As many as are wanted, up to `most`, or as the server grants; a broken one is replaced at the next `connect`."""

    def __init__(self, open_line: Callable[[], Line], most: int) -> None:
        self._open_line, self._most = open_line, most
        self._slots: list[Slot] = []
        self._fruitless = 0

    @property
    def is_refused(self) -> bool:
        """Whether there is none and none to be had."""
        return self._fruitless >= _FRUITLESS and not self._slots

    def opened(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.open is not None]

    def idle(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.open is None]

    def sent(self) -> list[Slot]:
        """Those that owe an answer to a content."""
        return [slot for slot in self._slots if slot.is_sent]

    def lacks(self, waiting: int) -> bool:
        """Whether `connect` would open any."""
        whole = sum(not slot.line.is_broken for slot in self._slots)
        return whole < min(self._most, len(self.opened()) + waiting)

    def connect(self, waiting: int, is_late: Callable[[], bool] = lambda: False) -> None:
        """One for each copy that is on one or waits; fewer where that takes too long, but one."""
        for slot in [slot for slot in self._slots if slot.line.is_broken]:
            self._fruitless = 0 if slot.has_taken else self._fruitless + 1
            self._slots.remove(slot)
        wanted = len(self.opened()) + waiting
        while len(self._slots) < min(self._most, wanted) and self._fruitless < _FRUITLESS:
            if self._slots and is_late():
                return
            try:
                self._slots.append(Slot(self._open_line()))
            except (OSError, ValueError, smtplib.SMTPException) as error:
                log.warning("no connection beside %s others: %s", len(self._slots), error)
                self._refused()

    def _refused(self) -> None:
        """A server bears so many from one client, and tells the next one to come later (421): no more are tried."""
        if self._slots:
            self._most = len(self._slots)
        else:
            self._fruitless = _FRUITLESS

    def do_without(self, slot: Slot) -> list[Ready]:
        """Close this one, and open no other in its place. Its copies."""
        self._slots.remove(slot)
        self._most = max(1, len(self._slots))
        return slot.leave()

    def hurry(self) -> None:
        """Answers that are due are waited for a little longer, and no more."""
        for slot in self._slots:
            slot.line.patience = TIMEOUT

    def leave(self) -> list[Ready]:
        """Close all. The copies of which nothing was sent."""
        left = [ready for slot in self._slots for ready in slot.leave()]
        self._slots = []
        return left
