"""The ledger of an issue's copies as it is worked off: claimed in batches, begun, settled, taken back.

Past the mapper, because it is one commit for a handful of mails. Every change of a row names its owner, so that a
worker who was thought dead and is not finds that nothing is its own any more.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, true, update

from app.domain.mail import DeliveryState
from app.domain.subscription import SubscriptionState
from app.store import tables as t
from app.store.base import Rows, Transaction
from app.store.batch import BatchTable, as_batch

_COPY = t.issue_copy.c
_SUBSCRIBER = t.subscriber.c
# as words of the statement, not as its parameters: else no index of the queued alone can be used for it
_QUEUED = _COPY.state == literal_column(f"'{DeliveryState.QUEUED}'")
_SENDING = _COPY.state == literal_column(f"'{DeliveryState.SENDING}'")


class Claimed(NamedTuple):
    """One copy that is this worker's to send. `attempts` includes the one to come."""

    id: int
    subscriber_id: int
    variant_id: int
    message_key: str
    address: str
    attempts: int

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


class Outcome(NamedTuple):
    """What a row becomes. `due_at`: of one that is queued again."""

    copy_id: int
    state: DeliveryState
    server_said: str
    due_at: datetime | None = None


_batch = BatchTable()
_IS_OF_BATCH = _COPY.id.in_(select(_batch.number(0)))
# not by its state, which is "sending" for as long as it has an owner: that would have PostgreSQL look through all such
_IS_MINE = _COPY.owner == bindparam("owner_is")

_CLAIMABLE = (
    select(
        *(_COPY.id, _COPY.subscriber_id, _COPY.variant_id, _COPY.message_key),
        *(func.coalesce(_SUBSCRIBER.address, ""), _COPY.attempts + 1),
    )
    .outerjoin(t.subscriber, _SUBSCRIBER.id == _COPY.subscriber_id)
    .where(_COPY.issue_id == bindparam("issue"), _QUEUED, _COPY.due_at <= bindparam("at"))
    .order_by(_COPY.due_at, _COPY.id)
    .limit(bindparam("most"))
    # SQLite, which has one writer at a time, knows nothing of it
    .with_for_update(of=t.issue_copy, skip_locked=True)
)
_CLAIM = (
    update(t.issue_copy)
    .where(_IS_OF_BATCH)
    .values(
        state=DeliveryState.SENDING,
        owner=bindparam("owner_is"),
        claimed_at=bindparam("at"),
        begun_at=None,
        attempts=_COPY.attempts + 1,
    )
)


def claim(tx: Transaction | Rows, issue_id: int, owner: str, *, at: datetime, most: int) -> list[Claimed]:
    """The next due copies, now this owner's. Of any number of workers each gets others."""
    rows = tx.session.execute(_CLAIMABLE, {"issue": issue_id, "at": at, "most": most}).all()
    claimed = sorted(map(Claimed._make, rows))
    if claimed:
        tx.session.execute(_CLAIM, {"batch": as_batch((copy.id,) for copy in claimed), "owner_is": owner, "at": at})
    return claimed


_SUPPRESSION = t.suppression.c
# each by its key, one by one: as EXISTS, PostgreSQL likes to begin with all subscribers
_IS_RUNNING = select(t.issue.c.paused_at.is_(None)).where(t.issue.c.id == _COPY.issue_id).scalar_subquery()
_IS_WANTED = (
    select(
        and_(
            _SUBSCRIBER.state == SubscriptionState.CONFIRMED,
            or_(_SUBSCRIBER.paused_until.is_(None), _SUBSCRIBER.paused_until <= bindparam("today")),
        )
    )
    .where(_SUBSCRIBER.id == _COPY.subscriber_id)
    .scalar_subquery()
)
_LIFTED = select(_SUPPRESSION.lifted_at.is_not(None)).where(_SUPPRESSION.digest == _batch.text(1)).scalar_subquery()
_BEGIN = (
    update(t.issue_copy)
    .where(_COPY.id == _batch.number(0), _IS_MINE, _IS_RUNNING, _IS_WANTED, func.coalesce(_LIFTED, true()))
    .values(begun_at=bindparam("at"))
    .returning(_COPY.id)
)


def begin(tx: Transaction | Rows, digests: Mapping[int, str], owner: str, *, at: datetime, today: date) -> set[int]:
    """Mark that the content of these copies goes out next, each with the hash that would suppress its address.

    Only those whose subscriber still wants it, while the issue is not paused; which these are.
    """
    values = {"batch": as_batch(digests.items()), "owner_is": owner, "at": at, "today": today}
    return set(tx.session.scalars(_BEGIN, values).all())


_SETTLE_SENT = (
    update(t.issue_copy)
    .where(_COPY.id == _batch.number(0), _IS_MINE)
    .values(state=DeliveryState.SENT, server_said=_batch.text(1), sent_at=bindparam("at"), owner=None)
)
_SETTLE_OTHER = (
    update(t.issue_copy)
    .where(_COPY.id == bindparam("row_id"), _IS_MINE)
    .values(
        state=bindparam("new_state"),
        server_said=bindparam("said"),
        due_at=func.coalesce(bindparam("due", type_=_COPY.due_at.type), _COPY.due_at),
        owner=None,
    )
)


def settle(tx: Transaction | Rows, outcomes: Sequence[Outcome], owner: str, *, at: datetime) -> None:
    """What became of copies. A row that somebody else settled meanwhile, by a bounce for instance, stays so."""
    sent = [(o.copy_id, o.server_said) for o in outcomes if o.state is DeliveryState.SENT]
    if sent:
        tx.session.execute(_SETTLE_SENT, {"batch": as_batch(sent), "owner_is": owner, "at": at})
    others = [
        {"row_id": o.copy_id, "owner_is": owner, "new_state": o.state, "said": o.server_said, "due": o.due_at}
        for o in outcomes
        if o.state is not DeliveryState.SENT
    ]
    if others:
        tx.session.execute(_SETTLE_OTHER, others)


_SUPPRESSED = select(_SUPPRESSION.digest).where(
    _SUPPRESSION.digest.in_(bindparam("digests", expanding=True)), _SUPPRESSION.lifted_at.is_(None)
)


def suppressed(tx: Transaction | Rows, digests: Collection[str]) -> set[str]:
    """Those of these addresses, by their hash, that must not be written to."""
    return set(tx.session.scalars(_SUPPRESSED, {"digests": list(digests)}))


def unwanted(tx: Transaction | Rows, copy_ids: Collection[int], owner: str, today: date) -> set[int]:
    """Of the claimed ones, those whose subscriber left, paused or was erased since."""
    query = (
        select(_COPY.id)
        .outerjoin(t.subscriber, _SUBSCRIBER.id == _COPY.subscriber_id)
        .where(_COPY.id.in_(copy_ids), _COPY.owner == owner)
        .where(
            or_(
                _SUBSCRIBER.id.is_(None),
                _SUBSCRIBER.state != SubscriptionState.CONFIRMED,
                _SUBSCRIBER.paused_until > today,
            )
        )
    )
    return set(tx.session.scalars(query))


_GIVEN_BACK = {"state": DeliveryState.QUEUED, "owner": None, "attempts": _COPY.attempts - 1}


def release(tx: Transaction | Rows, owner: str, copy_ids: Sequence[int]) -> None:
    """Give back what was claimed and not begun."""
    if copy_ids:
        mine = update(t.issue_copy).where(_COPY.id.in_(copy_ids), _COPY.owner == owner)
        tx.session.execute(mine.values(_GIVEN_BACK))


_PUT_OFF = (
    update(t.issue_copy)
    .where(_COPY.id == bindparam("row_id"), _IS_MINE)
    .values({**_GIVEN_BACK, "due_at": bindparam("due", type_=_COPY.due_at.type)})
)


def put_off(tx: Transaction | Rows, owner: str, due: Sequence[tuple[int, datetime]]) -> None:
    """Give back what was claimed and not begun, each to be claimed again at a time of its own."""
    if due:
        tx.session.execute(_PUT_OFF, [{"row_id": row_id, "owner_is": owner, "due": at} for row_id, at in due])


def take_back(tx: Transaction, issue_id: int, *, before: datetime, at: datetime) -> tuple[int, int]:
    """Queue again what dead workers had claimed before; how many, and how many of them were begun.

    A begun one may have arrived. It is sent again nevertheless, the same octets under the same Message-ID: of
    a digest a second copy is better than none. Who had one connection open leaves one such row.
    """
    stale = (
        _COPY.issue_id == issue_id,
        _SENDING,
        _COPY.claimed_at < before,
        or_(_COPY.begun_at.is_(None), _COPY.begun_at < before),
    )
    begun = (*stale, _COPY.begun_at.is_not(None))
    doubtful = (
        update(t.issue_copy)
        .where(*begun)
        .values(
            state=DeliveryState.QUEUED, owner=None, due_at=at, server_said="the worker stopped while it was sending"
        )
    )
    untouched = (
        update(t.issue_copy).where(*stale).values(state=DeliveryState.QUEUED, owner=None, attempts=_COPY.attempts - 1)
    )
    number: int = tx.session.execute(doubtful).rowcount  # type: ignore[attr-defined]
    rest: int = tx.session.execute(untouched).rowcount  # type: ignore[attr-defined]
    return number + rest, number


def owners(tx: Transaction, issue_id: int, *, since: datetime) -> set[str]:
    """Who is at it: claimed or began something a moment ago."""
    query = (
        select(_COPY.owner)
        .where(_COPY.issue_id == issue_id, _SENDING, or_(_COPY.claimed_at >= since, _COPY.begun_at >= since))
        .distinct()
    )
    return {owner for owner in tx.session.scalars(query) if owner}


def next_due(tx: Transaction | Rows, issue_id: int) -> datetime | None:
    """When the first of the queued copies may be claimed; None: none is queued."""
    query = select(_COPY.due_at).where(_COPY.issue_id == issue_id, _QUEUED).order_by(_COPY.due_at).limit(1)
    found: datetime | None = tx.session.scalar(query)
    return found


def is_open(tx: Transaction, issue_id: int) -> bool:
    """Whether any copy is still to be settled."""
    for state in (_QUEUED, _SENDING):
        if tx.session.scalar(select(_COPY.id).where(_COPY.issue_id == issue_id, state).limit(1)) is not None:
            return True
    return False


def states(tx: Transaction, issue_id: int, since: datetime) -> tuple[dict[DeliveryState, int], int]:
    """How many copies are in each state, and how many were sent since then. Looks at every row."""
    lately = func.sum(case((_COPY.sent_at >= since, 1), else_=0))
    query = select(_COPY.state, func.count(), lately).where(_COPY.issue_id == issue_id).group_by(_COPY.state)
    rows = [(state, number, recent) for state, number, recent in tx.session.execute(query)]
    return {state: number for state, number, _ in rows}, sum(recent or 0 for _, _, recent in rows)
