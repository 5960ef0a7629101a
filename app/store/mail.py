"""Queries about deliveries and inbound messages, and the claim that makes a delivery one worker's own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.errors import NonceSpent
from app.domain.mail import (
    ALARMS,
    Delivery,
    DeliveryKind,
    DeliveryState,
    InboundMessage,
    InboundState,
    Once,
    Reason,
)
from app.domain.people import Expert
from app.domain.question import Assignment, Question
from app.store import tables as t
from app.store.base import AS_STORED, Transaction


def delivery_by_id(tx: Transaction, delivery_id: int) -> Delivery | None:
    return tx.session.get(Delivery, delivery_id)


def delivery_for(tx: Transaction, occasion: str) -> Delivery | None:
    return tx.session.scalar(select(Delivery).where(t.delivery.c.occasion == occasion))


def delivery_by_message_id(tx: Transaction, message_id: str) -> Delivery | None:
    return tx.session.scalar(select(Delivery).where(t.delivery.c.message_id == message_id))


def deliveries_by_message_ids(tx: Transaction, message_ids: Sequence[str]) -> list[Delivery]:
    """Mails of ours under these Message-IDs, in the order of the ids."""
    found = tx.session.scalars(select(Delivery).where(t.delivery.c.message_id.in_(message_ids))).all()
    return sorted(found, key=lambda delivery: message_ids.index(delivery.message_id))


def asked_since(tx: Transaction, address: str, since: datetime) -> int:
    """How often this address was asked whether a mail is hers."""
    query = (
        select(func.count())
        .select_from(t.delivery)
        .where(t.delivery.c.kind == DeliveryKind.WAS_IT_YOU, t.delivery.c.made_at > since)
        .where(func.lower(t.delivery.c.address) == address.lower())
    )
    return tx.session.scalar(query) or 0


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


def take_in(tx: Transaction, message: InboundMessage) -> int | None:
    """The id of the new row; None where the same bytes to the same recipient are stored already.

    Past the mapper, which takes three times as long: a door does nothing else all day.
    """
    values = {name: getattr(message, name) for name in _TAKEN_IN}
    connection = tx.session.connection()
    new_id: int | None = connection.scalar(_TAKE_IN[connection.dialect.name], {"version": 1, **values})
    if new_id is not None:
        facts = [{"at": e.at, "name": e.name, "actor": e.actor, "detail": e.detail} for e in message.events]
        connection.execute(_NOTE, [{**fact, "inbound_message_id": new_id} for fact in facts])
    return new_id


_TAKE_IN = {
    name: kind.insert(t.inbound_message).on_conflict_do_nothing().returning(t.inbound_message.c.id)
    for name, kind in (("postgresql", postgresql), ("sqlite", sqlite))
}
_NOTE = insert(t.event)
_TAKEN_IN = tuple(column.name for column in t.inbound_message.c if column.name not in ("id", "version", "delivery_id"))


def inbound_id_by_digest(tx: Transaction, digest: str, recipient: str) -> int | None:
    query = select(t.inbound_message.c.id).where(
        t.inbound_message.c.digest == digest, t.inbound_message.c.recipient == recipient
    )
    return tx.session.scalar(query)


def spend(tx: Transaction, once: Once, at: datetime) -> bool:
    """Whether the nonce was still good. Raises NonceSpent where it was spent on something else."""
    query = select(t.nonce.c.content).where(t.nonce.c.door == once.door, t.nonce.c.nonce == once.nonce)
    known = tx.session.scalar(query)
    if known is None:
        values = {"door": once.door, "nonce": once.nonce, "content": once.content, "spent_at": at}
        tx.session.execute(insert(t.nonce).values(values))
    elif known != once.content:
        raise NonceSpent("the nonce was spent on something else")
    return known is None


def earlier_with_message_id(tx: Transaction, message: InboundMessage) -> list[InboundMessage]:
    """Mails to the same address under the same Message-ID that were looked at before."""
    query = select(InboundMessage).where(
        t.inbound_message.c.message_id == message.message_id,
        t.inbound_message.c.recipient == message.recipient,
        t.inbound_message.c.id != message.id,
        t.inbound_message.c.state.in_((InboundState.ACCEPTED, InboundState.HELD)),
    )
    return list(tx.session.scalars(query.order_by(t.inbound_message.c.id), execution_options=AS_STORED))


def earlier_answers(
    tx: Transaction, expert: Expert, *, before: int, most: int, largest: int
) -> list[tuple[bytes, bytes | None]]:
    """The last mails of an expert that became answers, each with the mail of ours that it answers; newest first.

    `before` is the row that they are older than, `largest` how many octets each may have.
    """
    inbound, sent = t.inbound_message, t.delivery
    query = (
        select(inbound.c.raw, sent.c.raw)
        .join(sent, inbound.c.delivery_id == sent.c.id)
        .join(t.assignment, sent.c.assignment_id == t.assignment.c.id)
        .where(t.assignment.c.expert_id == expert.id, inbound.c.id < before, func.length(inbound.c.raw) <= largest)
        .where(inbound.c.state == InboundState.ACCEPTED, inbound.c.reason != Reason.ATTACHED)
        .where(exists().where(t.revision.c.inbound_id == inbound.c.id))
        .order_by(inbound.c.id.desc())
        .limit(most)
    )
    return [(raw, ours) for raw, ours in tx.session.execute(query)]


def was_seen_elsewhere(tx: Transaction, message: InboundMessage) -> bool:
    """Whether the same mail came to another reply address of ours: the same words, and Message-ID or Date."""
    if not message.words_digest or message.delivery is None:
        return False
    same = [column == value for column, value in _marks(message) if value]
    if not same:
        return False
    query = select(t.inbound_message.c.id).where(
        t.inbound_message.c.words_digest == message.words_digest,
        or_(*same),
        t.inbound_message.c.delivery_id.is_not(None),
        t.inbound_message.c.delivery_id != message.delivery.id,
        t.inbound_message.c.id != message.id,
    )
    return tx.session.scalar(query.limit(1), execution_options=AS_STORED) is not None


def _marks(message: InboundMessage) -> list[tuple[Any, str]]:
    return [(t.inbound_message.c.message_id, message.message_id), (t.inbound_message.c.dated, message.dated)]


def count_guesses(tx: Transaction, since: datetime) -> int:
    """Mails to reply addresses that were never made, and calls that were refused for too many of them."""
    query = (
        select(func.count())
        .select_from(t.inbound_message)
        .where(t.inbound_message.c.received_at > since, t.inbound_message.c.delivery_id.is_(None))
        .where(t.inbound_message.c.reason.in_((Reason.UNKNOWN_TOKEN, Reason.MISTYPED_TOKEN, Reason.GUESSING)))
    )
    return tx.session.scalar(query) or 0


def refused_guesses_since(tx: Transaction, since: datetime) -> bool:
    query = select(t.inbound_message.c.id).where(
        t.inbound_message.c.received_at > since, t.inbound_message.c.reason == Reason.GUESSING
    )
    return tx.session.scalar(query.limit(1)) is not None


@dataclass(frozen=True)
class TakenUp:
    """What reading a mail needs of its row."""

    raw: bytes
    sender: str
    recipient: str
    attempts: int  # this one included


def take_up(tx: Transaction, inbound_id: int, at: datetime, *, again_before: datetime) -> TakenUp | None:
    """Claim a received mail for reading; None where another worker took it up a moment ago."""
    row = t.inbound_message.c
    query = (
        update(t.inbound_message)
        .where(
            row.id == inbound_id,
            row.state == InboundState.RECEIVED,
            row.taken_up_at.is_(None) | (row.taken_up_at < again_before),
        )
        .values(taken_up_at=at, attempts=row.attempts + 1)
        .returning(row.raw, row.sender, row.recipient, row.attempts)
    )
    taken = tx.session.connection().execute(query).one_or_none()
    return TakenUp(*taken) if taken else None


def waiting_inbound(tx: Transaction, before: datetime, limit: int = 500) -> Sequence[int]:
    query = (
        select(t.inbound_message.c.id)
        .where(t.inbound_message.c.state == InboundState.RECEIVED, t.inbound_message.c.received_at <= before)
        .order_by(t.inbound_message.c.id)
        .limit(limit)
    )
    return tx.session.scalars(query).all()


def inbound_in_state(tx: Transaction, *states: InboundState, limit: int = 200) -> list[InboundMessage]:
    """Alarms first, then those that answer a mail of ours, newest first."""
    query = select(InboundMessage).where(t.inbound_message.c.state.in_(states))
    alarms = case((t.inbound_message.c.reason.in_(ALARMS), 0), else_=1)
    order = (alarms, t.inbound_message.c.delivery_id.is_(None), t.inbound_message.c.id.desc())
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
