"""CSV: a heading row, then one letter a row. Comma, semicolon or tab between; quotes as spreadsheets write them."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from app.usecases.importing.fields import NEEDED, fields_of, letter_of
from app.usecases.importing.letters import LONGEST_SOURCE, Defaults, Letters, Place, Problem, Skipped

_PIECE = 1024 * 1024


def read_table(stream: BinaryIO, defaults: Defaults) -> Letters:
    text = io.TextIOWrapper(stream, encoding=_encoding(stream), errors="replace", newline="")
    csv.field_size_limit(LONGEST_SOURCE)
    yield from _rows(text, defaults)


def _encoding(stream: BinaryIO) -> str:
    """UTF-8 where every octet is, else what Windows writes. Reads the file once, in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream.seek(0)
    try:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        stream.seek(0)
    return "utf-8-sig"


def _rows(text: io.TextIOWrapper, defaults: Defaults) -> Letters:
    heading = text.readline()
    rows = csv.reader(_from(heading, text), delimiter=_delimiter(heading), strict=False)
    fields = fields_of(next(rows, []))
    if missing := sorted(NEEDED - set(fields)):
        yield Skipped(Place(1), Problem.NO_COLUMNS, ", ".join(missing))
        return
    line = rows.line_num
    try:
        for number, row in enumerate(rows, 1):
            place = Place(line + 1, f"row {number}")
            line = rows.line_num
            if any(cell.strip() for cell in row):
                yield letter_of({name: cell for name, cell in zip(fields, row, strict=False) if name}, place, defaults)
    except csv.Error:
        yield Skipped(Place(line + 1), Problem.TOO_LONG)


def _from(first: str, text: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from text


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)
