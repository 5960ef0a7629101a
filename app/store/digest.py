"""Queries about issues, their letters, and single copies. The ledger as a whole is in `ledger.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import joinedload, selectinload

from app.domain.digest import Issue, IssueCopy, IssueState, Variant
from app.domain.errors import NotFound
from app.domain.mail import DeliveryState
from app.domain.question import Question, QuestionState
from app.domain.subscription import Frequency, Subscriber, SubscriptionState
from app.store import tables as t
from app.store.base import Transaction

_COPY: Any = IssueCopy
_QUESTION: Any = Question
_SUBSCRIBER: Any = Subscriber


def issue_by_id(tx: Transaction, issue_id: int) -> Issue | None:
    return tx.session.get(Issue, issue_id)


def the_issue(tx: Transaction, issue_id: int) -> Issue:
    """Raises NotFound."""
    issue = issue_by_id(tx, issue_id)
    if issue is None:
        raise NotFound("no such issue")
    return issue


def issue_of(tx: Transaction, frequency: Frequency, period: str) -> Issue | None:
    query = select(Issue).where(t.issue.c.frequency == frequency, t.issue.c.period == period)
    return tx.session.scalar(query)


def issue_numbered(tx: Transaction, frequency: Frequency, number: int) -> Issue | None:
    query = select(Issue).where(t.issue.c.frequency == frequency, t.issue.c.number == number)
    return tx.session.scalar(query)


def issues(
    tx: Transaction,
    *states: IssueState,
    frequency: Frequency | None = None,
    limit: int = 100,
    before: int | None = None,
) -> list[Issue]:
    """Newest first; of all states where none is named. `before` is the id of the last one seen."""
    query = select(Issue).order_by(t.issue.c.id.desc()).limit(limit)
    if states:
        query = query.where(t.issue.c.state.in_(states))
    if frequency is not None:
        query = query.where(t.issue.c.frequency == frequency)
    if before is not None:
        query = query.where(t.issue.c.id < before)
    return list(tx.session.scalars(query))


def next_number(tx: Transaction, frequency: Frequency) -> int:
    return (tx.session.scalar(select(func.max(t.issue.c.number)).where(t.issue.c.frequency == frequency)) or 0) + 1


def covered_until(tx: Transaction, frequency: Frequency) -> datetime | None:
    """Up to when issues have had the letters: the next one begins there. A cancelled one has had none."""
    of_frequency = t.issue.c.frequency == frequency
    cancelled = t.issue.c.state == IssueState.CANCELLED
    found = tx.session.scalar(select(func.max(t.issue.c.until)).where(of_frequency, ~cancelled))
    if found is None:
        found = tx.session.scalar(select(func.min(t.issue.c.since)).where(of_frequency, cancelled))
    return cast("datetime | None", found)


def following_draft(tx: Transaction, issue: Issue) -> Issue | None:
    """The draft of the same frequency that begins where this one ends, if it can be changed still."""
    query = select(Issue).where(
        t.issue.c.frequency == issue.frequency,
        t.issue.c.state == IssueState.DRAFT,
        t.issue.c.frozen_at.is_(None),
        t.issue.c.since == issue.until,
    )
    return tx.session.scalar(query)


def is_last(tx: Transaction, issue: Issue) -> bool:
    """Whether the next issue of its frequency is still to be drafted."""
    later = t.issue.c.until > issue.until, t.issue.c.state != IssueState.CANCELLED
    query = select(t.issue.c.id).where(t.issue.c.frequency == issue.frequency, *later).limit(1)
    return tx.session.scalar(query) is None


def published_between(tx: Transaction, frequency: Frequency, since: datetime, until: datetime) -> list[Question]:
    """What became public in this time, newest first: letters, and what their askers wrote later. `since` is not in it.

    Behind them stands what was corrected in a letter that a subscriber of this frequency has chosen.
    """
    printed = select(Question).where(t.question.c.state == QuestionState.PUBLISHED)
    printed = printed.order_by(t.question.c.published_at.desc(), t.question.c.id.desc())
    printed = printed.options(joinedload(_QUESTION.follows))
    new = printed.where(t.question.c.published_at > since, t.question.c.published_at <= until)
    corrected = (
        select(t.answer.c.question_id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where(t.revision.c.published_at > since, t.revision.c.published_at <= until)
    )
    letter_id = func.coalesce(t.question.c.follows_id, t.question.c.id)
    old = printed.where(
        t.question.c.published_at <= since,
        t.question.c.id.in_(corrected),
        letter_id.in_(_chosen_letters(frequency)),
    )
    return [*tx.session.scalars(new), *tx.session.scalars(old)]


def _chosen_letters(frequency: Frequency) -> Select[Any]:
    return (
        select(t.subscriber_question.c.question_id)
        .join(t.subscriber, t.subscriber.c.id == t.subscriber_question.c.subscriber_id)
        .where(t.subscriber.c.state == SubscriptionState.CONFIRMED, t.subscriber.c.frequency == frequency)
    )


def set_items(tx: Transaction, issue: Issue, question_ids: Sequence[int]) -> None:
    """The letters of an issue, in this order."""
    tx.session.execute(delete(t.issue_item).where(t.issue_item.c.issue_id == issue.id))
    rows = [{"issue_id": issue.id, "question_id": row_id, "position": n} for n, row_id in enumerate(question_ids)]
    if rows:
        tx.session.execute(insert(t.issue_item), rows)
    tx.session.expire(issue, ["items"])


def copy_by_id(tx: Transaction, copy_id: int) -> IssueCopy | None:
    return tx.session.get(IssueCopy, copy_id)


def copies_of(tx: Transaction, subscriber_id: int) -> list[IssueCopy]:
    """What one subscriber was sent, newest first. By issue, because the ledger is indexed so."""
    query = (
        select(IssueCopy)
        .where(t.issue_copy.c.issue_id.in_(select(t.issue.c.id)), t.issue_copy.c.subscriber_id == subscriber_id)
        .order_by(t.issue_copy.c.id.desc())
        .options(joinedload(_COPY.issue))
    )
    return list(tx.session.scalars(query))


def copies_in_state(
    tx: Transaction, issue_id: int, states: Collection[DeliveryState], limit: int = 200
) -> list[IssueCopy]:
    query = select(IssueCopy).where(t.issue_copy.c.issue_id == issue_id, t.issue_copy.c.state.in_(states))
    return list(tx.session.scalars(query.order_by(t.issue_copy.c.id).limit(limit)))


def subscriber_at(tx: Transaction, address: str) -> Subscriber:
    """With what it chose, to be used afterwards. Raises NotFound."""
    return _subscriber(tx, func.lower(t.subscriber.c.address) == address.lower())


def subscriber_numbered(tx: Transaction, subscriber_id: int) -> Subscriber:
    """As `subscriber_at`. Raises NotFound, also where she is forgotten."""
    return _subscriber(tx, t.subscriber.c.id == subscriber_id, t.subscriber.c.left_because != "erased")


def _subscriber(tx: Transaction, *which: Any) -> Subscriber:
    chosen = (selectinload(_SUBSCRIBER.topics), selectinload(_SUBSCRIBER.experts), selectinload(_SUBSCRIBER.questions))
    found = tx.session.scalar(select(Subscriber).where(*which).options(*chosen))
    if found is None:
        raise NotFound("no such subscriber")
    return found


def variant_locked(tx: Transaction, variant_id: int) -> Variant:
    """For whoever renders it: the second one waits and finds it rendered."""
    query = select(Variant).where(t.issue_variant.c.id == variant_id).with_for_update()
    return tx.session.scalars(query).one()


def due_issues(tx: Transaction, at: datetime) -> Sequence[int]:
    """Drafts that go out by themselves now, or whose freezing was interrupted; and all that are being sent."""
    draft = (t.issue.c.state == IssueState.DRAFT) & ((t.issue.c.sends_at <= at) | t.issue.c.frozen_at.is_not(None))
    sending = (t.issue.c.state == IssueState.SENDING) & t.issue.c.paused_at.is_(None)
    return tx.session.scalars(select(t.issue.c.id).where(draft | sending).order_by(t.issue.c.id)).all()
