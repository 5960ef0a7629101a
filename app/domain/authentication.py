"""How well a mail proves the domain in its From: one frozen value, and the strengths that we pin to an address."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class AuthResult(StrEnum):
    PASS = "pass"  # an aligned pass of DKIM, SPF or DMARC
    NONE = "none"  # no result, or one that a fault of DNS can explain
    FAIL = "fail"  # surely not what its From says
    UNCHECKED = "unchecked"  # the check is switched off: token and From alone count


@dataclass(frozen=True)
class Authentication:
    """`dkim_domains` and `spf_domain` passed and are aligned with From (RFC 7489, 3.1)."""

    result: AuthResult
    dkim_domains: tuple[str, ...] = ()
    spf_domain: str = ""
    has_length_limit: bool = False  # signed with l=: whoever passed it on could add text below

    @property
    def means(self) -> frozenset[str]:
        """By what it passed, in the words that are pinned: `dkim=example.org`, `spf`, or `none`."""
        if self.result is not AuthResult.PASS:
            return frozenset({"none"})
        return frozenset(f"dkim={domain}" for domain in self.dkim_domains) or frozenset({"spf"})

    def wire(self) -> str:
        """How a row stores it: `pass dkim=example.org spf=example.org l`."""
        words = [str(self.result), *(f"dkim={domain}" for domain in self.dkim_domains)]
        words += [f"spf={self.spf_domain}"] if self.spf_domain else []
        return " ".join([*words, "l"] if self.has_length_limit else words)

    @classmethod
    def read(cls, wire: str) -> Self | None:
        """None where no result was stored: the mail was not looked at that far."""
        if not wire:
            return None
        result, *words = wire.split(" ")
        return cls(
            AuthResult(result),
            tuple(word.removeprefix("dkim=") for word in words if word.startswith("dkim=")),
            next((word.removeprefix("spf=") for word in words if word.startswith("spf=")), ""),
            "l" in words,
        )


UNCHECKED = Authentication(AuthResult.UNCHECKED)
NOTHING_KNOWN = Authentication(AuthResult.NONE)


@dataclass(frozen=True)
class Pinned:
    """How an address has authenticated so far; DKIM of a known domain is stronger than SPF, SPF than nothing."""

    means: frozenset[str] = frozenset()

    @classmethod
    def read(cls, wire: str) -> Self:
        return cls(frozenset(wire.split()))

    def wire(self) -> str:
        return " ".join(sorted(self.means))

    def is_met_by(self, authentication: Authentication) -> bool:
        """Whether a mail that passes is at least as strong as what is pinned."""
        if not self.means or self.means & {"none", "spf"}:
            return True
        return bool(self.means & authentication.means)

    def after(self, authentication: Authentication) -> Self:
        """After a reply that was taken by the rules alone: the first sets it, a stronger one raises it."""
        if authentication.result is not AuthResult.PASS or any(m.startswith("dkim=") for m in self.means):
            return self
        return type(self)(authentication.means)

    def widened(self, authentication: Authentication) -> Self:
        """After she herself said that a mail was hers. One that proved nothing lowers no bar: DNS may have failed."""
        if authentication.result is AuthResult.PASS:
            return type(self)((self.means - {"none"}) | authentication.means)
        return type(self)(self.means or authentication.means)
