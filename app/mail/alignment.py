"""Whether two domains belong to one organisation: relaxed alignment (RFC 7489, 3.1 and 3.2)."""

import re
from functools import cache
from typing import Any

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?")

try:
    from publicsuffix2 import PublicSuffixList
except ModuleNotFoundError:  # the extra `mailauth` is not installed
    PublicSuffixList = None


def normal_domain(text: str) -> str:
    """Lower case, in ASCII, without the last dot; empty for what is no domain."""
    name = text.strip().rstrip(".")
    try:
        wire = (name if name.isascii() else name.encode("idna").decode("ascii")).lower()
    except UnicodeError:
        return ""
    return wire if _NAME.fullmatch(wire) else ""


def domain_of(address: str) -> str:
    return normal_domain(address.rpartition("@")[2])


def is_aligned(domain: str, with_from: str) -> bool:
    """`example.org` and `mail.example.org` are; two customers under one public suffix are not.

    Where the public suffix list does not know the end of the names, or is not installed: the same name, or one
    below the other.
    """
    one, other = normal_domain(domain), normal_domain(with_from)
    if not one or not other:
        return False
    if one == other:
        return True
    known = [organisation(name) for name in (one, other)]
    if all(known):
        return known[0] == known[1]
    return "." in min(one, other, key=len) and (one.endswith(f".{other}") or other.endswith(f".{one}"))


def organisation(domain: str) -> str:
    """The name below the public suffix; empty where no list says. Unknown ends are not guessed (`strict`)."""
    suffixes = _suffixes()
    return (suffixes.get_sld(domain, strict=True) or "") if suffixes else ""


@cache
def _suffixes() -> Any:
    return PublicSuffixList() if PublicSuffixList is not None else None
