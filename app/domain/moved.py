"""Addresses that letters had elsewhere, before they came here."""

import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

LONGEST_PATH = 400


@dataclass(eq=False)
class OldAddress:
    """A path on the old site, as `path_of` writes it, and the letter that stands for it now."""

    path: str
    question_id: int
    id: int | None = None


def path_of(address: str) -> str:
    """The path of an address without its host, decoded, with no slash at its end; empty where it says nothing.

    "/?p=12", the short address of a blog, keeps that part of its query.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    path = "/" + unicodedata.normalize("NFC", unquote(parts.path)).strip("/")
    if path == "/":
        number = dict(parse_qsl(parts.query)).get("p", "")
        return f"/?p={number}" if number.isascii() and number.isdigit() else ""
    has_control = any(unicodedata.category(c) in ("Cc", "Cs") for c in path)
    return "" if has_control or len(path) > LONGEST_PATH else path
