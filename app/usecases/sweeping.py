"""The sweep: rings again for every row that stands too long, so that a lost doorbell loses nothing."""

import logging
from datetime import timedelta

from app import jobs
from app.store import mail, questions, subscribers
from app.usecases import asking, delivering, digesting, guarding, mailing, photographing, subscribing
from app.usecases.mailbag import Mailbag

log = logging.getLogger(__name__)

STANDS_TOO_LONG = timedelta(seconds=10)  # a younger row's bell is still being answered


def sweep(mailbag: Mailbag) -> int:
    """Ring for what waits, expire what nobody confirmed, clear photos away, mark what is stuck; how many rows.

    Ringing twice is harmless: every job looks at its row's state first.
    """
    now = mailbag.clock()
    digesting.cancel_stale_drafts(mailbag)
    digesting.draft_due_issues(mailbag)
    standing = now - STANDS_TOO_LONG
    with mailbag.database.read() as tx:
        bells = [(jobs.DELIVER, row_id) for row_id in mail.due_deliveries(tx, standing)]
        bells += [(jobs.PROCESS, row_id) for row_id in mail.waiting_inbound(tx, standing)]
        bells += [(jobs.WISH, row_id) for row_id in subscribers.standing_wishes(tx, standing)]
        bells += [(jobs.PUBLISH, row_id) for row_id in questions.due_for_publication(tx, now)]
    bells += [(jobs.SEND_ISSUE, row_id) for row_id in mailing.bells(mailbag)]
    for job, row_id in bells:
        mailbag.database.ring(job, row_id)
    doubtful = delivering.doubt(mailbag, now)
    guarding.forget(mailbag, now)
    expired = asking.expire(mailbag, now) + subscribing.expire(mailbag, now) + photographing.clear_away(mailbag, now)
    if doubtful:
        log.warning("%s deliveries were left in the middle; the desk shows them", doubtful)
    return len(bells) + doubtful + expired
