"""Email addresses: what a person typed into a form, and what goes on the wire.

A wire address is plain ASCII: a dot-atom, "@", and host-name labels, without quotes, comments or brackets.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

import email_validator

# Reserved names that columns under test, on a laptop or in an office network do use; the others (arpa,
# invalid, onion) never have a mailbox. No option of a call does this: the library documents its list for it.
_USABLE_SPECIAL_NAMES: Final = frozenset({"local", "localhost", "test"})
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _USABLE_SPECIAL_NAMES
]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Controls, spaces, line separators and surrogates; and what quotes, comments, lists and literals are made of.
_NEVER = re.compile(r'[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff"(),:;<>\[\\\]]')
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path is 256 octets with its angle brackets
_LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_LONGEST_DOMAIN = 255  # RFC 5321, 4.5.3.1.2


class AddressProblem(StrEnum):
    """Why a typed address cannot be used; templates word it."""

    MISSING = "missing"
    NO_AT = "no-at"
    TWO_ATS = "two-ats"
    BAD_DOMAIN = "bad-domain"
    NON_ASCII_LOCAL = "non-ascii-local"
    TOO_LONG = "too-long"
    MALFORMED = "malformed"


class BadAddress(ValueError):
    """A typed address that we cannot write to; `problem` tells why."""

    def __init__(self, problem: AddressProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def normalise_address(text: str) -> str:
    """The wire form of one typed address: domain IDNA-encoded and lower-cased, local part as it was typed.

    Spaces around it are dropped. Nothing is looked up in DNS. Raises BadAddress.
    Source: RFC 5321, 4.1.2; RFC 5891 for the domain.
    """
    typed = text.strip(" \u00a0")
    problem = _shape_problem(typed)
    if problem:
        raise BadAddress(problem)
    local, _, domain = typed.partition("@")
    wire = f"{local}@{_ascii_domain(domain)}"
    if len(wire) > _LONGEST_ADDRESS:
        raise BadAddress(AddressProblem.TOO_LONG)
    if not is_wire_address(wire):
        raise BadAddress(AddressProblem.MALFORMED)
    return wire


def address_of(text: str) -> str:
    """One spelling for each mailbox, for rows that must be there once: `normalise_address` in lower case.

    Servers that tell Bob from bob are gone; people who type both are not. Raises BadAddress.
    """
    return normalise_address(text).lower()


def _shape_problem(typed: str) -> AddressProblem | None:
    local, at, _ = typed.partition("@")
    checks = {
        AddressProblem.MISSING: not typed,
        AddressProblem.TOO_LONG: len(typed) > _LONGEST_ADDRESS or bool(at and len(local) > _LONGEST_LOCAL),
        AddressProblem.TWO_ATS: typed.count("@") > 1,
        AddressProblem.MALFORMED: _NEVER.search(typed) is not None,
        AddressProblem.NO_AT: not at,
        AddressProblem.NON_ASCII_LOCAL: not local.isascii(),
    }
    return next((problem for problem, found in checks.items() if found), None)


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    typed = f"x@{domain}"  # without the local part: the library would lower-case Postmaster (RFC 2142)
    try:
        checked = email_validator.validate_email(typed, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise BadAddress(AddressProblem.BAD_DOMAIN) from error
    return checked.ascii_domain.lower()


def is_wire_address(text: str) -> bool:
    """Whether the text is one bare address that is safe in an SMTP command and in a header.

    "=?" is legal in a dot-atom, but mail programs decode it as an encoded-word (RFC 2047), so it is not safe.
    """
    local, at, domain = text.partition("@")
    return (
        bool(at)
        and len(local) <= _LONGEST_LOCAL
        and len(domain) <= _LONGEST_DOMAIN
        and "=?" not in local
        and _DOT_ATOM.fullmatch(local) is not None
        and _HOST.fullmatch(domain) is not None
    )


def same_address(a: str, b: str) -> bool:
    """Whether two wire addresses mean one mailbox.

    Only the domain is case-insensitive by RFC 5321, 2.4; but people retype their own address in another case.
    """
    return a.lower() == b.lower()


def mask(address: str) -> str:
    """The address as a page may show it to somebody who knows it: t…m@example.org."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "…"
    first = local[:1] if len(local) > 1 else ""
    last = local[-1] if len(local) > 2 else ""
    return f"{first}…{last}@{domain}"
