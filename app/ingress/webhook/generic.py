"""Our own webhook, for whatever can make a POST and an HMAC; the Cloudflare worker in docs/ speaks it.

POST /hooks/generic             body: the raw mail
X-Mailbag-Timestamp: 1700000000             seconds since 1970, within five minutes of ours
X-Mailbag-Nonce: 5f0c…                      new for each mail; the same again only with the same mail
X-Mailbag-Sender: expert%40example.org      envelope sender, percent-encoded UTF-8; empty for a bounce
X-Mailbag-Recipient: q-…%40example.org      envelope recipients, percent-encoded, commas between
X-Mailbag-Signature: <hex>                  HMAC-SHA256 over the four values above as they are sent, each with
                                            a line feed behind it, and then the body
"""

from datetime import datetime
from urllib.parse import unquote

from app.ingress.webhook.posted import Forged, Keys, Malformed, Posted, Reading, check_time, handed, unix_time
from app.ingress.webhook.signature import check_hmac

SIGNED = ("X-Mailbag-Timestamp", "X-Mailbag-Nonce", "X-Mailbag-Sender", "X-Mailbag-Recipient")


def read(posted: Posted, keys: Keys, now: datetime) -> Reading:
    """Raises Forged, Malformed."""
    values = [posted.header(name) for name in SIGNED]
    timestamp, nonce, sender, recipients = values
    signature = posted.header("X-Mailbag-Signature")
    if not signature:
        raise Forged("The header X-Mailbag-Signature is missing.")
    check_hmac(keys, signed_text(values, posted.body), signature)
    check_time(unix_time(timestamp), now)
    if not nonce:
        raise Malformed("The header X-Mailbag-Nonce is empty.")
    mail = handed(posted.body, unquote(sender), [unquote(one) for one in recipients.split(",")])
    return Reading(mails=(mail,), nonce=nonce)


def signed_text(values: list[str], body: bytes) -> bytes:
    return "".join(f"{value}\n" for value in values).encode("utf-8", "replace") + body
