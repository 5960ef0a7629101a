"""Up to where a subscriber has had the letters, where that is not simply the last issue of her frequency."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from app.domain.digest import Issue, IssueState
from app.domain.mail import DeliveryState
from app.domain.subscription import Frequency, Subscriber, SubscriptionState
from app.store import tables as t
from app.store.base import Transaction

_AT_ONCE = 500
_ISSUE, _COPY, _SUBSCRIBER = t.issue.c, t.issue_copy.c, t.subscriber.c
_LOST = (DeliveryState.SUPPRESSED, DeliveryState.FAILED)
_GOES_OUT = _ISSUE.state.in_((IssueState.SENDING, IssueState.SENT))
_IS_FROZEN = and_(_ISSUE.frozen_at.is_not(None), _ISSUE.state != IssueState.CANCELLED)


def reached(tx: Transaction, subscriber: Subscriber, *, pauses: bool) -> datetime | None:
    """Up to when the issues of her frequency go that she got, or gets, or that had nothing for her.

    A copy that has not been sent when she pauses is not sent at all.
    """
    hers = and_(_COPY.issue_id == _ISSUE.id, _COPY.subscriber_id == subscriber.id)
    lost: ColumnElement[bool] = _COPY.state.in_(_LOST)
    if pauses:
        claimed = and_(_COPY.state == DeliveryState.SENDING, _COPY.begun_at.is_(None))
        lost = or_(lost, _COPY.state == DeliveryState.QUEUED, claimed)
    being_frozen = and_(_IS_FROZEN, exists().where(hers, ~lost))
    query = (
        select(_ISSUE.until)
        .where(_ISSUE.frequency == subscriber.frequency, or_(_GOES_OUT & ~exists().where(hers, lost), being_frozen))
        .order_by(_ISSUE.until.desc())
        .limit(1)
    )
    return tx.session.scalar(query)


def had_beyond(
    tx: Transaction, subscriber_ids: Collection[int], after: datetime, *, but: int | None = None
) -> dict[int, datetime]:
    """Up to when issues went that these subscribers have copies of, where that is after this; `but` for one issue."""
    query = select(_ISSUE.id, _ISSUE.until).where(_IS_FROZEN, _ISSUE.until > after)
    until = {row.id: row.until for row in tx.session.execute(query) if row.id != but}
    found: dict[int, datetime] = {}
    ids = list(subscriber_ids)
    for start in range(0, len(ids) if until else 0, _AT_ONCE):
        _learn(tx, ids[start : start + _AT_ONCE], until, found)
    return found


def _learn(tx: Transaction, ids: Sequence[int], until: Mapping[int, datetime], found: dict[int, datetime]) -> None:
    query = select(_COPY.subscriber_id, _COPY.issue_id).where(
        _COPY.issue_id.in_(list(until)), _COPY.subscriber_id.in_(ids), _COPY.state.not_in(_LOST)
    )
    for subscriber_id, issue_id in tx.session.execute(query):
        found[subscriber_id] = max(found.get(subscriber_id, until[issue_id]), until[issue_id])


def covered(tx: Transaction, frequency: Frequency) -> datetime | None:
    """Up to when all issues of this frequency go that are out."""
    query = select(func.max(_ISSUE.until)).where(_ISSUE.frequency == frequency, _GOES_OUT)
    found: datetime | None = tx.session.scalar(query)
    return found


def not_left_out(frequency: Frequency) -> Any:
    """Whether no editor took a letter out of the issue of this frequency that it would have stood in."""
    item = t.issue_item.c
    stands = exists().where(item.issue_id == _ISSUE.id, item.question_id == t.question.c.id)
    stands = stands.correlate(t.issue, t.question)
    printed_at = t.question.c.published_at
    would_stand = and_(_GOES_OUT, _ISSUE.frequency == frequency, _ISSUE.since < printed_at, _ISSUE.until >= printed_at)
    return ~exists().where(would_stand, ~stands)


def forget(tx: Transaction, issue: Issue, today: date) -> None:
    """From this issue on they go along with the others: all who had chosen its frequency when it was frozen."""
    caught_up = update(t.subscriber).where(
        _SUBSCRIBER.had_until.is_not(None),
        _SUBSCRIBER.state == SubscriptionState.CONFIRMED,
        _SUBSCRIBER.frequency == issue.frequency,
        _SUBSCRIBER.changed_at <= issue.frozen_at,
        or_(_SUBSCRIBER.paused_until.is_(None), _SUBSCRIBER.paused_until <= today),
    )
    tx.session.execute(caught_up.values(had_until=None, changed_at=None, version=_SUBSCRIBER.version + 1))
