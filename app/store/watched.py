"""Queries about the folders that mail is fetched from. Marks only move on, whoever moves them."""

from datetime import datetime

from sqlalchemy import Update, and_, not_, select, update

from app.domain.watched import WatchedFolder
from app.store import tables as t
from app.store.base import Transaction


def watched_folder(tx: Transaction, account: str, folder: str) -> WatchedFolder | None:
    query = select(WatchedFolder).where(t.watched_folder.c.account == account, t.watched_folder.c.folder == folder)
    return tx.session.scalar(query)


def watched_folders(tx: Transaction) -> list[WatchedFolder]:
    return list(tx.session.scalars(select(WatchedFolder).order_by(t.watched_folder.c.id)))


def _change(account: str, folder: str) -> Update:
    return update(t.watched_folder).where(t.watched_folder.c.account == account, t.watched_folder.c.folder == folder)


def start_over(tx: Transaction, account: str, folder: str, uidvalidity: int) -> None:
    """The server numbers its mails anew. The second of two doors that see it changes nothing."""
    query = _change(account, folder).where(t.watched_folder.c.uidvalidity != uidvalidity)
    tx.session.execute(query.values(uidvalidity=uidvalidity, uid=0))


def move_on(tx: Transaction, account: str, folder: str, *, uidvalidity: int, uid: int, at: datetime) -> None:
    """Forwards, and only while the numbers are those that were counted in. It shows that the door lives."""
    counted = t.watched_folder.c.uidvalidity == uidvalidity
    query = _change(account, folder).where(counted, t.watched_folder.c.uid < uid)
    tx.session.execute(query.values(uid=uid, looked_at=at))


def looked(tx: Transaction, account: str, folder: str, at: datetime) -> None:
    tx.session.execute(_change(account, folder).values(looked_at=at, trouble="", troubled_at=None))


def troubled(tx: Transaction, account: str, folder: str, trouble: str, at: datetime) -> None:
    tx.session.execute(_change(account, folder).values(trouble=trouble, troubled_at=at))


def let_go_of_others(tx: Transaction, account: str, folder: str) -> None:
    is_it = and_(t.watched_folder.c.account == account, t.watched_folder.c.folder == folder)
    tx.session.execute(update(t.watched_folder).where(not_(is_it)).values(looked_at=None, trouble="", troubled_at=None))


def keep_refresh_token(tx: Transaction, account: str, folder: str, token: str) -> None:
    tx.session.execute(_change(account, folder).values(refresh_token=token))
