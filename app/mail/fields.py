"""The fields of a header as they stand in the raw bytes: every one, in order, without the parser's mercy."""

import re
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")


class RawField(NamedTuple):
    name: str  # lower-case
    value: str  # unfolded


def head_of(raw: bytes) -> bytes:
    """Up to the first blank line; the parser would walk the whole body otherwise."""
    ends = [place for mark in (b"\r\n\r\n", b"\n\n") if (place := raw.find(mark)) >= 0]
    return raw[: min(ends)] + b"\r\n\r\n" if ends else raw


def raw_fields(raw: bytes) -> list[RawField]:
    """Also those that a parser would drop: with a space before the colon, or below a line that is no field.

    A mail program or a border may see them, so what they hide must count (RFC 5322, 4.5: obsolete syntax).
    """
    found: list[tuple[str, list[str]]] = []
    for line in _LINE_END.split(head_of(raw)):
        if line[:1] in (b" ", b"\t"):
            if found:
                found[-1][1].append(line.decode("utf-8", "replace"))
        elif match := _FIELD.match(line):
            found.append((match[1].decode("ascii").lower(), [line[match.end() :].decode("utf-8", "replace")]))
    return [RawField(name, "".join(lines).strip()) for name, lines in found]
