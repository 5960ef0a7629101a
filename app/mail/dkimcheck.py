"""Our own check of DKIM signatures over the raw bytes (RFC 6376), by dkimpy; DNS is handed in.

SPF needs the address of the server that connected, which no bytes tell: without a border there is DKIM alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.authentication import NOTHING_KNOWN, Authentication, AuthResult
from app.mail.alignment import domain_of, is_aligned, normal_domain

try:
    import dkim
    import dns.exception
    import dns.resolver
except ModuleNotFoundError:  # the extra `mailauth` is not installed; settings refuse to use it then
    dkim = None

IS_INSTALLED = dkim is not None
DNS_SECONDS = 3.0  # for one key; a worker has little more for the whole mail
_MOST_SIGNATURES = 3  # of the domain in From
_LONGEST_SIGNATURE = 8 * 1024  # octets; dkimpy's patterns are quadratic in it
_MOST_LINES = 1_000_000

KeyLookup = Callable[[str], bytes | None]
"""The TXT record at a name: None where DNS fails or has none."""


class _Check(StrEnum):
    GOOD = "good"
    BROKEN = "broken"  # the words are not those that were signed
    UNKNOWN = "unknown"  # no key, a fault of DNS, a signature that says nothing


@dataclass(frozen=True)
class OwnCheck:
    """Checks the signatures whose d= is aligned with From."""

    look_up: KeyLookup

    def __call__(self, raw: bytes, author: str) -> Authentication:
        if raw.count(b"\n") > _MOST_LINES:
            return NOTHING_KNOWN
        try:
            message = dkim.DKIM(raw)
        except Exception:  # noqa: BLE001 - dkimpy raises nearly anything on a header that is none
            return NOTHING_KNOWN
        signatures = _aligned(message, domain_of(author))
        return self._judged(message, signatures) if signatures else NOTHING_KNOWN

    def _judged(self, message: "dkim.DKIM", signatures: list["_Signature"]) -> Authentication:
        body, collapsed = message.body, re.sub(rb"[\t ]+", b" ", message.body)
        checked = []
        for signature in signatures[:_MOST_SIGNATURES]:
            # dkimpy's relaxed form is quadratic in a run of spaces; collapsing them first changes nothing for it
            message.body = collapsed if signature.has_relaxed_body else body
            checked.append((signature, _check(message, signature.place, self.look_up)))
        good = [signature for signature, check in checked if check is _Check.GOOD]
        whole = [signature for signature in good if not signature.has_length_limit]
        domains = tuple(sorted({signature.domain for signature in whole or good}))
        if good:
            return Authentication(AuthResult.PASS, domains, has_length_limit=not whole)
        is_broken = any(check is _Check.BROKEN for _, check in checked)
        return Authentication(AuthResult.FAIL) if is_broken else NOTHING_KNOWN


@dataclass(frozen=True)
class _Signature:
    place: int  # among all DKIM-Signature fields, from the top
    domain: str
    has_length_limit: bool
    has_relaxed_body: bool


def _aligned(message: "dkim.DKIM", author: str) -> list[_Signature]:
    fields = [value for name, value in message.headers if name.lower() == b"dkim-signature"]
    found = []
    for place, value in enumerate(fields):
        if len(value) > _LONGEST_SIGNATURE:
            continue
        tags = dict(_tags(value.decode("latin-1")))
        domain = normal_domain(tags.get("d", ""))
        if is_aligned(domain, author):
            found.append(_Signature(place, domain, "l" in tags, tags.get("c", "").endswith("/relaxed")))
    return found


def _tags(value: str) -> list[tuple[str, str]]:
    pairs = (spec.partition("=") for spec in value.split(";"))
    return [(name.strip(), "".join(text.split())) for name, _, text in pairs]


def _check(message: "dkim.DKIM", place: int, look_up: KeyLookup) -> _Check:
    found: dict[str, bytes | None] = {}

    def key_at(name: bytes, timeout: float = 0) -> bytes | None:
        del timeout
        text = name.decode("ascii").rstrip(".")
        if text not in found:
            found[text] = look_up(text)
        return found[text]

    try:
        prepared = message.verify_headerprep(place)
        signature = prepared[0]
        dkim.load_pk_from_dns(signature[b"s"] + b"._domainkey." + signature[b"d"], key_at)
        return _Check.GOOD if message.verify(place, dnsfunc=key_at) else _Check.BROKEN
    except dkim.ValidationError as error:
        return _Check.BROKEN if "body hash mismatch" in str(error) else _Check.UNKNOWN
    except Exception:  # noqa: BLE001 - a bad key, an unknown algorithm, tags that are none: nothing is known
        return _Check.UNKNOWN


def look_up_key(name: str) -> bytes | None:
    """From DNS, within a few seconds. Every fault of it is the same as no key."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return next((b"".join(record.strings) for record in answer), None)
