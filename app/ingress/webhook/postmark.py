"""Postmark: the inbound webhook with "Include raw email content", and its webhooks for what became of a mail.

It signs nothing: a password stands in the address. Source: postmarkapp.com/developer/webhooks.
"""

from datetime import datetime
from typing import Any

from app.ingress.webhook.posted import Handed, Keys, Malformed, Posted, Reading, handed, text_of
from app.ingress.webhook.signature import check_password
from app.usecases.settling import Fact, Report

UNKNOWN = "unknown"  # an envelope sender that nobody tells
METADATA = "mailbag"  # X-PM-Metadata-mailbag goes out with each mail and comes back in each report

# Types of bounce after which Postmark does not try again.
_FOR_GOOD = {
    *("HardBounce", "BadEmailAddress", "ManuallyDeactivated", "Unconfirmed", "Blocked", "DMARCPolicy"),
    *("VirusNotification", "SMTPApiError", "TemplateRenderingFailed"),
}
_NOT_YET = {"Transient", "SoftBounce", "DnsError", "Unknown"}


def read(posted: Posted, keys: Keys, now: datetime) -> Reading:
    """Raises Forged, Malformed."""
    del now  # nothing in it says when it was made
    check_password(keys, posted)
    document = posted.json()
    if not isinstance(document, dict):
        raise Malformed("The body is no JSON object.")
    if "RecordType" in document and text_of(document, "RecordType") != "Inbound":
        return Reading(reports=_reports(document))
    return Reading(mails=(_mail(document),), nonce=text_of(document, "MessageID"))


def _mail(document: dict[str, Any]) -> Handed:
    raw = text_of(document, "RawEmail")
    if not raw:
        raise Malformed("RawEmail is missing; switch on “Include raw email content in JSON payload”.")
    if not text_of(document, "MessageID"):
        raise Malformed("MessageID is missing.")
    return handed(raw, _envelope_sender(document), [text_of(document, "OriginalRecipient")])


def _envelope_sender(document: dict[str, Any]) -> str:
    """There is no field for it. Postmark notes it in its Received-SPF; of two, anybody may have written one.

    Without it From stands for it, which nothing is believed for. Empty, as a machine's mail is, only where it is
    written so: a bounce is known by its recipient as well, but a person's mail must not be taken for one.
    """
    headers = document.get("Headers")
    listed = headers if isinstance(headers, list) else []
    found = [text_of(header, "Value") for header in listed if text_of(header, "Name").lower() == "received-spf"]
    noted = found[0].partition("envelope-from=")[2].partition(";")[0].strip().strip('"') if len(found) == 1 else ""
    if noted == "<>":
        return ""
    return noted or text_of(document, "FromFull", "Email") or text_of(document, "From") or UNKNOWN


def _reports(document: dict[str, Any]) -> tuple[Report, ...]:
    fact = _fact(text_of(document, "RecordType"), text_of(document, "Type"))
    name = text_of(document, "Metadata", METADATA)
    if fact is None or not name:
        return ()
    detail = text_of(document, "Details") or text_of(document, "Description")
    return (Report(fact, by="postmark", message_id=name, detail=detail[:500]),)


def _fact(record: str, kind: str) -> Fact | None:
    if record == "Bounce":
        return Fact.BOUNCED if kind in _FOR_GOOD else Fact.DELAYED if kind in _NOT_YET else None
    return {"Delivery": Fact.ARRIVED, "SpamComplaint": Fact.COMPLAINED}.get(record)
