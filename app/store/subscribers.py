"""Queries about subscribers, what forms ask for, and the addresses that must not be written to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.domain.mail import Delivery
from app.domain.people import Expert, Topic
from app.domain.question import Question, QuestionState
from app.domain.subscription import Subscriber, Suppression, Wish
from app.store import tables as t
from app.store.base import Transaction

MOST_AT_ONCE = 500  # values in one IN: SQLite's limit is far above, its planner's patience is not


def by_id(tx: Transaction, subscriber_id: int) -> Subscriber | None:
    return tx.session.get(Subscriber, subscriber_id)


def at(tx: Transaction, address: str) -> Subscriber | None:
    """`address` as `address_of` spells it."""
    return tx.session.scalar(select(Subscriber).where(t.subscriber.c.address == address))


def wish(tx: Transaction, wish_id: int) -> Wish | None:
    return tx.session.get(Wish, wish_id)


def standing_wishes(tx: Transaction, before: datetime, limit: int = 500) -> Sequence[int]:
    """Those that nobody has taken up: their bell was lost."""
    query = select(t.wish.c.id).where(t.wish.c.made_at <= before).order_by(t.wish.c.id).limit(limit)
    return tx.session.scalars(query).all()


def with_old_wishes(tx: Transaction, before: datetime, limit: int = 500) -> list[Subscriber]:
    query = select(Subscriber).where(t.subscriber.c.wished_at < before)
    return list(tx.session.scalars(query.order_by(t.subscriber.c.id).limit(limit)))


def deliveries_to(tx: Transaction, subscriber: Subscriber) -> list[Delivery]:
    return list(tx.session.scalars(select(Delivery).where(t.delivery.c.subscriber_id == subscriber.id)))


def topics(tx: Transaction, ids: Collection[int]) -> list[Topic]:
    return list(tx.session.scalars(select(Topic).where(t.topic.c.id.in_(ids)).order_by(t.topic.c.name)))


def experts(tx: Transaction, ids: Collection[int]) -> list[Expert]:
    return list(tx.session.scalars(select(Expert).where(t.expert.c.id.in_(ids)).order_by(t.expert.c.public_name)))


def printed(tx: Transaction, ids: Collection[int]) -> list[Question]:
    """Those of the letters that readers can see."""
    query = select(Question).where(t.question.c.id.in_(ids), t.question.c.state == QuestionState.PUBLISHED)
    return list(tx.session.scalars(query.order_by(t.question.c.id)))


def suppression(tx: Transaction, digests: Collection[str]) -> Suppression | None:
    """Of an address, whose digest depends on the key that it was made with; one that stands comes first."""
    query = select(Suppression).where(t.suppression.c.digest.in_(digests))
    return tx.session.scalar(query.order_by(t.suppression.c.lifted_at.is_not(None), t.suppression.c.id).limit(1))


def suppression_by_id(tx: Transaction, suppression_id: int) -> Suppression | None:
    return tx.session.get(Suppression, suppression_id)


def suppressed_digests(tx: Transaction) -> set[str]:
    """All that stand."""
    return set(tx.session.scalars(select(t.suppression.c.digest).where(t.suppression.c.lifted_at.is_(None))))


def suppressions(tx: Transaction, limit: int = 200) -> list[Suppression]:
    """Newest first; those that stand before those that were lifted."""
    order = (t.suppression.c.lifted_at.is_not(None), t.suppression.c.made_at.desc(), t.suppression.c.id.desc())
    return list(tx.session.scalars(select(Suppression).order_by(*order).limit(limit)))


def forget_traces(tx: Transaction, subscriber: Subscriber, recipients: Sequence[str]) -> None:
    """Of what came to these addresses of ours, and of what servers said of her copies, no words are left."""
    blank = {"raw": b"", "sender": "", "author": "", "subject": "", "message_id": "", "authentication": ""}
    for start in range(0, len(recipients), MOST_AT_ONCE):
        some = recipients[start : start + MOST_AT_ONCE]
        tx.session.execute(update(t.inbound_message).where(t.inbound_message.c.recipient.in_(some)).values(blank))
    said = update(t.issue_copy).where(
        t.issue_copy.c.issue_id.in_(select(t.issue.c.id)), t.issue_copy.c.subscriber_id == subscriber.id
    )
    tx.session.execute(said.values(server_said=""))
