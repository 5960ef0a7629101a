"""Addresses that must not be written to: known by a keyed hash alone, which outlives the person's erasure."""

import hmac

from app.usecases.mailbag import Mailbag


def digest_of(mailbag: Mailbag, address: str) -> str:
    """HMAC-SHA256 of the address in lower case, hexadecimal: how a suppression names it."""
    key = mailbag.links.signer.secret("suppression")
    return hmac.digest(key, address.lower().encode(), "sha256").hex()
