"""Amazon SNS: whose message it is. Certificates come from Amazon's own hosts alone.

Source: docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages".
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from app.ingress.webhook.posted import Fetch, Forged, check_time, text_of

# Its retries bring the first one's timestamp, for an hour at most; MessageId is the nonce.
REPEATS = timedelta(hours=1)
PATIENCE = 10.0  # seconds; SNS itself gives up after 15
LONGEST = 100_000

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - version 1 is what a topic has until it is told otherwise
_TOPIC = re.compile(r"arn:aws:sns:([a-z]{2}(?:-[a-z]+)+-\d{1,2}):\d{12}:[A-Za-z0-9_-]{1,256}", re.ASCII)
_CERTIFICATE = re.compile(
    r"https://sns\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.amazonaws\.com/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem",
    re.ASCII,
)


def region_of(topic: str) -> str:
    """Raises ValueError for what is no topic's ARN."""
    found = _TOPIC.fullmatch(topic)
    if found is None:
        raise ValueError("a topic such as arn:aws:sns:eu-west-1:123456789012:mailbag")
    return found[1]


def check(message: Mapping[str, object], topics: tuple[str, ...], now: datetime, fetch: Fetch) -> None:
    """Raises Forged. Whoever has an account can sign with SNS: so the topic has to be one of ours, first of all."""
    topic = text_of(message, "TopicArn")
    if topic not in topics:
        raise Forged("This topic is none of MAILBAG_HOOK_SES_TOPICS.")
    check_time(_time(text_of(message, "Timestamp")), now, late=REPEATS)
    url = text_of(message, "SigningCertURL")
    place = _CERTIFICATE.fullmatch(url)
    if place is None or place[1] != region_of(topic):
        raise Forged("The certificate is not on the topic's own host of Amazon SNS.")
    try:
        signature = base64.b64decode(text_of(message, "Signature"), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("The signature is no base 64.") from None
    names = _SIGNED.get(text_of(message, "Type"))
    digest = _HASHES.get(text_of(message, "SignatureVersion"))
    if names is None or digest is None:
        raise Forged("Not a message of Amazon SNS; is “raw message delivery” off?")
    text = signed_text(message, names)
    try:
        _key(url, fetch, now.date().toordinal()).verify(signature, text, PKCS1v15(), digest)
    except InvalidSignature:
        raise Forged("The signature is wrong.") from None


def signed_text(message: Mapping[str, object], names: tuple[str, ...]) -> bytes:
    lines = [f"{name}\n{text_of(message, name)}\n" for name in names if message.get(name) is not None]
    return "".join(lines).encode("utf-8", "replace")


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@lru_cache(maxsize=16)
def _key(url: str, fetch: Fetch, day: int) -> RSAPublicKey:
    """Fetched once a day. TLS to Amazon's host vouches for it; its own dates still count."""
    try:
        certificate = load_pem_x509_certificate(fetch(url))
    except ValueError:
        raise Forged("The certificate cannot be read.") from None
    today = datetime.combine(datetime.fromordinal(day), datetime.min.time(), UTC)
    key = certificate.public_key()
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins - timedelta(days=1) <= today <= ends or not isinstance(key, RSAPublicKey):
        raise Forged("The certificate is not valid now.")
    return key


def confirmation(topic: str, token: str) -> str:
    """Where a GET says yes to a subscription. Made here: an address in a message is never followed."""
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token})
    return f"https://sns.{region_of(topic)}.amazonaws.com/?{query}"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch_from_amazon(url: str) -> bytes:
    """Raises OSError, also for a redirect. For the addresses that this module makes or checks alone."""
    with build_opener(_NoRedirect).open(Request(url), timeout=PATIENCE) as response:  # noqa: S310 - https, see above
        return bytes(response.read(LONGEST))
