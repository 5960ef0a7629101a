"""Checks of signatures and passwords, all in constant time."""

import base64
import binascii
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.ingress.webhook.posted import Forged, Keys, Posted


def check_hmac(keys: Keys, message: bytes, signature: str) -> None:
    """HMAC-SHA256 in hexadecimal, by any of the keys. Raises Forged."""
    given = signature.strip().lower().encode("utf-8", "replace")
    expected = [hmac.new(key.encode(), message, "sha256").hexdigest().encode() for key in keys.keys]
    matches = [hmac.compare_digest(given, one) for one in expected]  # all of them, whichever it is
    if not any(matches):
        raise Forged("The signature is wrong; is the key the same on both sides?")


def check_ecdsa(keys: Keys, message: bytes, signature: str) -> None:
    """ECDSA over SHA-256, base 64, by any of the public keys (base 64 of DER). Raises Forged."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise Forged("The signature is no base 64.") from None
    if not any(_is_signed_by(public_key(key), message, given) for key in keys.keys):
        raise Forged("The signature is wrong; is it this webhook's verification key?")


def _is_signed_by(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def public_key(text: str) -> EllipticCurvePublicKey:
    """Raises ValueError for what is no elliptic public key."""
    key = load_der_public_key(base64.b64decode(text, validate=True))
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not an elliptic curve's key")  # noqa: TRY004 - a wrong setting, not a wrong type of ours
    return key


def check_password(keys: Keys, posted: Posted) -> None:
    """In the address, or as the password of Basic authentication (RFC 7617) under any name. Raises Forged."""
    given = [posted.tail.strip("/"), _basic_password(posted.header("authorization"))]
    attempts = [hmac.compare_digest(one.encode(), known.encode()) for one in given for known in keys.passwords]
    if not any(attempts):
        raise Forged("The password in the address is wrong.")


def _basic_password(header: str) -> str:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
