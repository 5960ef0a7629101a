"""Queries about deliveries and inbound messages, and the claim that makes a delivery one worker's own."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from app.domain.mail import Delivery, DeliveryKind, DeliveryState, InboundMessage, InboundState
from app.domain.question import Assignment, Question
from app.store import tables as t
from app.store.base import Transaction


def delivery_by_id(tx: Transaction, delivery_id: int) -> Delivery | None:
    return tx.session.get(Delivery, delivery_id)


def delivery_for(tx: Transaction, occasion: str) -> Delivery | None:
    return tx.session.scalar(select(Delivery).where(t.delivery.c.occasion == occasion))


def delivery_with_message_id(tx: Transaction, message_id: str) -> Delivery | None:
    return tx.session.scalar(select(Delivery).where(t.delivery.c.message_id == message_id)) if message_id else None


def count_to(tx: Transaction, address: str, kinds: Collection[DeliveryKind], since: datetime) -> int:
    """How many mails of these kinds were queued for an address."""
    query = select(func.count()).where(
        t.delivery.c.address == address, t.delivery.c.made_at > since, t.delivery.c.kind.in_(kinds)
    )
    return tx.session.scalar(query) or 0


def claim(tx: Transaction, delivery_id: int, at: datetime) -> Delivery | None:
    """Lock a queued, due delivery for this transaction, or None where somebody else has it.

    The conditional update is the claim: of any number of workers it matches for one. The caller advances it.
    """
    query = (
        update(t.delivery)
        .where(
            t.delivery.c.id == delivery_id,
            t.delivery.c.state == DeliveryState.QUEUED,
            t.delivery.c.due_at <= at,
        )
        .values(claimed_at=at, attempts=t.delivery.c.attempts + 1)
    )
    # rowcount: PostgreSQL checks the condition again once the first worker's commit lets the second one in
    if tx.session.execute(query).rowcount != 1:  # type: ignore[attr-defined]
        return None
    return tx.session.get(Delivery, delivery_id, populate_existing=True)


def deliveries_about(tx: Transaction, question: Question) -> list[Delivery]:
    return list(tx.session.scalars(select(Delivery).where(t.delivery.c.question_id == question.id)))


def due_deliveries(tx: Transaction, at: datetime, limit: int = 500) -> Sequence[int]:
    query = (
        select(t.delivery.c.id)
        .where(t.delivery.c.state == DeliveryState.QUEUED, t.delivery.c.due_at <= at)
        .order_by(t.delivery.c.due_at)
        .limit(limit)
    )
    return tx.session.scalars(query).all()


def stuck_deliveries(tx: Transaction, before: datetime) -> list[Delivery]:
    """Claimed long ago and never settled: the worker died, or the other server's answer was lost."""
    query = select(Delivery).where(
        t.delivery.c.state == DeliveryState.SENDING,
        t.delivery.c.claimed_at < before,
        t.delivery.c.is_doubtful.is_(False),
    )
    return list(tx.session.scalars(query.order_by(t.delivery.c.id).limit(500)))


def troubled_deliveries(tx: Transaction) -> list[Delivery]:
    """What the desk shows: failed, bounced, or doubtful."""
    bad = (DeliveryState.FAILED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED)
    query = select(Delivery).where(
        t.delivery.c.state.in_(bad) | t.delivery.c.is_doubtful.is_(True), t.delivery.c.put_away_at.is_(None)
    )
    return list(tx.session.scalars(query.order_by(t.delivery.c.id.desc()).limit(200)))


def inbound_by_id(tx: Transaction, inbound_id: int) -> InboundMessage | None:
    return tx.session.get(InboundMessage, inbound_id)


def inbound_by_digest(tx: Transaction, digest: str, recipient: str) -> InboundMessage | None:
    query = select(InboundMessage).where(
        t.inbound_message.c.digest == digest, t.inbound_message.c.recipient == recipient
    )
    return tx.session.scalar(query)


def earlier_with_message_id(tx: Transaction, message: InboundMessage) -> list[InboundMessage]:
    """Mails to the same address under the same Message-ID that were looked at before."""
    query = select(InboundMessage).where(
        t.inbound_message.c.message_id == message.message_id,
        t.inbound_message.c.recipient == message.recipient,
        t.inbound_message.c.id != message.id,
        t.inbound_message.c.state.in_((InboundState.ACCEPTED, InboundState.HELD)),
    )
    return list(tx.session.scalars(query.order_by(t.inbound_message.c.id)))


def take_up(tx: Transaction, inbound_id: int, at: datetime, *, again_before: datetime) -> bool:
    """Claim a received mail for reading, unless another worker took it up a moment ago."""
    query = (
        update(t.inbound_message)
        .where(
            t.inbound_message.c.id == inbound_id,
            t.inbound_message.c.state == InboundState.RECEIVED,
            t.inbound_message.c.taken_up_at.is_(None) | (t.inbound_message.c.taken_up_at < again_before),
        )
        .values(taken_up_at=at, attempts=t.inbound_message.c.attempts + 1)
    )
    return tx.session.execute(query).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def waiting_inbound(tx: Transaction, before: datetime, limit: int = 500) -> Sequence[int]:
    query = (
        select(t.inbound_message.c.id)
        .where(t.inbound_message.c.state == InboundState.RECEIVED, t.inbound_message.c.received_at <= before)
        .order_by(t.inbound_message.c.id)
        .limit(limit)
    )
    return tx.session.scalars(query).all()


def inbound_in_state(tx: Transaction, *states: InboundState, limit: int = 200) -> list[InboundMessage]:
    """Those that answer a mail of ours first, newest first."""
    query = select(InboundMessage).where(t.inbound_message.c.state.in_(states))
    order = (t.inbound_message.c.delivery_id.is_(None), t.inbound_message.c.id.desc())
    return list(tx.session.scalars(query.order_by(*order).limit(limit)))


def left_unread(tx: Transaction, before: datetime) -> list[InboundMessage]:
    """Received long ago and still not decided: the worker is down, or dies of them."""
    query = select(InboundMessage).where(
        t.inbound_message.c.state == InboundState.RECEIVED, t.inbound_message.c.received_at < before
    )
    return list(tx.session.scalars(query.order_by(t.inbound_message.c.id).limit(200)))


def count_inbound(tx: Transaction, *states: InboundState) -> int:
    return tx.session.scalar(select(func.count()).where(t.inbound_message.c.state.in_(states))) or 0


def deliveries_of(tx: Transaction, assignment: Assignment) -> list[Delivery]:
    return list(tx.session.scalars(select(Delivery).where(t.delivery.c.assignment_id == assignment.id)))
