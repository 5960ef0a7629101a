"""Take a person out of the mail that we sent her; that there was one stays."""

from collections.abc import Iterable
from datetime import datetime

from app.domain.event import Action, advance
from app.domain.mail import Delivery, DeliveryState


def forget_mail(deliveries: Iterable[Delivery], at: datetime, *, why: str) -> None:
    """Bytes, address and what servers said of it go; what was not sent yet is not sent."""
    for delivery in deliveries:
        if delivery.state is DeliveryState.QUEUED:
            advance(delivery, Action.SUPPRESS, at=at, actor="mailbag", detail=why)
        delivery.raw, delivery.address, delivery.server_said = None, "", ""
        delivery.put_away_at = at
        for event in delivery.events:
            event.detail = ""
