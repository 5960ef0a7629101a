"""When the next copy to a domain may go out; the row is locked until the transaction ends."""

from datetime import datetime

from sqlalchemy import insert, select, update

from app.store import tables as t
from app.store.base import Rows


def free_at(tx: Rows, domain: str) -> datetime | None:
    query = select(t.pace.c.free_at).where(t.pace.c.domain == domain).with_for_update()
    found: datetime | None = tx.session.scalar(query)
    return found


def set_free_at(tx: Rows, domain: str, at: datetime) -> None:
    changed = tx.session.execute(update(t.pace).where(t.pace.c.domain == domain).values(free_at=at))
    if changed.rowcount == 0:
        tx.session.execute(insert(t.pace).values(domain=domain, free_at=at))
