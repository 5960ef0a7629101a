"""Who may be told something by a machine in answer to a mail: nobody is bombed, no machine is answered.

Receipts, and the note that nothing could be read, pass here; “Was that you?” has a ceiling of its own.
"""

from datetime import timedelta

from app.domain.event import Action, record
from app.domain.mail import DeliveryKind, InboundMessage, Reason
from app.domain.question import AssignmentState
from app.store import mail
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue

DAY = timedelta(days=1)
IN_ANSWER = (DeliveryKind.RECEIPT, DeliveryKind.COULD_NOT_READ)
COULD_NOT_READ = frozenset(
    {Reason.EMPTY, Reason.SUBJECT_ONLY, Reason.ATTACHMENT_ONLY, Reason.ENCRYPTED, Reason.WINMAIL}
)


def may_answer(mailbag: Mailbag, tx: Transaction, address: str) -> bool:
    """Below the ceiling of mails a day to one address that only answer mail of it."""
    return mail.count_to(tx, address, IN_ANSWER, mailbag.clock() - DAY) < mailbag.most_notices


def may_notify(mailbag: Mailbag, tx: Transaction, address: str) -> bool:
    """Once a day, and below the ceiling."""
    told = mail.count_to(tx, address, (DeliveryKind.COULD_NOT_READ,), mailbag.clock() - DAY)
    return told == 0 and may_answer(mailbag, tx, address)


def tell_unread(mailbag: Mailbag, tx: Transaction, message: InboundMessage) -> None:
    """The expert's own reply had nothing that could be taken: she is told what to do, at her known address.

    Only for a mail of a person with an envelope sender, about a question that still waits for her.
    """
    assignment = message.delivery.assignment if message.delivery else None
    if assignment is None or not message.sender or assignment.state is not AssignmentState.OPEN:
        return
    address = assignment.expert.address
    if address is None:
        return
    if not may_notify(mailbag, tx, address):
        record(message, Action.WITHHOLD, at=mailbag.clock(), actor="mailbag", detail="a note to her: enough for today")
        return
    queue(
        mailbag,
        tx,
        DeliveryKind.COULD_NOT_READ,
        address,
        occasion=f"{message.id}",
        question=assignment.question,
        assignment=assignment,
        inbound_id=message.id,
    )
