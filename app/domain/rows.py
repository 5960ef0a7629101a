"""The rows of a CSV file; and of one in which a quotation mark has no second, up to there."""

import csv
from collections.abc import Iterable, Iterator


def csv_rows(lines: Iterable[str], delimiter: str, longest: int) -> Iterator[tuple[int, list[str] | None]]:
    """Each row with the number of the line that it begins on. The last one is None where it cannot be read.

    A cell beyond `longest` characters is no cell, but what stands behind a quotation mark without its second.
    """
    # for the whole process, and each reader has cells of its own: so it is no measure here, and only has to suffice
    csv.field_size_limit(max(csv.field_size_limit(), longest))
    whole = _Lines(lines)
    reader = csv.reader(whole, delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        # a row that asks for a line behind the last one is in a cell still; the reader gives what it has, and no word
        if row is None or whole.is_over or max(map(len, row), default=0) > longest:
            yield number, None
            return
        yield number, row


class _Lines:
    """Lines, and whether one was asked for behind the last."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.is_over = False

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.is_over = True
