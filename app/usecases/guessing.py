"""Whoever tries out reply addresses: a quota on those that were never made, so that no flood fills the database."""

import threading
from collections import deque
from datetime import datetime, timedelta

from app.domain.token import Invented, Mistyped, Resolution
from app.store import mail
from app.store.base import Transaction

MOST_INVENTED = 100  # in an hour, for each process that takes mail
WINDOW = timedelta(hours=1)


class Guesses:
    """The invented reply addresses of the last hour, as one process saw them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._seen: deque[datetime] = deque()
        self._told_at: datetime | None = None
        self._lock = threading.Lock()

    def is_too_many(self, at: datetime) -> bool:
        """Count one more, and say whether it is beyond the quota. What is refused is not counted again."""
        with self._lock:
            while self._seen and self._seen[0] <= at - WINDOW:
                self._seen.popleft()
            if len(self._seen) >= MOST_INVENTED:
                return True
            self._seen.append(at)
            return False

    def is_news(self, at: datetime) -> bool:
        """Whether a refusal shall leave a trace: one in an hour does."""
        with self._lock:
            if self._told_at is not None and at < self._told_at + WINDOW:
                return False
            self._told_at = at
            return True


def alarm(tx: Transaction, at: datetime) -> int:
    """How many such mails came in the last hour, where that is an alarm; else 0."""
    count = mail.count_guesses(tx, at - WINDOW)
    is_alarming = count >= MOST_INVENTED or mail.refused_guesses_since(tx, at - WINDOW)
    return count if is_alarming else 0


def is_guess(resolution: Resolution | None) -> bool:
    """A token that nobody made. One with a slip or two in it is somebody's own, and always let in."""
    return isinstance(resolution, Invented) or (isinstance(resolution, Mistyped) and resolution.guess is None)
