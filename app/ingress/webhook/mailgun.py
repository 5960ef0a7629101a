"""Mailgun: a route's forward() to an address that ends in /mime, and its event webhooks (JSON).

Source: documentation.mailgun.com, "Receive HTTP", "Securing webhooks", "Webhook payloads".
"""

from datetime import datetime, timedelta

from app.ingress.webhook import form
from app.ingress.webhook.posted import Keys, Malformed, Posted, Reading, check_time, handed, text_of, unix_time
from app.ingress.webhook.signature import check_hmac
from app.usecases.settling import Fact, Report

# The last retry comes after eight hours, and may bring the first one's timestamp and token: the documentation does
# not say. The token, which is good for one mail alone, guards those hours; five minutes would lose their mail.
REPEATS = timedelta(hours=9)

_FACTS = {
    ("delivered", ""): Fact.ARRIVED,
    ("failed", "permanent"): Fact.BOUNCED,
    ("failed", "temporary"): Fact.DELAYED,
    ("rejected", ""): Fact.BOUNCED,  # Mailgun itself would not send it
    ("complained", ""): Fact.COMPLAINED,
}


def read(posted: Posted, keys: Keys, now: datetime) -> Reading:
    """Raises Forged, Malformed. The signature covers timestamp and token, not the mail: hence the nonce."""
    if posted.header("content-type").partition(";")[0].strip().lower() == "application/json":
        return _events(posted, keys, now)
    found = form.fields(posted)
    token = form.text(found, "token")
    _check(keys, now, form.text(found, "timestamp"), token, form.text(found, "signature"))
    if "body-mime" not in found:
        raise Malformed("The field body-mime is missing; end the route's address in /mime.")
    recipients = form.text(found, "recipient").split(",")
    return Reading(mails=(handed(found["body-mime"], form.text(found, "sender"), recipients),), nonce=token)


def _check(keys: Keys, now: datetime, timestamp: str, token: str, signature: str) -> None:
    check_hmac(keys, f"{timestamp}{token}".encode("utf-8", "replace"), signature)
    check_time(unix_time(timestamp), now, late=REPEATS)


def _events(posted: Posted, keys: Keys, now: datetime) -> Reading:
    document = posted.json()
    token = text_of(document, "signature", "token")
    signature = text_of(document, "signature", "signature")
    _check(keys, now, text_of(document, "signature", "timestamp"), token, signature)
    event = document.get("event-data")
    fact = _FACTS.get((text_of(event, "event"), text_of(event, "severity")))
    if fact is None:  # opened, clicked, and what may be invented later
        return Reading(nonce=token)
    status = ("description", "message", "code")
    reasons = [text_of(event, "delivery-status", name) for name in status] + [text_of(event, "reject", "reason")]
    report = Report(
        fact,
        by="mailgun",
        message_id=text_of(event, "message", "headers", "message-id"),
        sender=text_of(event, "envelope", "sender"),
        detail=next((reason for reason in reasons if reason), "")[:500],
    )
    return Reading(reports=(report,), nonce=token)
