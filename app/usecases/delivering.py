"""Send one queued mail: claim the row, compose, hand over, settle. No network call inside a transaction."""

import logging
from datetime import datetime, timedelta

from app import jobs
from app.domain.bounce import BounceReason
from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.event import Action, advance, record
from app.domain.mail import Delivery, DeliveryKind, DeliveryState
from app.mail.lint import Envelope, lint_outgoing
from app.mail.transport import Fate, Handover
from app.store import mail
from app.store.base import Transaction
from app.usecases.capturing import capture, exchange_of
from app.usecases.mailbag import Mailbag

log = logging.getLogger(__name__)

ATTEMPTS = 30  # with the waits below: about five days, as RFC 5321, 4.5.4.1 has it
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=5)
_SHOWING_A_REPLY = (DeliveryKind.RECEIPT, DeliveryKind.WAS_IT_YOU)
STUCK_AFTER = timedelta(minutes=10)  # longer than a job may take


def deliver(mailbag: Mailbag, delivery_id: int) -> None:
    """Safe to run twice, and at the same time as itself: one worker claims the row, others find it taken."""
    claimed = _claim(mailbag, delivery_id, _facts(mailbag, delivery_id))
    if claimed is None:
        return
    envelope, raw = claimed
    handover = mailbag.transport.hand_over(raw, sender=envelope.sender, recipient=envelope.recipient)
    with mailbag.database.write() as tx:
        _settle(mailbag, _the_delivery(tx, delivery_id), handover)


def _claim(mailbag: Mailbag, delivery_id: int, facts: dict[str, object]) -> tuple[Envelope, bytes] | None:
    """The bytes to send, composed at the first attempt and kept; None where there is nothing to do."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        delivery = mail.claim(tx, delivery_id, now)
        if delivery is None:
            return None
        advance(delivery, Action.CLAIM, at=now, actor="mailbag")
        envelope = mailbag.composer.envelope(delivery)
        if delivery.raw is None:
            try:
                delivery.raw = mailbag.composer.compose(delivery, at=now, **facts)
            except Exception as error:  # not foreseen: shown on the desk, and not tried for ever
                log.exception("delivery %s cannot be composed", delivery_id)
                _refuse_to_send(delivery, now, f"{type(error).__name__}: {error}")
                return None
        violations = lint_outgoing(delivery.raw, envelope)
        if violations:
            _refuse_to_send(delivery, now, ", ".join(f"{v.rule}: {v.detail}" for v in violations))
            return None
        return envelope, delivery.raw


def _refuse_to_send(delivery: Delivery, at: datetime, why: str) -> None:
    """Better a mail that waits for a person than one that breaks the rules; the desk shows it as failed."""
    log.error("delivery %s is not fit to be sent: %s", delivery.id, why)
    delivery.server_said = f"not fit to be sent: {why}"
    advance(delivery, Action.FAIL, at=at, actor="mailbag", detail=delivery.server_said)


def _facts(mailbag: Mailbag, delivery_id: int) -> dict[str, object]:
    """What a template needs beside the delivery: a receipt shows the reply, character by character.

    Read before the claim: that may take long, and the claim's transaction must not.
    """
    with mailbag.database.read() as tx:
        delivery = mail.delivery_by_id(tx, delivery_id)
        if delivery is None or delivery.raw is not None:  # composed before: a retry sends the same bytes
            return {}
        if delivery.inbound_id is None:
            return {}
        inbound = mail.inbound_by_id(tx, delivery.inbound_id)
        assert inbound is not None
        if delivery.kind not in _SHOWING_A_REPLY:
            return {"reason": inbound.reason}
        exchange = exchange_of(tx, inbound)
        author, received_at = inbound.author, inbound.received_at
    reply = capture(mailbag, exchange)
    return {"reply": reply, "author": author, "received_at": received_at}


def _settle(mailbag: Mailbag, delivery: Delivery, handover: Handover) -> None:
    now = mailbag.clock()
    if delivery.state is not DeliveryState.SENDING:
        return  # told what came of it, by a bounce or the provider, before we heard the answer
    delivery.server_said = handover.server_said
    delivery.is_doubtful = False
    detail = f"{delivery.kind}: {handover.server_said}"
    if handover.fate is Fate.TAKEN:
        advance(delivery, Action.DELIVER, at=now, actor="mailbag", detail=detail)
        delivery.sent_at = now
    elif handover.fate is Fate.UNKNOWN:
        delivery.is_doubtful = True  # stays SENDING: only a person may risk a second copy
    elif handover.fate is Fate.REFUSED or delivery.attempts >= ATTEMPTS:
        advance(delivery, Action.FAIL, at=now, actor="mailbag", detail=detail)
    else:
        advance(delivery, Action.DELAY, at=now, actor="mailbag", detail=detail)
        delivery.due_at = now + wait_after(delivery.attempts)


def wait_after(attempts: int) -> timedelta:
    """Doubles from half a minute to five hours."""
    return min(FIRST_WAIT * float(2 ** (attempts - 1)), LONGEST_WAIT)


def doubt(mailbag: Mailbag, at: datetime) -> int:
    """Mark what was claimed long ago and never settled: its worker died on the way. How many."""
    with mailbag.database.write() as tx:
        stuck = mail.stuck_deliveries(tx, at - STUCK_AFTER)
        for delivery in stuck:
            delivery.is_doubtful = True
            delivery.server_said = delivery.server_said or "the worker stopped while it was sending"
        return len(stuck)


def send_again(mailbag: Mailbag, delivery_id: int, *, by: str) -> None:
    """An editor risks it: the same bytes under the same Message-ID. Raises ForbiddenTransition, NotFound."""
    with mailbag.database.write() as tx:
        delivery = _the_delivery(tx, delivery_id)
        _not_under_way(delivery, Action.RETRY)
        if delivery.state is DeliveryState.BOUNCED and not delivery.may_go_again:
            raise ForbiddenTransition(delivery.NOUN, delivery.state, Action.RETRY)
        advance(delivery, Action.RETRY, at=mailbag.clock(), actor=f"editor {by}")
        delivery.is_doubtful = False
        delivery.put_away_at = None  # what comes of this try is news
        delivery.bounce_kind, delivery.bounce_reason = None, BounceReason.NONE
        delivery.attempts = 0
        delivery.due_at = mailbag.clock()
        tx.ring(jobs.DELIVER, delivery.id)


def call_it_sent(mailbag: Mailbag, delivery_id: int, *, by: str) -> None:
    """An editor knows, from the other server's log or the person, that it arrived.

    Raises ForbiddenTransition, NotFound.
    """
    with mailbag.database.write() as tx:
        delivery = _the_delivery(tx, delivery_id)
        _not_under_way(delivery, Action.DELIVER)
        advance(delivery, Action.DELIVER, at=mailbag.clock(), actor=f"editor {by}")
        delivery.is_doubtful = False
        delivery.sent_at = mailbag.clock()


def _not_under_way(delivery: Delivery, action: Action) -> None:
    """A worker is handing it over: a second press of the button must not queue it behind that worker's back."""
    if delivery.state is DeliveryState.SENDING and not delivery.is_doubtful:
        raise ForbiddenTransition(delivery.NOUN, delivery.state, action)


def put_away(mailbag: Mailbag, delivery_id: int, *, by: str) -> None:
    """An editor has seen that it failed or came back, and needs to be shown it no more."""
    with mailbag.database.write() as tx:
        delivery = _the_delivery(tx, delivery_id)
        if delivery.is_doubtful or delivery.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
            raise ForbiddenTransition(delivery.NOUN, delivery.state, Action.PUT_AWAY)
        record(delivery, Action.PUT_AWAY, at=mailbag.clock(), actor=f"editor {by}")
        delivery.put_away_at = mailbag.clock()


def _the_delivery(tx: Transaction, delivery_id: int) -> Delivery:
    delivery = mail.delivery_by_id(tx, delivery_id)
    if delivery is None:
        raise NotFound("no such mail")
    return delivery
