"""Watches how an issue goes, and pauses it when too many copies are refused, come back, or are complained about."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic

from app.domain.digest import Issue, IssueState
from app.domain.event import Action, record
from app.domain.mail import DeliveryState
from app.store import digest, ledger
from app.store.ledger import Outcome
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

_LOOK_EVERY = 30.0  # seconds: that look counts every row
_SHARE = 100  # and takes no more than a hundredth of the time
_LATELY = 200  # copies
_FEWEST = 20  # below, a share means nothing
_REFUSED = 0.25  # of the last copies of this worker, or of all: something is wrong with us, not with them
_CAME_BACK = 0.10  # of those that were taken
_COMPLAINED = 0.001  # the rate at which large providers begin to refuse
_FEWEST_COMPLAINTS = 3
_RESUMED = f"{Issue.NOUN} {Action.RESUME.past}"


class Meter:
    """One worker's view, for one run. Runs are shorter than the time between two looks: the Mailbag knows the next."""

    def __init__(self, mailbag: Mailbag, issue_id: int) -> None:
        self._mailbag, self._issue_id = mailbag, issue_id
        self._lately: deque[bool] = deque(maxlen=_LATELY)
        self._looks_at = mailbag.looks_at

    def says_stop(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether the issue was paused after this round."""
        for outcome in outcomes:
            if outcome.state in (DeliveryState.SENT, DeliveryState.FAILED):
                self._lately.append(outcome.state is DeliveryState.FAILED)
        failed = sum(self._lately)
        if failed >= _FEWEST and failed >= _REFUSED * len(self._lately):
            pause(self._mailbag, self._issue_id, f"{failed} of the last {len(self._lately)} copies were refused")
            return True
        began = monotonic()
        if began < self._looks_at.get(self._issue_id, 0.0):
            return False
        is_paused = judge(self._mailbag, self._issue_id)
        self._looks_at[self._issue_id] = monotonic() + max(_LOOK_EVERY, _SHARE * (monotonic() - began))
        return is_paused


def judge(mailbag: Mailbag, issue_id: int) -> bool:
    """Pause an issue that too many complain about, or that comes back or is refused too often; whether it was paused.

    Each time that an editor lets it go on, twice as many are borne.
    """
    with mailbag.database.read() as tx:
        states, _ = ledger.states(tx, issue_id, mailbag.clock() - timedelta(minutes=1))
        if not _too_many(states, borne=1):
            return False
        issue = digest.the_issue(tx, issue_id)
        why = _too_many(states, borne=2 ** sum(event.name == _RESUMED for event in issue.events))
    if why:
        pause(mailbag, issue_id, why)
    return bool(why)


def _too_many(states: Mapping[DeliveryState, int], *, borne: int) -> str:
    """Why it is to be paused; empty: it is not. `borne`: how many times what is usual."""
    complained, bounced = states.get(DeliveryState.COMPLAINED, 0), states.get(DeliveryState.BOUNCED, 0)
    taken = complained + bounced + states.get(DeliveryState.SENT, 0) + states.get(DeliveryState.DELIVERED, 0)
    refused = states.get(DeliveryState.FAILED, 0)
    if complained >= _FEWEST_COMPLAINTS * borne and complained >= _COMPLAINED * borne * taken:
        return f"{complained} of {taken} readers complained"
    if bounced >= _FEWEST * borne and bounced >= _CAME_BACK * borne * taken:
        return f"{bounced} of {taken} copies came back"
    if refused >= _FEWEST * borne and refused >= _REFUSED * borne * (taken + refused):
        return f"{refused} of {taken + refused} copies were refused"
    return ""


@retried(3)  # several workers see the same at the same time
def pause(mailbag: Mailbag, issue_id: int, why: str, *, by: str = "mailbag") -> None:
    """No copy is begun any more; those whose content is on its way arrive."""
    with mailbag.database.write() as tx:
        issue = digest.issue_by_id(tx, issue_id)
        if issue is not None and issue.state is IssueState.SENDING and not issue.is_paused:
            issue.paused_at = mailbag.clock()
            issue.pause_reason = why
            record(issue, Action.PAUSE, at=issue.paused_at, actor=by, detail=why)
