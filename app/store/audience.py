"""Who gets an issue, and which letters of it: the ledger's rows as they are made. Set by set, never one by one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, String, cast, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.bounce import BounceReason
from app.domain.digest import Issue
from app.domain.mail import DeliveryState
from app.domain.question import QuestionState
from app.domain.subscription import Frequency, SubscriptionState
from app.store import tables as t
from app.store.base import Transaction
from app.store.places import had_beyond, not_left_out

_SUBSCRIBER = t.subscriber.c
_COPY = t.issue_copy.c
_LAST_PRINTED = (
    select(func.max(t.revision.c.published_at)).where(t.revision.c.answer_id == t.answer.c.id).scalar_subquery()
)

_ITEMS: Select[Any] = (
    select(
        *(t.question.c.id, func.coalesce(t.question.c.follows_id, t.question.c.id), t.question.c.topic_id),
        *(t.answer.c.expert_id, t.question.c.published_at, _LAST_PRINTED),
    )
    .join(t.answer, t.answer.c.question_id == t.question.c.id)
    .where(t.question.c.state == QuestionState.PUBLISHED)
)


@dataclass(frozen=True)
class Item:
    """What decides whether a subscriber gets a letter of an issue, or a follow-up to one."""

    question_id: int
    letter_id: int  # whose page it is on
    topic_id: int
    expert_id: int | None
    published_at: datetime
    printed_at: datetime  # as it stands now: later where it was corrected


@dataclass
class Chooser:
    """A subscriber who gets not simply all letters: some topics, or the issue does not begin for him where he is."""

    id: int
    takes_all: bool
    after: datetime  # what was printed up to then he has had
    topics: set[int] = field(default_factory=set)
    experts: set[int] = field(default_factory=set)
    questions: set[int] = field(default_factory=set)

    def wants(self, item: Item) -> bool:
        """What is not new to him, and was corrected, is for those who chose the letter alone."""
        if item.letter_id in self.questions:
            return item.printed_at > self.after
        is_his = self.takes_all or item.topic_id in self.topics or item.expert_id in self.experts
        return is_his and item.published_at > self.after


def items(tx: Transaction, issue: Issue) -> list[Item]:
    """In the order of the issue; what was withdrawn since is not among them."""
    of_issue = _ITEMS.join(t.issue_item, t.issue_item.c.question_id == t.question.c.id)
    of_issue = of_issue.where(t.issue_item.c.issue_id == issue.id).order_by(t.issue_item.c.position)
    return _found(tx, of_issue)


def earlier(tx: Transaction, issue: Issue, after: datetime) -> list[Item]:
    """What was printed or corrected after this and before the issue begins, for those who have not had it."""
    question = t.question.c
    standing = select(t.issue_item.c.question_id).where(t.issue_item.c.issue_id == issue.id)
    query = _ITEMS.where(
        question.published_at <= issue.since,
        or_(question.published_at > after, after < _LAST_PRINTED),
        question.id.not_in(standing),
        not_left_out(issue.frequency),
    )
    return _found(tx, query.order_by(question.published_at.desc(), question.id.desc()))


def _found(tx: Transaction, query: Select[Any]) -> list[Item]:
    found = []
    for row_id, letter, topic, expert, published_at, last_at in tx.session.execute(query):
        found.append(Item(row_id, letter, topic, expert, published_at, max(published_at, last_at or published_at)))
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


def add_all(
    tx: Transaction,
    issue: Issue,
    variant_id: int,
    span: tuple[int, int],
    *,
    today: date,
    corrected: Collection[int],
) -> None:
    """A row for each in this span who takes all letters, goes along with the others, and chose none `corrected`."""
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
    ).where(*_gets_mail(issue.frequency, today), _SUBSCRIBER.id.between(*span))
    rows = rows.where(_SUBSCRIBER.takes_all, _SUBSCRIBER.had_until.is_(None))
    if corrected:
        rows = rows.where(~_chose_one_of(corrected))
    names = ["issue_id", "subscriber_id", "variant_id", "message_key", "state", "attempts", "due_at"]
    into = _insert(tx).from_select([*names, "server_said", "bounce_reason"], rows)
    tx.session.execute(into.on_conflict_do_nothing())


def _chose_one_of(letter_ids: Collection[int]) -> Any:
    chosen = t.subscriber_question.c
    return exists().where(chosen.question_id.in_(letter_ids), chosen.subscriber_id == _SUBSCRIBER.id)


def choosers(
    tx: Transaction,
    issue: Issue,
    span: tuple[int, int],
    *,
    today: date,
    corrected: Collection[int],
) -> list[Chooser]:
    """Those in this span whom `add_all` leaves out."""
    chosen = select(_SUBSCRIBER.id, _SUBSCRIBER.takes_all, _SUBSCRIBER.had_until).where(
        *_gets_mail(issue.frequency, today), _SUBSCRIBER.id.between(*span)
    )
    apart = [~_SUBSCRIBER.takes_all, _SUBSCRIBER.had_until.is_not(None)]
    if corrected:
        apart.append(_chose_one_of(corrected))
    rows = tx.session.execute(chosen.where(or_(*apart))).all()
    found = {row.id: Chooser(row.id, row.takes_all, row.had_until or issue.since) for row in rows}
    if found:
        _learn(tx, found, span)
    if noted := {row.id: row.had_until for row in rows if row.had_until is not None}:
        for row_id, until in had_beyond(tx, noted, min(noted.values()), but=issue.id).items():
            found[row_id].after = max(found[row_id].after, until)
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
