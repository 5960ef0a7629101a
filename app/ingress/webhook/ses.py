"""Amazon SES by SNS: mails of a receipt rule's SNS action, and what became of mails that we sent.

Source: docs.aws.amazon.com/ses, "Notification contents for receiving", "SNS notification contents", "Event publishing".
"""

import base64
import binascii
import json
import logging
from datetime import datetime
from typing import Any

from app.ingress.webhook import sns
from app.ingress.webhook.posted import Fetch, Handed, Keys, Malformed, Posted, Reading, handed, text_of
from app.usecases.settling import Fact, Report

log = logging.getLogger(__name__)


def read(posted: Posted, keys: Keys, now: datetime, fetch: Fetch = sns.fetch_from_amazon) -> Reading:
    """Keys are the topics that are ours. Raises Forged, Malformed, and OSError where Amazon cannot be asked."""
    message = posted.json()
    if not isinstance(message, dict):
        raise Malformed("The body is no JSON object.")
    sns.check(message, keys.keys, now, fetch)
    kind, topic = text_of(message, "Type"), text_of(message, "TopicArn")
    if kind == "SubscriptionConfirmation":
        return Reading(confirmation=sns.confirmation(topic, text_of(message, "Token")))
    if kind == "UnsubscribeConfirmation":
        log.warning("the topic %s was told to send nothing here any more", topic)
        return Reading()
    return _notification(text_of(message, "Message"), text_of(message, "MessageId"))


def _notification(text: str, nonce: str) -> Reading:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        log.info("SNS says: %s", text[:200])  # a topic's first message is a plain sentence
        return Reading()
    if text_of(told, "notificationType") == "Received":
        return Reading(mails=(_mail(told),), nonce=nonce)
    return Reading(reports=_reports(told), nonce=nonce)


def _mail(told: dict[str, Any]) -> Handed:
    content = text_of(told, "content")
    if not content:
        raise Malformed("There is no content; the receipt rule needs an SNS action, not one that stores elsewhere.")
    receipt = told.get("receipt")
    raw: bytes | str = content
    if text_of(receipt, "action", "encoding").upper() == "BASE64":
        try:
            raw = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("The content is no base 64.") from None
    recipients = receipt.get("recipients") if isinstance(receipt, dict) else None
    if not isinstance(recipients, list):
        raise Malformed("The receipt names no recipients.")
    return handed(raw, text_of(told, "mail", "source"), [str(one) for one in recipients])


def _reports(told: Any) -> tuple[Report, ...]:
    """Both forms: notifications of an identity (notificationType) and published events (eventType)."""
    kind = text_of(told, "notificationType") or text_of(told, "eventType")
    fact, detail = _fact(kind, told)
    if fact is None:
        return ()
    sender = text_of(told, "mail", "source")  # the envelope sender: our bounce address
    return (Report(fact, by="ses", message_id=_message_id(told), sender=sender, detail=detail[:500]),)


def _message_id(told: Any) -> str:
    """Ours, which SES replaces on the way and names among the original headers, where it was told to."""
    if found := text_of(told, "mail", "commonHeaders", "messageId"):
        return found
    headers = told["mail"].get("headers") if isinstance(told.get("mail"), dict) else None
    named = [h for h in headers if text_of(h, "name").lower() == "message-id"] if isinstance(headers, list) else []
    return text_of(named[0], "value") if named else ""


def _fact(kind: str, told: Any) -> tuple[Fact | None, str]:
    if kind == "Bounce":
        is_final = text_of(told, "bounce", "bounceType") == "Permanent"
        return (Fact.BOUNCED if is_final else Fact.DELAYED), _diagnosis(told.get("bounce"))
    if kind == "Complaint":
        kind_of_complaint = text_of(told, "complaint", "complaintFeedbackType")
        return (None if kind_of_complaint == "not-spam" else Fact.COMPLAINED), kind_of_complaint
    if kind == "Delivery":
        return Fact.ARRIVED, text_of(told, "delivery", "smtpResponse")
    if kind == "DeliveryDelay":
        return Fact.DELAYED, text_of(told, "deliveryDelay", "delayType")
    if kind == "Reject":
        return Fact.BOUNCED, text_of(told, "reject", "reason")
    return None, ""


def _diagnosis(bounce: Any) -> str:
    people = bounce.get("bouncedRecipients") if isinstance(bounce, dict) else None
    first = people[0] if isinstance(people, list) and people else None
    return text_of(first, "diagnosticCode") or f"{text_of(bounce, 'bounceType')}, {text_of(bounce, 'bounceSubType')}"
