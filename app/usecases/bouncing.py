"""Reports about mail of ours that came back: each settles the one delivery that its address was made for."""

from app.domain.event import Action, advance
from app.domain.mail import DeliveryState, InboundMessage, Reason
from app.mail.parse import InboundMail
from app.usecases.mailbag import Mailbag


def settle_bounce(mailbag: Mailbag, message: InboundMessage, inbound: InboundMail) -> None:
    """A report of failure settles the one mail that its address was made for; other reports are recorded."""
    now = mailbag.clock()
    delivery = message.delivery
    assert delivery is not None
    settled = delivery.state in (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)
    if inbound.failed and settled:
        advance(delivery, Action.BOUNCE, at=now, actor="mailbag", detail=inbound.subject)
        delivery.server_said = f"bounced: {inbound.subject}"
        delivery.is_doubtful = False
        advance(message, Action.ACCEPT, at=now, actor="mailbag")
    elif inbound.failed:
        message.reason = Reason.BOUNCE_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")
    else:
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail="a delay, not a failure")
