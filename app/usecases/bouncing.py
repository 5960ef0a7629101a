"""Reports about mail of ours: that it came back, that its reader complained, that she is away."""

from datetime import date

from app.domain.bounce import BounceKind
from app.domain.event import Action, advance, record
from app.domain.mail import Delivery, DeliveryState, InboundMessage, Reason
from app.mail.address import same_address
from app.mail.bounce import FailedRecipient
from app.mail.parse import InboundMail
from app.store import mail
from app.store.base import Transaction
from app.usecases import suppressing
from app.usecases.mailbag import Mailbag

_MAY_COME_BACK = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)
_MAY_BE_COMPLAINED_OF = (DeliveryState.SENT, DeliveryState.DELIVERED)


def quoted_delivery(tx: Transaction, inbound: InboundMail) -> Delivery | None:
    """The mail of ours whose Message-ID a report quotes: nobody but who got the mail knows that.

    A bounce has to be about whom the mail went to, as well: others saw the Message-ID of a mail that was passed on.
    """
    delivery = mail.delivery_by_message_id(tx, inbound.report.message_id)
    if delivery is None or not inbound.report.recipients:  # a complaint names nobody
        return delivery
    return delivery if about(inbound, delivery.address) else None


def about(inbound: InboundMail, address: str) -> FailedRecipient | None:
    """What a report says of whom we wrote to."""
    return next(
        (
            recipient
            for recipient in inbound.report.recipients
            if any(same_address(known, address) for known in (recipient.address, recipient.original) if known)
        ),
        None,
    )


def settle_bounce(mailbag: Mailbag, tx: Transaction, message: InboundMessage, inbound: InboundMail) -> None:
    """A report of failure settles the one mail that it is about; a delay and a success are only recorded."""
    now = mailbag.clock()
    delivery = message.delivery
    assert delivery is not None
    recipient = about(inbound, delivery.address) or next(iter(inbound.report.recipients), None)
    if recipient is None:
        message.reason = Reason.BOUNCE_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")
    elif recipient.action == "delayed":
        record(delivery, Action.DELAY, at=now, actor="mailbag", detail=f"by the other side: {recipient.said[:200]}")
        message.reason = Reason.NO_FAILURE
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail="a delay, not a failure")
    elif recipient.action != "failed":
        message.reason = Reason.NO_FAILURE
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail=recipient.action)
    elif delivery.state in _MAY_COME_BACK:
        _bounce(mailbag, tx, delivery, recipient, inbound.subject)
        advance(message, Action.ACCEPT, at=now, actor="mailbag")
    else:
        message.reason = Reason.BOUNCE_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")


def _bounce(mailbag: Mailbag, tx: Transaction, delivery: Delivery, recipient: FailedRecipient, subject: str) -> None:
    said = recipient.said or subject
    advance(delivery, Action.BOUNCE, at=mailbag.clock(), actor="mailbag", detail=f"{delivery.kind}: {said}")
    delivery.server_said = f"bounced: {said}"
    delivery.bounce_kind = recipient.kind if recipient.kind is not BounceKind.DELAY else BounceKind.SOFT
    delivery.bounce_reason = recipient.reason
    delivery.is_doubtful = False
    delivery.put_away_at = None
    suppressing.came_back(mailbag, tx, delivery)


def settle_complaint(mailbag: Mailbag, tx: Transaction, message: InboundMessage) -> None:
    """Its reader called a mail of ours spam (RFC 5965). One that is settled otherwise stays so."""
    now = mailbag.clock()
    delivery = message.delivery
    assert delivery is not None
    if delivery.state in _MAY_BE_COMPLAINED_OF:
        advance(delivery, Action.COMPLAIN, at=now, actor="mailbag", detail=message.subject)
        delivery.server_said = f"complained about: {message.subject}"
        delivery.put_away_at = None
        suppressing.was_complained_of(mailbag, tx, delivery)
        advance(message, Action.ACCEPT, at=now, actor="mailbag")
    else:
        message.reason = Reason.COMPLAINT_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")


def note_absence(mailbag: Mailbag, message: InboundMessage, until: date | None) -> None:
    """The desk shows that the expert is away, with the day if her note names one."""
    delivery = message.delivery
    if delivery is None or delivery.assignment is None or delivery.question is None:
        return
    told = f"until {mailbag.column.print_date(until)}" if until else "her note names no day"
    delivery.assignment.away_until = until or delivery.assignment.away_until
    record(delivery.question, Action.NOTE_ABSENCE, at=mailbag.clock(), actor="mailbag", detail=told)
