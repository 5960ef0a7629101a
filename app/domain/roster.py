"""A roster: subscribers as lines of a CSV file, as other programs export them and as ours does."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain, islice
from typing import TextIO

from app.domain.rows import csv_rows
from app.domain.subscription import Frequency

_FORMULA = re.compile(r"'*[=+@\t\r-]")
LONGEST_SOURCE = 120
LONGEST_CELL = 10_000
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("address", "email", "e-mail", "email address", "mail", "email_address"), "address"),
    **dict.fromkeys(("consented_on", "consent date", "date", "confirmed_at", "confirm_time", "created_at"), "date"),
    **dict.fromkeys(("consent_source", "consent source", "source"), "source"),
    "frequency": "frequency",
    "topics": "topics",
}
COLUMNS = ("address", "frequency", "topics", "consented_on", "consent_source")
"""What can be imported; an export has these and more."""


def inert(cell: str) -> str:
    """A cell as it goes out: a spreadsheet takes what begins so for a formula, without an apostrophe before it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _as_meant(cell: str) -> str:
    """A cell as it came in, without that apostrophe."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class LineProblem(StrEnum):
    """Why a line cannot be taken; the terminal has the sentence for each."""

    NO_END = "no-end"
    NO_ADDRESS = "no-address"
    BAD_ADDRESS = "bad-address"
    NO_DATE = "no-date"
    BAD_DATE = "bad-date"
    FUTURE_DATE = "future-date"
    NO_SOURCE = "no-source"
    UNKNOWN_FREQUENCY = "unknown-frequency"
    UNKNOWN_TOPIC = "unknown-topic"


class BadLine(ValueError):
    def __init__(self, problem: LineProblem, word: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.word = problem, word


@dataclass(frozen=True)
class Line:
    """One line, with its cells by what they mean; those of columns that nobody asked for are left out."""

    number: int  # of the file's line that it begins on, from 1
    cells: Mapping[str, str]
    is_readable: bool = True

    def address(self) -> str:
        """As it stands. Raises BadLine."""
        if not self.is_readable:
            raise BadLine(LineProblem.NO_END)
        found = self.cells.get("address", "")
        if not found:
            raise BadLine(LineProblem.NO_ADDRESS)
        return found

    def consented_on(self, given: date | None, today: date) -> date:
        """The line's own day, else the one given for all lines. Raises BadLine."""
        text = self.cells.get("date", "")
        try:
            day = date.fromisoformat(text[:10]) if text else given
        except ValueError:
            raise BadLine(LineProblem.BAD_DATE, text) from None
        if day is None:
            raise BadLine(LineProblem.NO_DATE)
        if day > today:
            raise BadLine(LineProblem.FUTURE_DATE, day.isoformat())
        return day

    def source(self, given: str) -> str:
        """Raises BadLine."""
        found = self.cells.get("source", "") or given
        if not found:
            raise BadLine(LineProblem.NO_SOURCE)
        return found[:LONGEST_SOURCE]

    def frequency(self) -> Frequency:
        """Raises BadLine."""
        text = self.cells.get("frequency", "").lower()
        if text and text not in list(Frequency):
            raise BadLine(LineProblem.UNKNOWN_FREQUENCY, text)
        return Frequency(text) if text else Frequency.WEEKLY

    def topics(self) -> list[str]:
        return [name for part in self.cells.get("topics", "").split(";") if (name := part.strip())]


def read_roster(file: TextIO) -> Iterator[Line]:
    """The lines of a CSV file with commas, semicolons or tabs. Without a head it is a list of addresses.

    A line that cannot be read as one ends the file: where it would end, nobody knows.
    """
    first = next(iter(islice(file, 1)), "")
    delimiter = max(",;\t", key=first.count) if any(mark in first for mark in ",;\t") else ","
    rows = csv_rows(chain([first], file), delimiter, LONGEST_CELL)
    top = next(rows, None)
    if top is None:
        return
    head = [_NAMES.get(cell.strip().lower(), "") for cell in top[1] or ()]
    if "address" in head:
        yield from _lines(rows, head)
    else:
        yield from _lines(chain([top], rows), ["address"])


def _lines(rows: Iterable[tuple[int, list[str] | None]], head: list[str]) -> Iterator[Line]:
    for number, row in rows:
        if row is None:
            yield Line(number, {}, is_readable=False)
        elif any(cell.strip() for cell in row):
            yield Line(number, {name: _as_meant(cell.strip()) for name, cell in zip(head, row, strict=False) if name})
