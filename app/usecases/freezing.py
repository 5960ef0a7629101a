"""Freeze an issue: its audience becomes one row a subscriber, and from then on it is sent."""

from secrets import token_hex
from typing import Any

from app import jobs
from app.domain.digest import Issue, IssueState
from app.domain.event import Action, advance
from app.store import audience, digest, places, subscribers
from app.store.base import Transaction
from app.usecases.continuing import Earlier
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried
from app.usecases.suppressing import digests_of

_AT_ONCE = 20_000  # subscribers in one transaction: the database stays open to others in between


def freeze(mailbag: Mailbag, issue_id: int) -> None:
    """Fix who gets it and what, then start. Goes on where a run that died has left off; safe to run twice, at once.

    What is no draft stays as it is; one with no letter left that is still printed is cancelled. Raises NotFound.
    """
    issue = _begin(mailbag, issue_id)
    if issue is None:
        return
    audience_of = _Audience(mailbag, issue)
    while audience_of.add_some():
        pass
    _leave_out_suppressed(mailbag, issue_id)
    _start(mailbag, issue_id)


@retried(3)
def _begin(mailbag: Mailbag, issue_id: int) -> Issue | None:
    """From here on the draft cannot be changed: `frozen_at` is the Date of every copy."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        if issue.state is not IssueState.DRAFT:
            return None
        if not audience.items(tx, issue):
            advance(issue, Action.CANCEL, at=now, actor="mailbag", detail="nothing in it is printed any more")
            return None
        issue.frozen_at = issue.frozen_at or now.replace(microsecond=0)
        return issue


class _Audience:
    """Who gets this issue, span by span of subscribers, and with which letters."""

    def __init__(self, mailbag: Mailbag, issue: Issue) -> None:
        assert issue.id is not None
        self._database, self._issue, self._issue_id = mailbag.database, issue, issue.id
        self._today = mailbag.column.day(mailbag.clock())
        self._variants: dict[tuple[int, ...], int] = {}
        self._last = 0
        with self._database.read() as tx:
            self._items = audience.items(tx, issue)
        self._earlier = Earlier(issue, self._items)
        self._corrected = {item.letter_id for item in self._items if item.published_at <= issue.since}

    @retried(3)  # another run, which makes the same variants
    def add_some(self) -> bool:
        """The next span; whether there was one. None where another run is through already: nobody is added to it."""
        known = dict(self._variants)
        with self._database.write() as tx:
            is_draft = digest.the_issue(tx, self._issue_id).state is IssueState.DRAFT
            span = audience.next_span(tx, self._last, _AT_ONCE) if is_draft else None
            if span is not None:
                self._add(tx, span, known)
        self._variants = known
        self._last = span[1] if span is not None else self._last
        return span is not None

    def _add(self, tx: Transaction, span: tuple[int, int], known: dict[tuple[int, ...], int]) -> None:
        new = tuple(item.question_id for item in self._items if item.published_at > self._issue.since)
        apart: dict[str, Any] = {"today": self._today, "corrected": self._corrected}
        if new:
            audience.add_all(tx, self._issue, self._variant(tx, new, known), span, **apart)
        rows = []
        for chooser in audience.choosers(tx, self._issue, span, **apart):
            wanted = tuple(item.question_id for item in self._earlier.and_new(tx, chooser) if chooser.wants(item))
            if wanted:
                rows.append((chooser.id, self._variant(tx, wanted, known), token_hex(16)))
        audience.add_some(tx, self._issue, rows)

    def _variant(self, tx: Transaction, question_ids: tuple[int, ...], known: dict[tuple[int, ...], int]) -> int:
        """Known by its letters; another run's, where there are two at it."""
        if question_ids not in known:
            known[question_ids] = audience.variant_for(tx, self._issue_id, question_ids)
        return known[question_ids]


def _leave_out_suppressed(mailbag: Mailbag, issue_id: int) -> None:
    """By the hash of each address: a suppression knows no more. Once more before a copy goes out."""
    with mailbag.database.read() as tx:
        suppressed = subscribers.suppressed_digests(tx)
    last = 0
    while suppressed:
        with mailbag.database.write() as tx:
            rows = audience.addresses(tx, issue_id, last, _AT_ONCE)
            if not rows:
                return
            last = rows[-1][1]
            found = [copy_id for copy_id, _, address in rows if not suppressed.isdisjoint(digests_of(mailbag, address))]
            audience.suppress(tx, found, "the address is suppressed")


@retried(3)
def _start(mailbag: Mailbag, issue_id: int) -> None:
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        if issue.state is not IssueState.DRAFT:
            return  # another run was as fast
        places.forget(tx, issue, mailbag.column.day(now))
        issue.size = audience.size(tx, issue_id)
        counted = "one copy" if issue.size == 1 else f"{issue.size} copies"
        advance(issue, Action.FREEZE, at=now, actor="mailbag", detail=counted)
        for _ in range(mailbag.digest.workers):
            tx.ring(jobs.SEND_ISSUE, issue_id)
