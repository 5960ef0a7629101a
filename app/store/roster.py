"""Subscribers by the thousand: put on from a file, read for one, counted. Past the mapper, which is too slow for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from app.domain.subscription import Frequency, SubscriptionState
from app.store import tables as t
from app.store.base import Transaction


@dataclass(frozen=True)
class Listed:
    """Somebody on a list that was made elsewhere."""

    address: str
    frequency: Frequency
    topic_ids: tuple[int, ...]  # none: every letter
    consent_source: str
    confirmed_at: datetime


def states(tx: Transaction, addresses: Collection[str]) -> dict[str, SubscriptionState]:
    """Those of a thousand addresses that are known."""
    query = select(t.subscriber.c.address, t.subscriber.c.state).where(t.subscriber.c.address.in_(addresses))
    return {row[0]: row[1] for row in tx.session.execute(query)}


def put_on(tx: Transaction, people: Sequence[Listed], *, at: datetime, consent_version: str) -> None:
    """Rows of new subscribers, with what they get and with their first event."""
    if not people:
        return
    fixed: dict[str, Any] = {"version": 1, "state": SubscriptionState.CONFIRMED, "consent_version": consent_version}
    fixed |= {"made_at": at, "left_because": "", "soft_bounces": 0.0, "wish": ""}
    rows = [
        fixed
        | {
            "address": one.address,
            "frequency": one.frequency,
            "takes_all": not one.topic_ids,
            "consent_source": one.consent_source,
            "confirmed_at": one.confirmed_at,
        }
        for one in people
    ]
    query = insert(t.subscriber).returning(t.subscriber.c.id, sort_by_parameter_order=True)
    ids = tx.session.scalars(query, rows).all()
    chosen = [
        {"subscriber_id": row_id, "topic_id": topic_id}
        for row_id, one in zip(ids, people, strict=True)
        for topic_id in one.topic_ids
    ]
    if chosen:
        tx.session.execute(insert(t.subscriber_topic), chosen)
    facts = [
        {"at": at, "name": "subscription imported", "actor": "mailbag", "detail": one.consent_source}
        | {"subscriber_id": row_id}
        for row_id, one in zip(ids, people, strict=True)
    ]
    tx.session.execute(insert(t.event), facts)


def some(tx: Transaction, *, after: int, limit: int, everybody: bool) -> list[tuple[int, dict[str, str]]]:
    """The next subscribers after this id, as cells of a file."""
    wanted = [SubscriptionState.CONFIRMED, *([SubscriptionState.UNSUBSCRIBED] if everybody else [])]
    query = (
        select(t.subscriber)
        .where(t.subscriber.c.id > after, t.subscriber.c.state.in_(wanted), t.subscriber.c.left_because != "erased")
        .order_by(t.subscriber.c.id)
        .limit(limit)
    )
    rows = tx.session.execute(query).all()
    topics = _topics_of(tx, [row.id for row in rows])
    return [(row.id, _cells(row, topics.get(row.id, []))) for row in rows]


def _topics_of(tx: Transaction, ids: Collection[int]) -> dict[int, list[str]]:
    query = (
        select(t.subscriber_topic.c.subscriber_id, t.topic.c.name)
        .join(t.topic, t.topic.c.id == t.subscriber_topic.c.topic_id)
        .where(t.subscriber_topic.c.subscriber_id.in_(ids))
        .order_by(t.topic.c.name)
    )
    found: dict[int, list[str]] = {}
    for row_id, name in tx.session.execute(query):
        found.setdefault(row_id, []).append(name)
    return found


def _cells(row: Any, topics: list[str]) -> dict[str, str]:
    return {
        "address": row.address,
        "frequency": row.frequency,
        "topics": "; ".join(topics),
        "consented_on": f"{row.confirmed_at:%Y-%m-%d}" if row.confirmed_at else "",
        "consent_source": row.consent_source,
        "consent_version": row.consent_version,
        "state": row.state,
        "unsubscribed_on": f"{row.unsubscribed_at:%Y-%m-%d}" if row.unsubscribed_at else "",
        "left_because": row.left_because,
        "paused_until": row.paused_until.isoformat() if row.paused_until else "",
    }


def count_by_state(tx: Transaction) -> dict[SubscriptionState, int]:
    query = select(t.subscriber.c.state, func.count()).group_by(t.subscriber.c.state)
    return {row[0]: row[1] for row in tx.session.execute(query)}


def count_by_frequency(tx: Transaction) -> dict[Frequency, int]:
    query = select(t.subscriber.c.frequency, func.count()).where(t.subscriber.c.state == SubscriptionState.CONFIRMED)
    return {row[0]: row[1] for row in tx.session.execute(query.group_by(t.subscriber.c.frequency))}


def count_suppressed(tx: Transaction) -> int:
    return tx.session.scalar(select(func.count()).where(t.suppression.c.lifted_at.is_(None))) or 0
