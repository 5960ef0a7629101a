"""What readers see: published questions only, by date, topic and address, always by keyset."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.domain.people import Topic
from app.domain.question import Answer, Question, QuestionState
from app.store import tables as t
from app.store.base import Transaction

_QUESTION: Any = Question  # the mapper adds what the type checker cannot see
_ANSWER: Any = Answer


@dataclass(frozen=True)
class Page:
    """Some questions, newest first, and where the next older ones begin."""

    questions: list[Question]
    older: str | None  # "2014-01-11.37": the last one's date and id


def newest(tx: Transaction, *, size: int, before: str | None = None, topic: Topic | None = None) -> Page:
    query = (
        select(Question)
        .where(t.question.c.state == QuestionState.PUBLISHED)
        .options(
            joinedload(_QUESTION.topic),
            joinedload(_QUESTION.answer).selectinload(_ANSWER.revisions),
            joinedload(_QUESTION.answer).joinedload(_ANSWER.expert),
        )
        .order_by(t.question.c.published_on.desc(), t.question.c.id.desc())
        .limit(size + 1)
    )
    if topic is not None:
        query = query.where(t.question.c.topic_id == topic.id)
    if (place := _place(before)) is not None:
        day, row_id = place
        query = query.where(
            (t.question.c.published_on < day) | ((t.question.c.published_on == day) & (t.question.c.id < row_id))
        )
    found = list(tx.session.scalars(query).unique())
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{last.published_on}.{last.id}" if last else None)


def _place(text: str | None) -> tuple[date, int] | None:
    day, _, row_id = (text or "").partition(".")
    try:
        place = date.fromisoformat(day), int(row_id)
    except ValueError:
        return None
    return place if place[1] < 2**31 else None


def published(tx: Transaction, public_id: str) -> Question | None:
    query = (
        select(Question)
        .where(t.question.c.public_id == public_id, t.question.c.state == QuestionState.PUBLISHED)
        .options(joinedload(_QUESTION.answer).options(selectinload(_ANSWER.revisions), joinedload(_ANSWER.expert)))
    )
    return tx.session.scalar(query)


def count(tx: Transaction) -> int:
    return tx.session.scalar(select(func.count()).where(t.question.c.state == QuestionState.PUBLISHED)) or 0


def topics_with_counts(tx: Transaction) -> list[tuple[Topic, int]]:
    """Topics that have letters, most letters first."""
    number = func.count(t.question.c.id)
    query = (
        select(Topic, number)
        .join(t.question, t.question.c.topic_id == t.topic.c.id)
        .where(t.question.c.state == QuestionState.PUBLISHED)
        .group_by(t.topic.c.id, t.topic.c.name, t.topic.c.slug)
        .order_by(number.desc(), t.topic.c.name)
    )
    return [(found, total) for found, total in tx.session.execute(query)]
