"""How fast one process is asked for something that costs work and leaves no trace. Kept in memory, and forgotten."""

import threading
from collections import OrderedDict

MOST_KEYS = 10_000


class Pace:
    """At most so many in a window of seconds for each key; safe to use from several threads."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()  # since when, how many
        self._lock = threading.Lock()

    def is_too_fast(self, key: str, at: float) -> bool:
        """Count one more at this moment (seconds of any clock that runs on)."""
        with self._lock:
            since, number = self._seen.pop(key, (at, 0))
            if at - since >= self._seconds:
                since, number = at, 0
            self._seen[key] = since, number + 1
            if len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)
            return number >= self._most
