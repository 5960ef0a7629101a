"""Watches how an issue goes, and pauses it when too many copies are refused, come back, or are complained about."""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from app.domain.digest import IssueState
from app.domain.event import Action, record
from app.domain.mail import DeliveryState
from app.store import digest, ledger
from app.store.ledger import Outcome
from app.usecases.mailbag import Mailbag

_LOOK_EVERY = 30.0  # seconds: that look counts every row
_LATELY = 200  # copies
_FEWEST = 20  # below, a share means nothing
_REFUSED = 0.25  # of the last copies of this worker: something is wrong with us, not with them
_CAME_BACK = 0.10  # of those that were taken
_COMPLAINED = 0.001  # the rate at which large providers begin to refuse
_FEWEST_COMPLAINTS = 3


class Meter:
    """One worker's view."""

    def __init__(self, mailbag: Mailbag, issue_id: int) -> None:
        self._mailbag, self._issue_id = mailbag, issue_id
        self._lately: deque[bool] = deque(maxlen=_LATELY)
        self._looked_at = monotonic()

    def says_stop(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether the issue was paused after this round."""
        for outcome in outcomes:
            if outcome.state in (DeliveryState.SENT, DeliveryState.FAILED):
                self._lately.append(outcome.state is DeliveryState.FAILED)
        failed = sum(self._lately)
        if failed >= _FEWEST and failed >= _REFUSED * len(self._lately):
            pause(self._mailbag, self._issue_id, f"{failed} of the last {len(self._lately)} copies were refused")
            return True
        if monotonic() - self._looked_at < _LOOK_EVERY:
            return False
        self._looked_at = monotonic()
        return judge(self._mailbag, self._issue_id)


def judge(mailbag: Mailbag, issue_id: int) -> bool:
    """Pause an issue that too many complain about, or that comes back too often; whether it was paused."""
    with mailbag.database.read() as tx:
        states, _ = ledger.states(tx, issue_id, mailbag.clock() - timedelta(minutes=1))
    complained, bounced = states.get(DeliveryState.COMPLAINED, 0), states.get(DeliveryState.BOUNCED, 0)
    taken = complained + bounced + states.get(DeliveryState.SENT, 0) + states.get(DeliveryState.DELIVERED, 0)
    if complained >= _FEWEST_COMPLAINTS and complained >= _COMPLAINED * taken:
        pause(mailbag, issue_id, f"{complained} of {taken} readers complained")
    elif bounced >= _FEWEST and bounced >= _CAME_BACK * taken:
        pause(mailbag, issue_id, f"{bounced} of {taken} copies came back")
    else:
        return False
    return True


def pause(mailbag: Mailbag, issue_id: int, why: str, *, by: str = "mailbag") -> None:
    """No copy is begun any more; those whose content is on its way arrive."""
    with mailbag.database.write() as tx:
        issue = digest.issue_by_id(tx, issue_id)
        if issue is not None and issue.state is IssueState.SENDING and not issue.is_paused:
            issue.paused_at = mailbag.clock()
            issue.pause_reason = why
            record(issue, Action.PAUSE, at=issue.paused_at, actor=by, detail=why)
