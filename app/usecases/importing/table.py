"""CSV: a heading row, then one letter a row. Comma, semicolon or tab between; quotes as spreadsheets write them."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from app.domain.rows import csv_rows
from app.usecases.importing.fields import NEEDED, fields_of, letter_of
from app.usecases.importing.letters import LONGEST_SOURCE, Defaults, Letters, Place, Problem, Skipped

_PIECE = 1024 * 1024


def read_table(stream: BinaryIO, defaults: Defaults) -> Letters:
    yield from _rows(_lines(stream, _encoding(stream)), defaults)


def _encoding(stream: BinaryIO) -> str:
    """UTF-8 where every octet is, else what Windows writes. Reads the file once, in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream.seek(0)
    try:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        stream.seek(0)
    return "utf-8-sig"


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """With their ends, as "\\n"; in a cell there may be more than one. Raises csv.Error for one that does not end."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    rest, is_whole = "", False
    while not is_whole:
        piece = stream.read(_PIECE)
        is_whole = not piece
        *lines, rest = (rest + decoder.decode(piece, final=is_whole)).split("\n")
        yield from (f"{line}\n" for line in lines)
        if len(rest) > LONGEST_SOURCE:
            raise csv.Error("a line without an end")
    yield rest


def _rows(lines: Iterator[str], defaults: Defaults) -> Letters:
    try:
        heading = next(lines)
        rows = csv_rows(chain([heading], lines), _delimiter(heading), LONGEST_SOURCE)
        fields = fields_of(next(rows, (1, None))[1] or [])
        if missing := sorted(NEEDED - set(fields)):
            yield Skipped(Place(1), Problem.NO_COLUMNS, ", ".join(missing))
            return
        for number, (line, row) in enumerate(rows, 1):
            place = Place(line, f"row {number}")
            if row is None:
                yield Skipped(place, Problem.NOT_CSV)
            elif any(cell.strip() for cell in row):
                yield letter_of({name: cell for name, cell in zip(fields, row, strict=False) if name}, place, defaults)
    except csv.Error:
        yield Skipped(Place(1), Problem.NOT_CSV)


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)
