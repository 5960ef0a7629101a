"""JSON: an array of letters, an object with one under "letters", one letter, or one letter a line.

Read as a stream: no more than one letter and a piece of the file is in memory.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from app.usecases.importing.fields import KNOWN, letter_of
from app.usecases.importing.letters import (
    LONGEST_SOURCE,
    Defaults,
    ImportedLetter,
    Letters,
    Place,
    Problem,
    Skipped,
)

_PIECE = 256 * 1024
_BETWEEN = re.compile(r"[\s,]*")
_IN_LETTERS = re.compile(r'"letters"\s*:\s*\[')


class _Text:
    """What is not yet read of a file, and the line that it begins in."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self.rest = ""
        self.at = 0  # how far of it is done with
        self.line = 1
        self.is_whole = False

    def more(self) -> None:
        """At least as much again, so that a long letter is tried a few times and not a thousand."""
        left = self.rest[self.at :]
        piece = self._stream.read(max(_PIECE, len(left)))
        self.is_whole = not piece
        self.rest, self.at = left + self._decode(piece, not piece), 0

    @property
    def next(self) -> str:
        """One character; empty at the end."""
        return self.rest[self.at : self.at + 1]

    def pass_to(self, at: int) -> None:
        self.line += self.rest.count("\n", self.at, at)
        self.at = at

    def pass_between(self) -> None:
        while True:
            match = _BETWEEN.match(self.rest, self.at)
            self.pass_to(match.end() if match else self.at)
            if self.next or self.is_whole:
                return
            self.more()


def read_list(stream: BinaryIO, defaults: Defaults) -> Letters:
    text = _Text(stream)
    try:
        text.more()
        _enter(text)
        number = 0
        for line, value in _values(text):
            if isinstance(value, Skipped):
                yield value
                return
            number += 1
            yield _letter(value, Place(line, f"item {number}"), defaults)
        if not number:
            yield Skipped(Place(1), Problem.NOT_A_LETTER)
    except UnicodeDecodeError:
        yield Skipped(Place(text.line), Problem.NOT_JSON, "UTF-8")


def _enter(text: _Text) -> None:
    """Past the bracket that the letters stand in, where there is one."""
    text.pass_between()
    if text.next == "[":
        text.pass_to(text.at + 1)
    elif found := _IN_LETTERS.search(text.rest):
        text.pass_to(found.end())


def _values(text: _Text) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    while True:
        text.pass_between()
        if text.next in ("", "]"):
            return
        try:
            value, end = decoder.raw_decode(text.rest, text.at)
        except (ValueError, RecursionError) as error:
            if text.is_whole or len(text.rest) - text.at > LONGEST_SOURCE or isinstance(error, RecursionError):
                yield text.line, Skipped(Place(text.line), Problem.NOT_JSON, str(error)[:80])
                return
            text.more()
            continue
        yield text.line, value
        text.pass_to(end)


def _letter(value: Any, place: Place, defaults: Defaults) -> ImportedLetter | Skipped:
    if not isinstance(value, dict):
        return Skipped(place, Problem.NOT_A_LETTER)
    values = {KNOWN[name]: text for name, text in value.items() if name in KNOWN and isinstance(text, str)}
    if any("\ud800" <= c <= "\udfff" for text in values.values() for c in text):
        return Skipped(place, Problem.NOT_JSON, "half a character")
    return letter_of(values, place, defaults)
