"""What comes back of an issue's copies: bounces and complaints settle the row of the ledger, and the address."""

from app.domain.bounce import HARD_REASONS, BounceKind, BounceReason
from app.domain.digest import IssueCopy
from app.domain.event import Action, advance
from app.domain.mail import DeliveryState, InboundMessage, Reason
from app.domain.mailkind import MailKind
from app.domain.subscription import SuppressionReason
from app.mail.bounce import FailedRecipient
from app.mail.bounce.why import reason_of, statuses_in
from app.mail.parse import InboundMail
from app.store import digest
from app.store.base import Transaction
from app.usecases import suppressing
from app.usecases.bouncing import about
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

_MAY_COME_BACK = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)
_MAY_BE_COMPLAINED_OF = (*_MAY_COME_BACK, DeliveryState.BOUNCED)
LONGEST_SAID = 500


def settle_report(
    mailbag: Mailbag, tx: Transaction, message: InboundMessage, inbound: InboundMail, copy_id: int
) -> None:
    """A delivery report at the address that one copy alone had as its envelope sender."""
    now = mailbag.clock()
    copy = digest.copy_by_id(tx, copy_id)
    recipient = next(iter(inbound.report.recipients), None)
    if copy is None or recipient is None:
        message.reason = Reason.BOUNCE_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")
    elif recipient.action != "failed":
        message.reason = Reason.NO_FAILURE
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail=recipient.action)
    else:
        _bounce(mailbag, tx, copy, recipient, inbound.subject)
        message.reason = Reason.BOUNCE
        advance(message, Action.ACCEPT, at=now, actor="mailbag")


def _bounce(mailbag: Mailbag, tx: Transaction, copy: IssueCopy, recipient: FailedRecipient, subject: str) -> None:
    kind = recipient.kind if recipient.kind is not BounceKind.DELAY else BounceKind.SOFT
    bounce(mailbag, tx, copy, kind, recipient.reason, said=recipient.said or subject)


def named(mailbag: Mailbag, tx: Transaction, message_id: str) -> IssueCopy | None:
    """The copy with this Message-ID, with or without its brackets: nobody but who got the mail knows its key."""
    for copy_id, key in mailbag.links.copies_named(message_id):
        copy = digest.copy_by_id(tx, copy_id)
        if copy is not None and copy.message_key == key:
            return copy
    return None


def settle_quoted(mailbag: Mailbag, tx: Transaction, message: InboundMessage, inbound: InboundMail) -> bool:
    """A report that came elsewhere, as complaints do, and quotes a copy's Message-ID. False: it is about no copy.

    A bounce has to be about whom the copy went to, as well: others saw the Message-ID of a mail that was passed on.
    """
    copy = named(mailbag, tx, inbound.report.message_id)
    if copy is None or copy.id is None:
        return False
    if inbound.kind is MailKind.COMPLAINT:
        settle_complaint(mailbag, tx, message, copy.id)
        return True
    is_about_her = copy.subscriber is not None and about(inbound, copy.subscriber.address) is not None
    if is_about_her:
        settle_report(mailbag, tx, message, inbound, copy.id)
    return is_about_her


def bounce(
    mailbag: Mailbag, tx: Transaction, copy: IssueCopy, kind: BounceKind, reason: BounceReason, *, said: str
) -> bool:
    """Whether anything changed: one that came back before changes nothing."""
    if copy.state not in _MAY_COME_BACK:
        return False
    copy.become(DeliveryState.BOUNCED)
    copy.bounce_kind, copy.bounce_reason = kind, reason
    copy.server_said = f"bounced: {suppressing.without_addresses(said)[:LONGEST_SAID]}"
    _note_bounce(mailbag, tx, copy, kind, said)
    return True


def _note_bounce(mailbag: Mailbag, tx: Transaction, copy: IssueCopy, kind: BounceKind, said: str) -> None:
    """Says nothing of the address that she has now, where the copy went to one that she had before."""
    subscriber = copy.subscriber
    if subscriber is None or subscriber.left_because == "erased":
        return
    moved = f"{subscriber.NOUN} {Action.MOVE.past}"
    claimed_at = copy.claimed_at  # her address was read then
    if claimed_at is None or not any(event.name == moved and event.at >= claimed_at for event in subscriber.events):
        suppressing.note_bounce(mailbag, tx, subscriber.address, kind, said=said, subscriber=subscriber)


@retried(3)  # a report of the same may come in at this moment
def note_refusal(mailbag: Mailbag, copy_id: int, said: str) -> None:
    """The next server would not have a copy. Where it says that nobody is there, no report will come: we know now.

    All else that it may say can be about us.
    """
    reason = reason_of(said, next(iter(statuses_in(said)), ""))
    if reason not in HARD_REASONS:
        return
    with mailbag.database.write() as tx:
        copy = digest.copy_by_id(tx, copy_id)
        if copy is None or copy.state is not DeliveryState.FAILED or copy.bounce_kind is not None:
            return
        copy.bounce_kind, copy.bounce_reason = BounceKind.HARD, reason
        _note_bounce(mailbag, tx, copy, BounceKind.HARD, said)


def settle_complaint(mailbag: Mailbag, tx: Transaction, message: InboundMessage, copy_id: int) -> None:
    now = mailbag.clock()
    copy = digest.copy_by_id(tx, copy_id)
    if copy is None or not complain(mailbag, tx, copy, said=message.subject):
        message.reason = Reason.COMPLAINT_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")
        return
    message.reason = Reason.COMPLAINT
    advance(message, Action.ACCEPT, at=now, actor="mailbag")


def complain(mailbag: Mailbag, tx: Transaction, copy: IssueCopy, *, said: str) -> bool:
    """Its reader called it spam: at once and for good. Whether anything changed."""
    if copy.state not in _MAY_BE_COMPLAINED_OF:
        return False
    copy.become(DeliveryState.COMPLAINED)
    copy.server_said = f"complained: {suppressing.without_addresses(said)[:LONGEST_SAID]}".rstrip(": ")
    if copy.subscriber is not None and copy.subscriber.left_because != "erased":
        suppressing.suppress(mailbag, tx, copy.subscriber.address, SuppressionReason.COMPLAINT, detail=said)
    return True


def arrive(copy: IssueCopy) -> bool:
    if copy.state not in (DeliveryState.SENDING, DeliveryState.SENT):
        return False
    copy.become(DeliveryState.DELIVERED)
    return True
