"""Queries about questions, for the use cases and the desk."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.domain.event import Event
from app.domain.question import Question, QuestionState
from app.store import tables as t
from app.store.base import Transaction


def by_id(tx: Transaction, question_id: int) -> Question | None:
    return tx.session.get(Question, question_id)


def by_form_key(tx: Transaction, form_key: str) -> Question | None:
    return tx.session.scalar(select(Question).where(t.question.c.form_key == form_key))


def by_public_id(tx: Transaction, public_id: str) -> Question | None:
    return tx.session.scalar(select(Question).where(t.question.c.public_id == public_id))


def by_fingerprint(tx: Transaction, fingerprint: str) -> Question | None:
    return tx.session.scalar(select(Question).where(t.question.c.fingerprint == fingerprint))


def in_state(tx: Transaction, *states: QuestionState) -> list[Question]:
    """Oldest first."""
    query = select(Question).where(t.question.c.state.in_(states)).order_by(t.question.c.made_at, t.question.c.id)
    return list(tx.session.scalars(query))


def count_in_state(tx: Transaction, state: QuestionState) -> int:
    return tx.session.scalar(select(func.count()).where(t.question.c.state == state)) or 0


def unconfirmed_since(tx: Transaction, before: datetime, limit: int = 500) -> list[Question]:
    query = select(Question).where(t.question.c.state == QuestionState.UNCONFIRMED, t.question.c.made_at < before)
    return list(tx.session.scalars(query.order_by(t.question.c.id).limit(limit)))


def due_for_publication(tx: Transaction, at: datetime) -> Sequence[int]:
    """Answered questions whose last revision has a hold window that is over, or an editor's approval."""
    last = select(func.max(t.revision.c.number)).where(t.revision.c.answer_id == t.answer.c.id).correlate(t.answer)
    query = (
        select(t.question.c.id)
        .join(t.answer, t.answer.c.question_id == t.question.c.id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where(t.question.c.state == QuestionState.ANSWERED, t.revision.c.number == last.scalar_subquery())
        .where((t.revision.c.hold_until <= at) | t.revision.c.approved_at.is_not(None))
        .order_by(t.question.c.id)
        .limit(500)
    )
    return tx.session.scalars(query).all()


def captured_answers(tx: Transaction) -> Sequence[int]:
    """The questions of which an answer was taken from a mail, oldest first."""
    query = (
        select(t.answer.c.question_id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where(t.revision.c.inbound_id.is_not(None))
        .distinct()
        .order_by(t.answer.c.question_id)
    )
    return tx.session.scalars(query).all()


def history(tx: Transaction, question_id: int) -> list[Event]:
    """What happened to a question, its assignments and its mails, in order."""
    assignments = select(t.assignment.c.id).where(t.assignment.c.question_id == question_id)
    deliveries = select(t.delivery.c.id).where(t.delivery.c.question_id == question_id)
    query = (
        select(Event)
        .where(
            (t.event.c.question_id == question_id)
            | t.event.c.assignment_id.in_(assignments)
            | t.event.c.delivery_id.in_(deliveries)
        )
        .order_by(t.event.c.at, t.event.c.id)
    )
    return list(tx.session.scalars(query))


def unconfirmed_from(tx: Transaction, address: str, since: datetime) -> int:
    """How many letters with this address wait for confirmation."""
    query = (
        select(func.count())
        .select_from(t.question.join(t.asker))
        .where(func.lower(t.asker.c.address) == address.lower())
        .where(t.question.c.state == QuestionState.UNCONFIRMED, t.question.c.made_at > since)
    )
    return tx.session.scalar(query) or 0
