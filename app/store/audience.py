"""Who gets an issue, and which letters of it: the ledger's rows as they are made. Set by set, never one by one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, String, cast, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.bounce import BounceReason
from app.domain.digest import Issue, IssueState
from app.domain.mail import DeliveryState
from app.domain.question import QuestionState
from app.domain.subscription import Frequency, SubscriptionState
from app.store import tables as t
from app.store.base import Transaction

_SUBSCRIBER = t.subscriber.c
_COPY = t.issue_copy.c
_LAST_PRINTED = (
    select(func.max(t.revision.c.published_at)).where(t.revision.c.answer_id == t.answer.c.id).scalar_subquery()
)


@dataclass(frozen=True)
class Item:
    """What decides whether a subscriber gets a letter of an issue, or a follow-up to one.

    What is not new was corrected, and is for those who chose the letter alone.
    """

    question_id: int
    letter_id: int  # whose page it is on
    topic_id: int
    expert_id: int | None
    printed_at: datetime
    is_new: bool


@dataclass
class Chooser:
    """A subscriber who gets not simply all letters: some topics, or he had some of them in another issue."""

    id: int
    takes_all: bool
    had_until: datetime | None = None
    topics: set[int] = field(default_factory=set)
    experts: set[int] = field(default_factory=set)
    questions: set[int] = field(default_factory=set)

    def wants(self, item: Item) -> bool:
        if self.had_until is not None and item.printed_at <= self.had_until:
            return False
        if item.letter_id in self.questions:
            return True
        return item.is_new and (self.takes_all or item.topic_id in self.topics or item.expert_id in self.experts)


def items(tx: Transaction, issue: Issue) -> list[Item]:
    """In the order of the issue; what was withdrawn since is not among them."""
    question = t.question.c
    letter_id = func.coalesce(question.follows_id, question.id)
    query = (
        select(question.id, letter_id, question.topic_id, t.answer.c.expert_id, question.published_at, _LAST_PRINTED)
        .join(t.issue_item, t.issue_item.c.question_id == question.id)
        .join(t.answer, t.answer.c.question_id == question.id)
        .where(t.issue_item.c.issue_id == issue.id, question.state == QuestionState.PUBLISHED)
        .order_by(t.issue_item.c.position)
    )
    found = []
    for row_id, letter, topic, expert, published_at, last_at in tx.session.execute(query):
        is_new = published_at > issue.since
        found.append(Item(row_id, letter, topic, expert, published_at if is_new else last_at, is_new))
    return found


def is_anybody(tx: Transaction, frequency: Frequency) -> bool:
    query = select(_SUBSCRIBER.id).where(*_confirmed(frequency)).limit(1)
    return tx.session.scalar(query) is not None


def _confirmed(frequency: Frequency) -> tuple[Any, ...]:
    return _SUBSCRIBER.state == SubscriptionState.CONFIRMED, _SUBSCRIBER.frequency == frequency


def _gets_mail(frequency: Frequency, today: date) -> tuple[Any, ...]:
    return *_confirmed(frequency), or_(_SUBSCRIBER.paused_until.is_(None), _SUBSCRIBER.paused_until <= today)


def next_span(tx: Transaction, after: int, size: int) -> tuple[int, int] | None:
    """The ids of the next subscribers, whoever they are: first and last."""
    some = select(_SUBSCRIBER.id).where(_SUBSCRIBER.id > after).order_by(_SUBSCRIBER.id).limit(size).subquery()
    first, last = tx.session.execute(select(func.min(some.c.id), func.max(some.c.id))).one()
    return None if first is None else (first, last)


def overlapping(tx: Transaction, issue: Issue) -> dict[int, datetime]:
    """Issues of other frequencies that had letters of this one's time, and up to when: who got both had them."""
    query = select(t.issue.c.id, t.issue.c.until).where(
        t.issue.c.until > issue.since,
        t.issue.c.id != issue.id,
        t.issue.c.state.in_((IssueState.SENDING, IssueState.SENT)),
    )
    return {row.id: row.until for row in tx.session.execute(query)}


def add_all(
    tx: Transaction,
    issue: Issue,
    variant_id: int,
    span: tuple[int, int],
    *,
    today: date,
    besides: Iterable[int],
    corrected: Collection[int],
) -> None:
    """A row for each in this span who takes all letters, got none of the issues `besides`, chose none `corrected`."""
    postgres = _is_postgresql(tx)
    uuid = cast(func.gen_random_uuid(), String)
    key: Any = func.replace(uuid, "-", "") if postgres else func.lower(func.hex(func.randomblob(16)))
    rows: Select[Any] = select(
        literal(issue.id),
        _SUBSCRIBER.id,
        literal(variant_id),
        key,
        literal(DeliveryState.QUEUED.value),
        literal(0),
        literal(issue.frozen_at, t.UtcDateTime()),
        literal(""),
        literal(BounceReason.NONE.value),
    ).where(*_gets_mail(issue.frequency, today), _SUBSCRIBER.takes_all, _SUBSCRIBER.id.between(*span))
    others = list(besides)
    if others:
        rows = rows.where(~_had_one_of(others))
    if corrected:
        rows = rows.where(~_chose_one_of(corrected))
    names = ["issue_id", "subscriber_id", "variant_id", "message_key", "state", "attempts", "due_at"]
    into = _insert(tx).from_select([*names, "server_said", "bounce_reason"], rows)
    tx.session.execute(into.on_conflict_do_nothing())


def _had_one_of(issue_ids: Sequence[int]) -> Any:
    return exists().where(_COPY.issue_id.in_(issue_ids), _COPY.subscriber_id == _SUBSCRIBER.id)


def _chose_one_of(letter_ids: Collection[int]) -> Any:
    chosen = t.subscriber_question.c
    return exists().where(chosen.question_id.in_(letter_ids), chosen.subscriber_id == _SUBSCRIBER.id)


def choosers(
    tx: Transaction,
    issue: Issue,
    span: tuple[int, int],
    *,
    today: date,
    besides: Mapping[int, datetime],
    corrected: Collection[int],
) -> list[Chooser]:
    """Those in this span whom `add_all` leaves out."""
    chosen = select(_SUBSCRIBER.id, _SUBSCRIBER.takes_all).where(
        *_gets_mail(issue.frequency, today), _SUBSCRIBER.id.between(*span)
    )
    apart = [~_SUBSCRIBER.takes_all]
    if besides:
        apart.append(_had_one_of(list(besides)))
    if corrected:
        apart.append(_chose_one_of(corrected))
    chosen = chosen.where(or_(*apart))
    found = {row_id: Chooser(row_id, takes_all) for row_id, takes_all in tx.session.execute(chosen)}
    if found:
        _learn(tx, found, span)
        _learn_had(tx, found, span, besides)
    return list(found.values())


def _learn(tx: Transaction, found: Mapping[int, Chooser], span: tuple[int, int]) -> None:
    for table, column, name in (
        (t.subscriber_topic, t.subscriber_topic.c.topic_id, "topics"),
        (t.subscriber_expert, t.subscriber_expert.c.expert_id, "experts"),
        (t.subscriber_question, t.subscriber_question.c.question_id, "questions"),
    ):
        for subscriber_id, row_id in tx.session.execute(
            select(table.c.subscriber_id, column).where(table.c.subscriber_id.between(*span))
        ):
            if subscriber_id in found:
                getattr(found[subscriber_id], name).add(row_id)


def _learn_had(
    tx: Transaction, found: Mapping[int, Chooser], span: tuple[int, int], besides: Mapping[int, datetime]
) -> None:
    if not besides:
        return
    query = select(_COPY.subscriber_id, _COPY.issue_id).where(
        _COPY.issue_id.in_(list(besides)),
        _COPY.subscriber_id.between(*span),
        _COPY.state.not_in((DeliveryState.SUPPRESSED, DeliveryState.FAILED)),
    )
    for subscriber_id, issue_id in tx.session.execute(query):
        if subscriber_id in found:
            had = found[subscriber_id].had_until
            found[subscriber_id].had_until = max(had or besides[issue_id], besides[issue_id])


def add_some(tx: Transaction, issue: Issue, rows: Sequence[tuple[int, int, str]]) -> None:
    """Rows of (subscriber, variant, message key); who has one already keeps it."""
    common = {
        "issue_id": issue.id,
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "due_at": issue.frozen_at,
        "server_said": "",
        "bounce_reason": BounceReason.NONE,
    }
    values = [
        {**common, "subscriber_id": subscriber, "variant_id": variant, "message_key": key}
        for subscriber, variant, key in rows
    ]
    if values:
        tx.session.execute(_insert(tx).on_conflict_do_nothing(), values)


def variant_for(tx: Transaction, issue_id: int, question_ids: Iterable[int]) -> int:
    """The id of the variant with these letters, made where there is none."""
    table = t.issue_variant
    selection = " ".join(map(str, question_ids))
    known = select(table.c.id).where(table.c.issue_id == issue_id, table.c.selection == selection)
    found: int | None = tx.session.scalar(known)
    if found is None:
        new = insert(table).values(issue_id=issue_id, selection=selection).returning(table.c.id)
        found = tx.session.execute(new).scalar_one()
    return found


def addresses(tx: Transaction, issue_id: int, after: int, size: int) -> list[tuple[int, int, str]]:
    """Copy, subscriber and address of the next queued copies, by subscriber."""
    query = (
        select(_COPY.id, _COPY.subscriber_id, _SUBSCRIBER.address)
        .join(t.subscriber, _SUBSCRIBER.id == _COPY.subscriber_id)
        .where(_COPY.issue_id == issue_id, _COPY.subscriber_id > after)
        .order_by(_COPY.subscriber_id)
        .limit(size)
    )
    return [(copy_id, subscriber_id, address) for copy_id, subscriber_id, address in tx.session.execute(query)]


def suppress(tx: Transaction, copy_ids: Sequence[int], why: str) -> None:
    query = update(t.issue_copy).where(_COPY.id.in_(copy_ids), _COPY.state == DeliveryState.QUEUED)
    tx.session.execute(query.values(state=DeliveryState.SUPPRESSED, server_said=why))


def size(tx: Transaction, issue_id: int) -> int:
    return tx.session.scalar(select(func.count()).where(_COPY.issue_id == issue_id)) or 0


def _is_postgresql(tx: Transaction) -> bool:
    return tx.session.get_bind().dialect.name == "postgresql"


def _insert(tx: Transaction) -> Any:
    return (postgresql.insert if _is_postgresql(tx) else sqlite.insert)(t.issue_copy)
