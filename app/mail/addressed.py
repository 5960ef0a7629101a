"""Whom a mail was for and whence it came, read from its header: for doors that get no envelope."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.mail.address import is_wire_address
from app.mail.parse import LONGEST_HEAD

# What the last server wrote of the envelope recipient. Each server puts its own lines above those that it got.
_TRACE = (
    b"delivered-to",
    b"x-original-to",
    b"envelope-to",
    b"x-envelope-to",
    b"x-delivered-to",
    b"x-gm-original-to",
)
_STATED = (b"to", b"cc", b"bcc", b"resent-to", b"resent-cc")
_MOST = 200  # of each kind; a real mail has a handful
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*((?:[^\n]*(?:\n[ \t])?)*)", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:]{1,64}@[^\s<>()\[\]\",;:]{1,255}")
_LONGEST_FIELD = 64 * 1024


@dataclass(frozen=True)
class Addressed:
    """Addresses as they stand in the header, without repetitions. All of it may be forged."""

    traced: tuple[str, ...]  # in trace fields, from the top: what the nearest server wrote comes first
    stated: tuple[str, ...]  # in To, Cc and Bcc
    return_path: str | None  # of the topmost Return-Path; empty for <>, None where there is none
    author: str  # the first address in From, or empty

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every recipient, in the order of trust."""
        return tuple(dict.fromkeys((*self.traced, *self.stated)))

    @property
    def sender(self) -> str:
        """The best that is known of the envelope sender. Empty, a bounce, only where a server wrote that."""
        return self.return_path if self.return_path is not None else self.author or "unknown"


def read_addressed(raw: bytes) -> Addressed:
    """Never raises: what cannot be read is not there. Needs time in proportion to the header's length."""
    fields = list(_fields(raw))
    paths = [value for name, value in fields if name == b"return-path"]
    return Addressed(
        traced=_addresses(fields, (_TRACE,)),
        stated=_addresses(fields, ((name,) for name in _STATED)),
        return_path=_path(paths[0]) if paths else None,
        author=next(iter(_addresses(fields, ((b"from",),))), ""),
    )


def _fields(raw: bytes) -> Iterator[tuple[bytes, str]]:
    """The fields above the first blank line, names in lower case, values unfolded."""
    head = raw[:LONGEST_HEAD].replace(b"\r\n", b"\n").replace(b"\r", b"\n").partition(b"\n\n")[0]
    for found in _FIELD.finditer(head):
        value = found[2][:_LONGEST_FIELD].decode("ascii", "replace")
        yield found[1].lower(), " ".join(value.split())


def _addresses(fields: list[tuple[bytes, str]], groups: Iterable[tuple[bytes, ...]]) -> tuple[str, ...]:
    """Group after group; inside of a group in the order of the header."""
    found: dict[str, None] = {}
    for names in groups:
        for text in (value for name, value in fields if name in names):
            for candidate in _ADDRESS.findall(text):
                address = candidate.strip("'.")
                if len(found) < _MOST and is_wire_address(address):
                    found.setdefault(address)
    return tuple(found)


def _path(value: str) -> str | None:
    """RFC 5321, 4.4: `<>` is the null sender. Anything that is no address tells nothing."""
    if value.replace(" ", "") == "<>":
        return ""
    path = value.strip("<> ")
    return path if is_wire_address(path) else None
