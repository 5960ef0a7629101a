"""What she typed into a paragraph of ours: those words are hers, and the rest of the paragraph is quote.

Looked at only where a paragraph is ours in part. Of a sentence of hers that repeats some words of ours nothing is
quote: it has hers on both sides, or the same words stand in the quote once more.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from app.mail.reply.align import Alignment
from app.mail.reply.lines import Line
from app.mail.reply.places import Places
from app.mail.reply.words import words_of

MOST_TAKEN_OUT = 12  # words of ours that are missing where she typed
MOST_OVERLAP = 3  # her first words may be those that stand there anyway
LONGEST_UNSPACED = 400  # characters without a space that are looked at one by one
MOST_PARAGRAPHS = 40  # that are ours in part
SHOWN = 8  # words by which a second copy of a passage is known


@dataclass(frozen=True)
class _Part:
    """Words start..end of the reply are ours, or hers."""

    is_ours: bool
    start: int
    end: int


def mixed_paragraphs(lines: Sequence[Line], alignment: Alignment) -> list[tuple[int, int]]:
    """Neighbouring lines of which one is ours in part; where a line begins what is ours or hers, a paragraph begins."""
    found: list[tuple[int, int]] = []
    first = 0
    for i in range(1, len(lines) + 1):
        if i < len(lines) and not _begins(lines, alignment, i):
            continue
        if any(_is_mixed(alignment, at) for at in range(first, i)):
            found.append((first, i))
        first = i
    return found[:MOST_PARAGRAPHS]


def _begins(lines: Sequence[Line], alignment: Alignment, i: int) -> bool:
    if lines[i].is_blank or lines[i - 1].is_blank or (lines[i].depth > 0) != (lines[i - 1].depth > 0):
        return True
    at = alignment.spans[i][0]
    is_inside = 0 < at < len(alignment.words)
    return is_inside and alignment.is_strong_word(at - 1) != alignment.is_strong_word(at)


def _is_mixed(alignment: Alignment, i: int) -> bool:
    start, end = alignment.spans[i]
    return 0 < alignment.strong_words(start, end) < end - start


def split_at_insertions(
    lines: list[Line], paragraphs: Sequence[tuple[int, int]], alignment: Alignment, places: Places
) -> list[Line]:
    """Lines of ours that she typed into, as several lines each; hers carry no quote mark."""
    finder = _Finder(alignment, places)
    borders: dict[int, bool] = {}  # word at which a line is parted, and whether what follows is hers
    for first, last in paragraphs:
        for part in finder.parts(first, last, is_marked=lines[first].depth > 0):
            borders[part.start] = not part.is_ours
    if not borders:
        return lines
    return [part for i, line in enumerate(lines) for part in _split(line, alignment.spans[i], borders)]


class _Finder:
    def __init__(self, alignment: Alignment, places: Places) -> None:
        self._alignment = alignment
        self._places = places
        self._strong = [run for run in alignment.unmarked if run.is_strong]
        self._starts = [run.start for run in self._strong]
        self._text = f" {' '.join(alignment.words)} "

    def parts(self, first: int, last: int, *, is_marked: bool) -> list[_Part]:
        """Of the paragraph of lines first..last; none when nothing in it was typed into ours."""
        parts = self._by_runs(self._alignment.spans[first][0], self._alignment.spans[last - 1][1])
        if not self._is_quote(parts):
            return []
        return self._placed(parts) or (parts if is_marked else [])

    def _by_runs(self, start: int, end: int) -> list[_Part]:
        parts = []
        for is_ours, run in groupby(range(start, end), self._alignment.is_strong_word):
            found = list(run)
            parts.append(_Part(is_ours, found[0], found[-1] + 1))
        return parts

    def _placed(self, parts: list[_Part]) -> list[_Part]:
        """The parts, when each of hers stands in one place of our text; what overlaps there is hers."""
        found = list(parts)
        for i, part in enumerate(parts):
            if part.is_ours:
                continue
            is_edge = i in {0, len(parts) - 1}
            missing = self._missing_around(part)
            if missing is None or (is_edge and missing > 0):
                if i and i == len(parts) - 1 and self._goes_on_from_above(parts[0]):
                    continue
                return []
            if missing < 0 and i:
                found[i - 1] = replace(found[i - 1], end=found[i - 1].end + missing)
                found[i] = replace(part, start=part.start + missing)
        return found

    def _missing_around(self, part: _Part) -> int | None:
        """How many words of ours are missing where hers stand."""
        at = bisect_left(self._starts, part.start)
        if not 0 < at < len(self._strong):
            return None
        above, below = self._strong[at - 1], self._strong[at]
        words = self._alignment.words
        found = self._places.between(words[above.start : above.end], words[below.start : below.end])
        if found is None or not -min(MOST_OVERLAP, above.end - above.start - 1) <= found[0] <= MOST_TAKEN_OUT:
            return None
        return found[0]

    def _goes_on_from_above(self, part: _Part) -> bool:
        """A run of ours goes on from the paragraph above into this one."""
        at = bisect_left(self._starts, part.start)
        return part.is_ours and at > 0 and self._strong[at - 1].end > part.start

    def _is_quote(self, parts: list[_Part]) -> bool:
        is_inside = parts[0].is_ours or parts[-1].is_ours
        return is_inside and all(self._is_once(part) for part in parts if part.is_ours)

    def _is_once(self, part: _Part) -> bool:
        some = " ".join(self._alignment.words[part.start : min(part.end, part.start + SHOWN)])
        return self._text.count(f" {some} ") == 1


def _split(line: Line, span: tuple[int, int], borders: dict[int, bool]) -> Iterator[Line]:
    start, end = span
    inside = [word for word in range(start, end) if word in borders]
    places = _places(line, [word - start for word in inside], end - start)
    if not places:
        yield line
        return
    if places[0] > 0 and line.text[: places[0]].strip(" >\xa0"):
        places, inside = [0, *places], [-1, *inside]
    for at, to, word in zip([0, *places[1:]], [*places[1:], len(line.text)], inside, strict=True):
        body = line.body if not at and to == len(line.text) else line.text[max(at, len(line.text) - len(line.body)) : to]
        is_hers = borders.get(word, False)
        ending = line.end if to == len(line.text) else line.start + to
        yield Line(line.start + at, ending, line.text[at:to], body, 0 if is_hers else line.depth)


def _places(line: Line, numbers: Sequence[int], count: int) -> list[int]:
    """Where in the line the words with these numbers begin; nothing when they cannot be told apart."""
    wanted, places = list(numbers), []
    at, number = len(line.text) - len(line.body), 0
    for chunk in line.body.split(" "):
        size = len(words_of(chunk))
        while wanted and number <= wanted[0] < number + size:
            places.append(at + _inside(chunk, wanted.pop(0) - number))
        at, number = at + len(chunk) + 1, number + size
    return places if number == count and all(a < b for a, b in pairwise(places)) else []


def _inside(chunk: str, number: int) -> int:
    """Where the word begins in a text without spaces, as Chinese and Japanese are written."""
    if not number or len(chunk) > LONGEST_UNSPACED:
        return 0
    return next((at for at in range(1, len(chunk)) if len(words_of(chunk[: at + 1])) > number), 0)
