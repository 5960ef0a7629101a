"""Freeze an issue: its audience becomes one row a subscriber, and from then on it is sent."""

from secrets import token_hex
from typing import Any

from app import jobs
from app.domain.digest import Issue, IssueState
from app.domain.errors import ForbiddenTransition
from app.domain.event import Action, advance
from app.store import audience, digest, subscribers
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag
from app.usecases.suppressing import digests_of

_AT_ONCE = 20_000  # subscribers in one transaction: the database stays open to others in between


def freeze(mailbag: Mailbag, issue_id: int) -> None:
    """Fix who gets it and what, then start. Goes on where a run that died has left off; safe to run twice.

    Raises NotFound, and ForbiddenTransition for what is no draft. One with no letter left that is still printed is
    cancelled.
    """
    issue = _begin(mailbag, issue_id)
    if issue is None:
        return
    audience_of = _Audience(mailbag, issue)
    last = 0
    while True:
        with mailbag.database.write() as tx:
            span = audience.next_span(tx, last, _AT_ONCE)
            if span is None:
                break
            last = span[1]
            audience_of.add(tx, span)
    _leave_out_suppressed(mailbag, issue_id)
    _start(mailbag, issue_id)


def _begin(mailbag: Mailbag, issue_id: int) -> Issue | None:
    """From here on the draft cannot be changed: `frozen_at` is the Date of every copy."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        if issue.state is not IssueState.DRAFT:
            raise ForbiddenTransition(issue.NOUN, issue.state, Action.FREEZE)
        if not audience.items(tx, issue):
            advance(issue, Action.CANCEL, at=now, actor="mailbag", detail="nothing in it is printed any more")
            return None
        issue.frozen_at = issue.frozen_at or now.replace(microsecond=0)
        return issue


class _Audience:
    """Who gets this issue, span by span of subscribers, and with which letters."""

    def __init__(self, mailbag: Mailbag, issue: Issue) -> None:
        assert issue.id is not None
        self._issue, self._issue_id = issue, issue.id
        self._today = mailbag.column.day(mailbag.clock())
        self._variants: dict[tuple[int, ...], int] = {}
        with mailbag.database.read() as tx:
            self._items = audience.items(tx, issue)
            self._besides = audience.overlapping(tx, issue)
        self._corrected = {item.letter_id for item in self._items if not item.is_new}

    def add(self, tx: Transaction, span: tuple[int, int]) -> None:
        new = tuple(item.question_id for item in self._items if item.is_new)
        apart: dict[str, Any] = {"today": self._today, "besides": self._besides, "corrected": self._corrected}
        if new:
            audience.add_all(tx, self._issue, self._variant(tx, new), span, **apart)
        rows = []
        for chooser in audience.choosers(tx, self._issue, span, **apart):
            wanted = tuple(item.question_id for item in self._items if chooser.wants(item))
            if wanted:
                rows.append((chooser.id, self._variant(tx, wanted), token_hex(16)))
        audience.add_some(tx, self._issue, rows)

    def _variant(self, tx: Transaction, question_ids: tuple[int, ...]) -> int:
        """Known by its letters; another run's, where there are two at it."""
        if question_ids not in self._variants:
            self._variants[question_ids] = audience.variant_for(tx, self._issue_id, question_ids)
        return self._variants[question_ids]


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


def _start(mailbag: Mailbag, issue_id: int) -> None:
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        if issue.state is not IssueState.DRAFT:
            return  # another run was as fast
        issue.size = audience.size(tx, issue_id)
        advance(issue, Action.FREEZE, at=now, actor="mailbag", detail=f"{issue.size} copies")
        for _ in range(mailbag.digest.workers):
            tx.ring(jobs.SEND_ISSUE, issue_id)
