"""What readers see: published questions only, by date, topic, expert and address, always by keyset."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, extract, func, select
from sqlalchemy.orm import joinedload, selectinload, undefer

from app.domain.letter import slug
from app.domain.people import Expert, Topic
from app.domain.question import Answer, Question, QuestionState
from app.store import tables as t
from app.store.base import Transaction

MOST_PLACES = 50_000  # in one part of a sitemap
_QUESTION: Any = Question  # the mapper adds what the type checker cannot see
_ANSWER: Any = Answer
_EXPERT: Any = Expert
_PUBLISHED = (t.question.c.state == QuestionState.PUBLISHED) & t.question.c.follows_id.is_(None)  # has a page
_LAST_PRINTED = func.max(t.revision.c.published_at)
_WITH_ALL = (
    joinedload(_QUESTION.topic),
    joinedload(_QUESTION.answer).selectinload(_ANSWER.revisions),
    joinedload(_QUESTION.answer).joinedload(_ANSWER.expert),
    selectinload(_QUESTION.follow_ups),
    selectinload(_QUESTION.follows),
)


@dataclass(frozen=True)
class Page:
    """Some questions, newest first, and where the next older ones begin."""

    questions: list[Question]
    older: str | None  # "2014-01-11.37": the last one's date and id


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included: a year, a month, a day."""

    first: date
    last: date


def newest(
    tx: Transaction,
    *,
    size: int,
    before: str | None = None,
    topic: Topic | None = None,
    expert: Expert | None = None,
    span: Span | None = None,
) -> Page:
    query = newest_first(_whole(), before).limit(size + 1)
    if topic is not None:
        query = query.where(t.question.c.topic_id == topic.id)
    if expert is not None:
        query = query.join(t.answer, t.answer.c.question_id == t.question.c.id)
        query = query.where(t.answer.c.expert_id == expert.id)
    if span is not None:
        query = query.where(t.question.c.published_on.between(span.first, span.last))
    found = list(tx.session.scalars(query).unique())
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{last.published_on}.{last.id}" if last else None)


def _whole() -> Select[Any]:
    """Published questions with all that a list shows of them."""
    return select(Question).where(_PUBLISHED).options(*_WITH_ALL)


def newest_first(query: Select[Any], before: str | None) -> Select[Any]:
    """In the order of the archive, from a place on; a place that nobody gave out is the beginning."""
    query = query.order_by(t.question.c.published_on.desc(), t.question.c.id.desc())
    if (place := _place(before)) is None:
        return query
    day, row_id = place
    return query.where(
        (t.question.c.published_on < day) | ((t.question.c.published_on == day) & (t.question.c.id < row_id))
    )


def _place(text: str | None) -> tuple[date, int] | None:
    day, _, row_id = (text or "").partition(".")
    try:
        place = date.fromisoformat(day), int(row_id)
    except ValueError:
        return None
    return place if 0 <= place[1] < 2**31 else None


def by_ids(tx: Transaction, ids: list[int]) -> list[Question]:
    """These, in this order, where they are published."""
    found = {q.id: q for q in tx.session.scalars(_whole().where(t.question.c.id.in_(ids))).unique()}
    return [found[row_id] for row_id in ids if row_id in found]


def parts_by_ids(tx: Transaction, ids: list[int]) -> list[Question]:
    """Letters and follow-ups, in this order, where they are published; with the letter that one follows."""
    query = select(Question).where(t.question.c.state == QuestionState.PUBLISHED, t.question.c.id.in_(ids))
    query = query.options(*_WITH_ALL)
    found = {q.id: q for q in tx.session.scalars(query).unique()}
    return [found[row_id] for row_id in ids if row_id in found]


def published(tx: Transaction, public_id: str) -> Question | None:
    query = _whole().where(t.question.c.public_id == public_id)
    return tx.session.scalars(query).unique().one_or_none()


def page_of_follow_up(tx: Transaction, public_id: str) -> Question | None:
    """The letter on whose page a follow-up is printed."""
    page = select(t.question.c.follows_id).where(
        t.question.c.public_id == public_id, t.question.c.state == QuestionState.PUBLISHED
    )
    query = _whole().where(t.question.c.id == page.scalar_subquery())
    return tx.session.scalars(query).unique().one_or_none()


def withdrawn(tx: Transaction, public_id: str) -> Question | None:
    """A question that had a page; of it nothing but that and the reason is shown."""
    is_gone = (t.question.c.state == QuestionState.WITHDRAWN) & t.question.c.follows_id.is_(None)
    query = select(Question).where(t.question.c.public_id == public_id, is_gone)
    return tx.session.scalar(query)


def once_printed(tx: Transaction, *states: QuestionState, size: int = 200) -> Iterator[Question]:
    """Every letter that has a page, or had one until it was withdrawn: as they came, a few at a time in memory.

    What its asker wrote later comes with it, as `follow_ups`.
    """
    last = 0
    states = states or (QuestionState.PUBLISHED, QuestionState.WITHDRAWN)
    query = select(Question).where(t.question.c.state.in_(states), t.question.c.published_on.is_not(None))
    query = query.where(t.question.c.follows_id.is_(None))
    while True:
        some = query.where(t.question.c.id > last).order_by(t.question.c.id).limit(size)
        found = list(tx.session.scalars(some.options(*_WITH_ALL, selectinload(_QUESTION.photos))).unique())
        if not found:
            return
        yield from found
        last = found[-1].id or 0
        tx.session.expunge_all()


def count(tx: Transaction) -> int:
    return tx.session.scalar(select(func.count()).where(_PUBLISHED)) or 0


def topics_with_counts(tx: Transaction) -> list[tuple[Topic, int]]:
    """Topics that have letters, most letters first."""
    number = func.count(t.question.c.id)
    query = (
        select(Topic, number)
        .join(t.question, t.question.c.topic_id == t.topic.c.id)
        .where(_PUBLISHED)
        .group_by(t.topic.c.id, t.topic.c.name, t.topic.c.slug)
        .order_by(number.desc(), t.topic.c.name)
    )
    return [(found, total) for found, total in tx.session.execute(query)]


def experts(tx: Transaction) -> dict[str, Expert]:
    """Experts whose answers are printed, by the word for them in addresses.

    Of two who share one, the later has a number behind hers.
    """
    answers = select(t.question.c.id).join(t.answer, t.answer.c.question_id == t.question.c.id)
    has_letters = answers.where(t.answer.c.expert_id == t.expert.c.id, _PUBLISHED).exists()
    found: dict[str, Expert] = {}
    for expert in tx.session.scalars(select(Expert).where(has_letters).order_by(t.expert.c.id)):
        wanted = slug(expert.public_name)
        numbered = (wanted, *(f"{wanted}-{n}" for n in range(2, len(found) + 3)))
        found[next(s for s in numbered if s not in found)] = expert
    return found


def all_printed_experts(tx: Transaction) -> list[Expert]:
    """Also those of follow-ups alone, who have no page; as they came, with their portraits."""
    answers = select(t.answer.c.expert_id).join(t.question, t.question.c.id == t.answer.c.question_id)
    printed = answers.where(t.question.c.state == QuestionState.PUBLISHED)
    query = select(Expert).where(t.expert.c.id.in_(printed)).order_by(t.expert.c.id)
    return list(tx.session.scalars(query.options(undefer(_EXPERT.portrait))))


def letters_by_expert(tx: Transaction) -> dict[int, int]:
    """How many letters each expert, by id, has answered."""
    query = select(t.answer.c.expert_id, func.count()).join(t.question, t.question.c.id == t.answer.c.question_id)
    return {row[0]: row[1] for row in tx.session.execute(query.where(_PUBLISHED).group_by(t.answer.c.expert_id))}


def months_with_counts(tx: Transaction) -> list[tuple[int, int, int]]:
    """Year, month, how many letters: of the months that have any, newest first."""
    year, month = extract("year", t.question.c.published_on), extract("month", t.question.c.published_on)
    query = select(year, month, func.count()).where(_PUBLISHED).group_by(year, month)
    return sorted(((int(y), int(m), n) for y, m, n in tx.session.execute(query)), reverse=True)


def places(tx: Transaction, span: Span) -> list[tuple[str, datetime]]:
    """The path of each letter of a span, and when anything on its page was last changed."""
    in_span = t.question.c.published_on.between(span.first, span.last)
    query = (
        select(t.question.c.id, t.question.c.public_id, t.question.c.slug, t.question.c.published_on, _LAST_PRINTED)
        .join(t.answer, t.answer.c.question_id == t.question.c.id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where(_PUBLISHED, in_span)
        .group_by(t.question.c.id, t.question.c.public_id, t.question.c.slug, t.question.c.published_on)
        .order_by(t.question.c.published_on, t.question.c.id)
        .limit(MOST_PLACES)
    )
    later = _changes_of_follow_ups(tx)
    rows = tx.session.execute(query)
    return [(f"/{day:%Y/%m/%d}/{words}-{name}", max(at, later.get(key, at))) for key, name, words, day, at in rows]


def _changes_of_follow_ups(tx: Transaction) -> dict[int, datetime]:
    """By the id of the letter that they follow; apart, since they are few, and joined to all letters they take long."""
    query = (
        select(t.question.c.follows_id, _LAST_PRINTED)
        .join(t.answer, t.answer.c.question_id == t.question.c.id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where(t.question.c.follows_id.is_not(None), t.question.c.state == QuestionState.PUBLISHED)
        .group_by(t.question.c.follows_id)
    )
    return {row[0]: row[1] for row in tx.session.execute(query)}
