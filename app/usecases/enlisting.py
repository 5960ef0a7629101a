"""Import and export of subscribers. An import says whose consent it has; it never brings back who left."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice

from app.domain.column import Column
from app.domain.roster import BadLine, Line, LineProblem, inert
from app.domain.subscription import Frequency, SubscriptionState
from app.mail.address import BadAddress, address_of
from app.store import people, roster
from app.store.base import Transaction
from app.store.roster import Listed
from app.usecases import suppressing
from app.usecases.asking import find_topic
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

AT_ONCE = 1000  # lines in one transaction
MOST_TOLD = 1000  # bad lines that are told one by one


@dataclass(frozen=True)
class Consent:
    """For lines that do not say themselves whose list they are from, and since when."""

    source: str = ""
    on: date | None = None


@dataclass(frozen=True)
class ToldLine:
    """A line that was not taken, and why; `word` is what stands there."""

    number: int
    problem: LineProblem
    word: str


@dataclass
class Enlisted:
    """What became of the lines."""

    new: int = 0
    known: int = 0
    left: int = 0  # unsubscribed before, and stay so
    suppressed: int = 0
    twice: int = 0  # stood in the file before
    bad: int = 0
    told: list[ToldLine] = field(default_factory=list)


def enlist(
    mailbag: Mailbag,
    lines: Iterable[Line],
    consent: Consent,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Enlisted:
    """Put these people on the list, at once: their consent was given elsewhere, and is recorded with its source.

    Safe to repeat. Whoever is known stays as she is; whoever left or is suppressed stays off. `progress` is called
    with the number of the last line that is committed.
    """
    report = Enlisted()
    reader = _Reader(mailbag, consent)
    source, seen = iter(lines), set[str]()
    while batch := list(islice(source, AT_ONCE)):
        wanted = [listed for line in batch if (listed := _read(reader, line, report, seen)) is not None]
        _store(mailbag, wanted, report, dry_run=dry_run)
        progress(batch[-1].number)
    return report


def _read(reader: "_Reader", line: Line, report: Enlisted, seen: set[str]) -> Listed | None:
    try:
        listed = reader.read(line)
    except BadLine as error:
        report.bad += 1
        if len(report.told) < MOST_TOLD:
            report.told.append(ToldLine(line.number, error.problem, error.word))
        return None
    if listed.address in seen:
        report.twice += 1
        return None
    seen.add(listed.address)
    return listed


class _Reader:
    """Reads lines against what the column has."""

    def __init__(self, mailbag: Mailbag, consent: Consent) -> None:
        self._consent, self._column = consent, mailbag.column
        self._today = mailbag.column.day(mailbag.clock())
        with mailbag.database.read() as tx:
            self._topics = people.topics(tx)
        self._known: dict[str, int] = {}

    def read(self, line: Line) -> Listed:
        """Raises BadLine."""
        try:
            address = address_of(line.address())
        except BadAddress as error:
            raise BadLine(LineProblem.BAD_ADDRESS, line.address()) from error
        day = line.consented_on(self._consent.on, self._today)
        return Listed(
            address=address,
            frequency=line.frequency(),
            topic_ids=tuple(self._topic(name) for name in line.topics()),
            consent_source=line.source(self._consent.source),
            confirmed_at=_noon(self._column, day),
        )

    def _topic(self, name: str) -> int:
        if name not in self._known:
            found = find_topic(self._column, name, self._topics)
            if found is None or found.id is None:
                raise BadLine(LineProblem.UNKNOWN_TOPIC, name)
            self._known[name] = found.id
        return self._known[name]


def _noon(column: Column, day: date) -> datetime:
    """So that it is the same day wherever it is read."""
    return datetime.combine(day, time(12), column.time_zone).astimezone(UTC)


@retried(3)  # somebody subscribes by the form at the same time
def _store(mailbag: Mailbag, wanted: list[Listed], report: Enlisted, *, dry_run: bool) -> None:
    reading = mailbag.database.read if dry_run else mailbag.database.write
    with reading() as tx:
        known = roster.states(tx, [listed.address for listed in wanted])
        closed = suppressing.suppressed_among(mailbag, tx, [listed.address for listed in wanted])
        new = [listed for listed in wanted if listed.address not in known and listed.address not in closed]
        if not dry_run:
            roster.put_on(tx, new, at=mailbag.clock(), consent_version=mailbag.column.consent_version)
    left = {address for address, state in known.items() if state is SubscriptionState.UNSUBSCRIBED}
    report.new += len(new)
    report.suppressed += len(closed)
    report.left += len(left - closed)
    report.known += len(known.keys() - left - closed)


def export(mailbag: Mailbag, *, everybody: bool) -> Iterator[dict[str, str]]:
    """Subscribers as lines of a CSV file: those who get the digest, or all. What forms only asked for is left out."""
    after = 0
    while True:
        with mailbag.database.read() as tx:
            found = roster.some(tx, after=after, limit=AT_ONCE, everybody=everybody)
        if not found:
            return
        for after, line in found:  # noqa: B007 - the last one is where the next thousand begin
            yield {name: inert(cell) for name, cell in line.items()}


def count(mailbag: Mailbag) -> tuple[dict[SubscriptionState, int], dict[Frequency, int], int]:
    """By state; of those who get the digest, by frequency; and how many addresses are suppressed."""
    with mailbag.database.read() as tx:
        return _count(tx)


def _count(tx: Transaction) -> tuple[dict[SubscriptionState, int], dict[Frequency, int], int]:
    return roster.count_by_state(tx), roster.count_by_frequency(tx), roster.count_suppressed(tx)
