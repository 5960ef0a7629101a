"""A folder of somebody's mail server that we fetch mail from, and how far we came in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_AFTER = timedelta(minutes=15)  # a door that lives looks every few minutes, mail or none


@dataclass(eq=False)
class WatchedFolder:
    """One folder of one account. Everything up to `uid` is settled: stored, refused or gone.

    UIDs mean nothing without the UIDVALIDITY that they belong to (RFC 9051, 2.3.1.1); both are 0 before the first look.
    """

    account: str  # "user on host", for people
    folder: str
    uidvalidity: int = 0
    uid: int = 0
    looked_at: datetime | None = None  # the last look that came to its end, or mail that was settled in one
    trouble: str = ""  # what went wrong since then, in words; empty: nothing
    troubled_at: datetime | None = None
    refresh_token: str = ""  # the newest, encrypted; empty: the one of the settings
    id: int | None = None

    def is_late(self, at: datetime) -> bool:
        """Before its first look a folder is late only where something stands in the way."""
        return bool(self.trouble) if self.looked_at is None else self.looked_at < at - LATE_AFTER
