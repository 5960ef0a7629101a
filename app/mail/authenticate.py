"""Does a mail prove the domain in its From? By what our own border wrote, or by our own check of DKIM.

Only what is aligned with From counts. A result that is missing, or that a fault of DNS explains, is "none", never
"fail": for seconds after a repair real software says `dkim=fail (key not found)` of genuine mail.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.authentication import NOTHING_KNOWN, UNCHECKED, Authentication, AuthResult
from app.mail.alignment import domain_of, is_aligned, normal_domain
from app.mail.authresults import MethodResult, read_results
from app.mail.fields import RawField, raw_fields

# What the verifiers of opendkim, Gmail, Exchange and Fastmail say of a signature that was made for other words.
_BROKEN = re.compile(
    r"body hash|bad signature|signature verification failed|signature mismatch|did not verify|altered|failed to verify"
)
_BY_HOST = re.compile(r"(?:^|\s)by\s+([A-Za-z0-9.-]+)")
_LENGTH_TAG = re.compile(r"(?:^|;)\s*l\s*=")
_DOMAIN_TAG = re.compile(r"(?:^|;)\s*d\s*=\s*([^;\s]+)")


class Authenticator(Protocol):
    """Judges one mail by its raw bytes; `author` is the one address in its From. Never raises for what is in it."""

    def __call__(self, raw: bytes, author: str) -> Authentication: ...


def trust_the_token(raw: bytes, author: str) -> Authentication:
    """For a column that switched the check off."""
    del raw, author
    return UNCHECKED


@dataclass(frozen=True)
class Border:
    """Reads what our own MTA wrote into Authentication-Results.

    `names` are its authserv-ids. Fields count that stand above the first Received line that is not ours; ours are
    the lines "by" one of `hosts`. Without `hosts` only what stands above the topmost Received line counts. With
    them the border must strip foreign fields that bear its name (RFC 8601, 5): nobody else could tell.
    """

    names: tuple[str, ...]
    hosts: tuple[str, ...] = ()

    def __call__(self, raw: bytes, author: str) -> Authentication:
        fields = raw_fields(raw)
        return _Findings(domain_of(author), self._results(fields), _limited_domains(fields)).judged()

    def _results(self, fields: list[RawField]) -> list[MethodResult]:
        names = {name.lower().rstrip(".") for name in self.names}
        found: list[MethodResult] = []
        for name, value in fields:
            if name == "received" and not self._is_ours(value):
                break
            written = read_results(value) if name == "authentication-results" else None
            if written is not None and written.authserv_id in names:
                found += written.results
        return found

    def _is_ours(self, received: str) -> bool:
        by = _BY_HOST.search(received)
        return by is not None and by[1].lower().rstrip(".") in {host.lower().rstrip(".") for host in self.hosts}


def _limited_domains(fields: list[RawField]) -> list[str]:
    """Whose signatures have `l=`: Authentication-Results does not tell it."""
    signatures = [value for name, value in fields if name == "dkim-signature" and _LENGTH_TAG.search(value)]
    return [found[1] for value in signatures if (found := _DOMAIN_TAG.search(value))]


@dataclass
class _Findings:
    """Results of all fields together, seen from the domain in From."""

    author: str
    results: list[MethodResult]
    limited: list[str] = field(default_factory=list)

    def judged(self) -> Authentication:
        if not self.author:
            return NOTHING_KNOWN
        signers = sorted({domain for domain, result in self._signatures() if result.result == "pass"})
        envelope = next((domain for domain in self._envelopes() if is_aligned(domain, self.author)), "")
        return Authentication(
            self._result(passed=bool(signers or envelope)),
            tuple(signers),
            envelope,
            has_length_limit=any(is_aligned(domain, self.author) for domain in self.limited),
        )

    def _result(self, *, passed: bool) -> AuthResult:
        """A policy's definite fail wins over whatever else passes."""
        policy = {r.result for r in self._of("dmarc") if self._is_about_author(r)}
        signatures = [result for _, result in self._signatures()]
        if "fail" in policy and (passed or not any(map(_is_fault_of_dns, signatures))):
            return AuthResult.FAIL
        if passed or "pass" in policy:
            return AuthResult.PASS
        broken = any(r.result == "fail" and _BROKEN.search(r.reason) for r in signatures)
        return AuthResult.FAIL if broken else AuthResult.NONE

    def _of(self, method: str) -> list[MethodResult]:
        return [result for result in self.results if result.method == method]

    def _is_about_author(self, result: MethodResult) -> bool:
        """A pass must name the very domain; a fail counts also where it names none, or another."""
        judged = normal_domain(result.properties.get("header.from", "").rpartition("@")[2])
        return judged == self.author or result.result == "fail"

    def _signatures(self) -> list[tuple[str, MethodResult]]:
        """Those of the domain in From; `header.i` is all that some verifiers name."""
        named = [
            (normal_domain(r.properties.get("header.d") or domain_of(r.properties.get("header.i", ""))), r)
            for r in self._of("dkim")
        ]
        return [(domain, result) for domain, result in named if is_aligned(domain, self.author)]

    def _envelopes(self) -> list[str]:
        passed = [r.properties for r in self._of("spf") if r.result == "pass"]
        return [domain_of(p.get("smtp.mailfrom") or p.get("smtp.mfrom") or "") for p in passed]


def _is_fault_of_dns(result: MethodResult) -> bool:
    """A key that was not found is none that was wrong."""
    if result.result in ("temperror", "permerror"):
        return True
    return result.result == "fail" and re.search(r"key not found|no key|dns|key unavailable", result.reason) is not None
