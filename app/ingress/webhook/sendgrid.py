"""SendGrid: Inbound Parse with "POST the raw, full MIME message", and its Event Webhook.

Source: twilio.com/docs/sendgrid, "Inbound Parse", "Securing your Inbound Parse Webhooks", "Event Webhook Reference".
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from app.ingress.webhook import form
from app.ingress.webhook.posted import (
    Handed,
    Keys,
    Malformed,
    Posted,
    Reading,
    check_time,
    handed,
    text_of,
    unix_time,
)
from app.ingress.webhook.signature import check_ecdsa, check_password
from app.usecases.settling import Fact, Report

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

# It repeats itself for three days, with which timestamp is not documented. The signature covers the whole body, so
# what is repeated is the same mail, and the same row.
REPEATS = timedelta(days=3)

_FACTS = {
    "delivered": Fact.ARRIVED,
    "bounce": Fact.BOUNCED,
    "dropped": Fact.BOUNCED,  # SendGrid itself would not send it
    "deferred": Fact.DELAYED,
    "spamreport": Fact.COMPLAINED,
}


def read(posted: Posted, keys: Keys, now: datetime) -> Reading:
    """Raises Forged, Malformed."""
    if keys.keys and posted.header(SIGNATURE):
        timestamp = posted.header(TIMESTAMP)
        check_ecdsa(keys, timestamp.encode("utf-8", "replace") + posted.body, posted.header(SIGNATURE))
        check_time(unix_time(timestamp), now, late=REPEATS)
    else:
        check_password(keys, posted)
    if posted.header("content-type").partition(";")[0].strip().lower() == "application/json":
        return Reading(reports=_reports(posted.json()))
    return Reading(mails=(_mail(form.fields(posted)),), nonce=hashlib.sha256(posted.body).hexdigest())


def _mail(found: dict[str, bytes]) -> Handed:
    if "email" not in found:
        raise Malformed("The field email is missing; switch on “POST the raw, full MIME message”.")
    try:
        envelope = json.loads(found.get("envelope", b""))
    except ValueError:
        raise Malformed("The field envelope is no JSON.") from None
    recipients = envelope.get("to") if isinstance(envelope, dict) else None
    if not isinstance(recipients, list):
        raise Malformed("The envelope names no recipients.")
    return handed(found["email"], text_of(envelope, "from"), [str(one) for one in recipients])


def _reports(document: Any) -> tuple[Report, ...]:
    """Of those that concern the delivery; smtp-id is the Message-ID that we gave the mail."""
    if not isinstance(document, list):
        raise Malformed("The body is no list of events.")
    found = [(_fact(event), event) for event in document]
    return tuple(
        Report(
            fact,
            by="sendgrid",
            message_id=text_of(event, "smtp-id"),
            detail=(text_of(event, "reason") or text_of(event, "response"))[:500],
        )
        for fact, event in found
        if fact is not None
    )


def _fact(event: Any) -> Fact | None:
    fact = _FACTS.get(text_of(event, "event"))
    if fact is Fact.BOUNCED and text_of(event, "type") == "blocked":
        return Fact.DELAYED  # "could not or would not accept the message temporarily"
    return fact
