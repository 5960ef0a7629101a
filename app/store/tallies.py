"""How many letters came in an hour from a place, counted under a digest that names nobody."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, text

from app.store import tables as t
from app.store.base import Transaction

_COUNT_UP = text(
    "insert into tally (digest, hour, number) values (:digest, :hour, 1)"
    " on conflict (digest, hour) do update set number = tally.number + 1"
).bindparams(bindparam("hour", type_=t.UtcDateTime()))


def count_up(tx: Transaction, digest: str, hour: datetime) -> None:
    tx.session.execute(_COUNT_UP, {"digest": digest, "hour": hour})


def number(tx: Transaction, digest: str, hour: datetime) -> int:
    query = select(t.tally.c.number).where(t.tally.c.digest == digest, t.tally.c.hour == hour)
    return tx.session.scalar(query) or 0


def forget(tx: Transaction, before: datetime) -> None:
    tx.session.execute(delete(t.tally).where(t.tally.c.hour < before))
