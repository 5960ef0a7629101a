"""How far a door has come in a folder that it fetches mail from, and how it fares there."""

from dataclasses import dataclass

from app.domain.errors import Conflict
from app.domain.watched import WatchedFolder
from app.store import watched
from app.usecases.mailbag import Mailbag


@dataclass(frozen=True)
class Watch:
    """The words for one folder of one account; two doors at the same folder share its row."""

    mailbag: Mailbag
    account: str
    folder: str

    def row(self) -> WatchedFolder:
        """As it stands; made where it is missing."""
        with self.mailbag.database.read() as tx:
            found = watched.watched_folder(tx, self.account, self.folder)
        if found is not None:
            return found
        try:
            with self.mailbag.database.write() as tx:
                tx.add(WatchedFolder(self.account, self.folder))
        except Conflict:
            pass  # another door made it
        return self.row()

    def mark(self, uidvalidity: int) -> int:
        """The UID up to which everything is settled; 0 in a folder that is new, or numbered anew.

        What was stored before and comes again under another number is the same row: `accept` sees to that.
        """
        row = self.row()
        if row.uidvalidity == uidvalidity:
            return row.uid
        with self.mailbag.database.write() as tx:
            watched.start_over(tx, self.account, self.folder, uidvalidity)
        return 0

    def move_on(self, uidvalidity: int, uid: int) -> None:
        """Only after everything up to this UID is committed."""
        with self.mailbag.database.write() as tx:
            watched.move_on(tx, self.account, self.folder, uidvalidity=uidvalidity, uid=uid, at=self.mailbag.clock())

    def looked(self) -> None:
        with self.mailbag.database.write() as tx:
            watched.looked(tx, self.account, self.folder, self.mailbag.clock())

    def troubled(self, trouble: str) -> None:
        """What stands in the way, for the desk."""
        self.row()
        with self.mailbag.database.write() as tx:
            watched.troubled(tx, self.account, self.folder, trouble, self.mailbag.clock())

    def keep_refresh_token(self, token: str) -> None:
        self.row()
        with self.mailbag.database.write() as tx:
            watched.keep_refresh_token(tx, self.account, self.folder, token)


def watch_only(mailbag: Mailbag, account: str, folder: str) -> None:
    """The settings name this folder now: a former one is nobody's trouble. Its mark stays, should it come back."""
    with mailbag.database.write() as tx:
        watched.let_go_of_others(tx, account, folder)


def troubled_folders(mailbag: Mailbag) -> list[WatchedFolder]:
    """For the desk: nobody looked for too long, so the door is dead; or something stands in its way."""
    now = mailbag.clock()
    with mailbag.database.read() as tx:
        return [row for row in watched.watched_folders(tx) if row.trouble or row.is_late(now)]


def is_late(mailbag: Mailbag) -> bool:
    """Whether mail waits somewhere that should have been fetched."""
    return any(row.is_late(mailbag.clock()) for row in troubled_folders(mailbag))
