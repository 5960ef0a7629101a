"""Send the copies of an issue: for a while, from as many workers as like to, each copy settled before the next.

The order that makes it safe: a copy is claimed (commit), its envelope opened, marked begun (commit), its content
sent, the answer read, settled (the same commit that marks the next one begun). A worker that is killed leaves at
most one begun copy for each connection; all else it had claimed is known not to have gone out.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from app import jobs
from app.domain.digest import Issue, IssueState
from app.domain.errors import Conflict
from app.domain.event import Action, advance
from app.store import digest, ledger
from app.usecases import digesting, freezing, returning
from app.usecases.copying import Copies
from app.usecases.mailbag import Mailbag
from app.usecases.rounds import Rounds

log = logging.getLogger(__name__)

_LATELY = timedelta(seconds=5)  # who has begun nothing for so long is no company
SLICE = 20.0  # seconds of one run: then other jobs of this worker have their turn


def send_issue(mailbag: Mailbag, issue_id: int, *, seconds: float = SLICE) -> None:
    """The job: freeze what is due, send for a while, ring again where copies are left, finish where none are."""
    if mailbag.stopping.is_set():
        return
    issue = _read(mailbag, issue_id)
    if issue is not None and issue.state is IssueState.DRAFT and _is_to_be_frozen(issue, mailbag.clock()):
        freezing.freeze(mailbag, issue_id)
        issue = _read(mailbag, issue_id)
    if issue is None or issue.state is not IssueState.SENDING or issue.is_paused:
        return
    assert issue.frozen_at is not None
    if not _may_join(mailbag, issue_id):
        return
    rounds = Rounds(mailbag, issue_id, Copies(mailbag, issue.frozen_at))
    rounds.work(seconds)
    for outcome in rounds.outcomes.refused:
        returning.note_refusal(mailbag, outcome.copy_id, outcome.server_said)
    with suppress(Conflict):  # another worker ended it at the same moment
        _end(mailbag, issue_id, is_stopped=rounds.is_stopped)


def _read(mailbag: Mailbag, issue_id: int) -> Issue | None:
    with mailbag.database.read() as tx:
        return digest.issue_by_id(tx, issue_id)


def _is_to_be_frozen(issue: Issue, now: datetime) -> bool:
    is_due = issue.sends_at is not None and issue.sends_at <= now and not digesting.is_too_late(issue, now)
    return issue.frozen_at is not None or is_due


def bells(mailbag: Mailbag) -> list[int]:
    """Ids to ring for: of each issue that is due as often as workers are missing."""
    now = mailbag.clock()
    with mailbag.database.read() as tx:
        due = digest.due_issues(tx, now)
        at_it = {row_id: len(ledger.owners(tx, row_id, since=now - _LATELY)) for row_id in due}
    return [row_id for row_id in due for _ in range(mailbag.digest.workers - at_it[row_id])]


def _may_join(mailbag: Mailbag, issue_id: int) -> bool:
    """Take back what the dead had, and see whether enough others are at it."""
    now = mailbag.clock()
    stale = now - mailbag.digest.lease
    with mailbag.database.write() as tx:
        number, doubtful = ledger.take_back(tx, issue_id, before=stale, at=now)
        if number:
            log.warning("issue %s: %s copies of a dead worker, %s of them begun", issue_id, number, doubtful)
        return len(ledger.owners(tx, issue_id, since=now - _LATELY)) < mailbag.digest.workers


def _end(mailbag: Mailbag, issue_id: int, *, is_stopped: bool) -> None:
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        issue = digest.issue_by_id(tx, issue_id)
        if issue is None or issue.state is not IssueState.SENDING:
            return
        if not ledger.is_open(tx, issue_id):
            advance(issue, Action.FINISH, at=now, actor="mailbag")
            issue.sent_at = now
        elif not is_stopped and not issue.is_paused:
            due_at = ledger.next_due(tx, issue_id)
            if due_at is not None and due_at <= now:
                tx.ring(jobs.SEND_ISSUE, issue_id)
