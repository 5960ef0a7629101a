"""What she typed into a paragraph of ours: those words are hers, and the rest of the paragraph is quote.

Looked at only where a paragraph is ours in part. Of a sentence of hers that repeats some words of ours nothing is
quote: it has hers on both sides, or the same words stand in the quote once more.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby, islice, pairwise

from app.mail.reply.align import Alignment, Run, SentText, alignment_of
from app.mail.reply.lines import Line
from app.mail.reply.parted import part_line, places_in
from app.mail.reply.places import NEAR, Places

MOST_TAKEN_OUT = 12  # words of ours that are missing where she typed
MOST_OVERLAP = 3  # her first words may be those that stand there anyway
MOST_PARAGRAPHS = 20  # that are ours in part
MOST_PARTS = 15  # of one
ALIKE = 0.6  # a word that she mended
MOST_MENDED = 2
FEWEST_AT_END = 2
FEWEST_AT_EDGE = 3
MOST_ABOVE = 3  # runs
MOST_NAME_WORDS = 3
SENTENCE_ENDS = frozenset(".!?…:;,)]。、！？：")
SHOWN = 8  # words by which a second copy of a passage is known


@dataclass(frozen=True)
class _Part:
    """Words start..end of the reply are ours, or hers."""

    is_ours: bool
    start: int
    end: int


def doubled(alignment: Alignment, sent: SentText) -> frozenset[int]:
    """Words that she typed before the same words of ours: "until NOT! not yet better"."""
    found: set[int] = set()
    strong = [run for run in alignment.unmarked if run.is_strong]
    for above, below in islice(_touching(strong), MOST_PARTS):
        between = sent.places.between(
            alignment.words[above.start : above.end], alignment.words[above.end : below.end], MOST_OVERLAP
        )
        if between is not None and between[0] < 0:
            found.update(range(above.end + between[0], above.end))
    return frozenset(found)


def _touching(strong: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    return ((a, b) for a, b in pairwise(strong) if b.start <= a.end < b.end)


def mixed_paragraphs(
    lines: Sequence[Line], alignment: Alignment, doubled: frozenset[int] = frozenset()
) -> list[tuple[int, int]]:
    """Neighbouring lines of which one is ours in part; where a line begins what is ours or hers, a paragraph begins."""
    found: list[tuple[int, int]] = []
    first = 0
    for i in range(1, len(lines) + 1):
        if i < len(lines) and not _begins(lines, alignment, i):
            continue
        if any(_is_mixed(alignment, at, doubled) for at in range(first, i)):
            found.append((first, i))
        first = i
    return found[:MOST_PARAGRAPHS]


def _begins(lines: Sequence[Line], alignment: Alignment, i: int) -> bool:
    if lines[i].is_blank or lines[i - 1].is_blank or (lines[i].depth > 0) != (lines[i - 1].depth > 0):
        return True
    at = alignment.spans[i][0]
    is_inside = 0 < at < len(alignment.words)
    return is_inside and alignment.is_strong_word(at - 1) != alignment.is_strong_word(at)


def _is_mixed(alignment: Alignment, i: int, doubled: frozenset[int]) -> bool:
    start, end = alignment.spans[i]
    return 0 < alignment.strong_words(start, end) < end - start or any(start < word < end for word in doubled)


def split_at_insertions(
    lines: list[Line],
    paragraphs: Sequence[tuple[int, int]],
    alignment: Alignment,
    places: Places,
    doubled: frozenset[int] = frozenset(),
) -> tuple[list[Line], Alignment, list[int]]:
    """Lines of ours that she typed into, as several lines each; hers carry no quote mark. And which ones are ours."""
    finder = Finder(lines, alignment, places, doubled)
    borders: dict[int, bool] = {}  # word at which a line is parted, and whether what follows is hers
    ours: list[Run] = []
    for first, last in paragraphs:
        for part in finder.parts(first, last, is_marked=lines[first].depth > 0):
            borders[part.start] = not part.is_ours
            if not part.is_ours:  # also of the lines that she filled
                lines_at = (alignment.spans[i][0] for i in range(first, last))
                borders |= {at: True for at in lines_at if part.start < at < part.end}
            ours += [Run(part.start, part.end, is_strong=True)] if part.is_ours else []
    if not ours:
        return lines, alignment, []
    parted = [list(part_line(line, alignment.spans[i], borders)) for i, line in enumerate(lines)]
    spans = [span for pieces in parted for _, span in pieces]
    # Words of a run that overlaps hers are not ours for that.
    runs, unmarked = (_without_hers(found, borders, ours) for found in (alignment.runs, alignment.unmarked))
    is_one = alignment.unmarked is alignment.runs
    ends = {part.start: part.end for part in ours}
    starts = sorted(ends)
    return (
        [line for pieces in parted for line, _ in pieces],
        alignment_of(alignment.words, spans, runs, runs if is_one else unmarked),
        [i for i, (start, end) in enumerate(spans) if start < end <= _end_of_part(start, starts, ends)],
    )


def _end_of_part(word: int, starts: Sequence[int], ends: dict[int, int]) -> int:
    at = bisect_right(starts, word)
    return ends[starts[at - 1]] if at else 0


def _without_hers(runs: Sequence[Run], borders: dict[int, bool], ours: list[Run]) -> list[Run]:
    starts = sorted(start for start, is_hers in borders.items() if is_hers)
    kept: list[Run] = []
    for run in runs:
        at = bisect_right(starts, run.start)
        is_inside = at < len(starts) and starts[at] < run.end
        kept.append(run._replace(end=starts[at]) if is_inside else run)
    return [*kept, *ours]


class Finder:
    """Tells ours from hers by where the runs around them stand in what we sent."""

    def __init__(
        self, lines: Sequence[Line], alignment: Alignment, places: Places, doubled: frozenset[int] = frozenset()
    ) -> None:
        self._doubled = doubled
        self._lines = lines
        self._alignment = alignment
        self._words = alignment.words
        self._places = places
        self._strong = [run for run in alignment.unmarked if run.is_strong]
        self._starts = [run.start for run in self._strong]
        self._text = f" {' '.join(alignment.words)} "

    def parts(self, first: int, last: int, *, is_marked: bool) -> list[_Part]:
        """Of the paragraph of lines first..last; none when nothing in it was typed into ours."""
        parts = self._by_runs(self._alignment.spans[first][0], self._alignment.spans[last - 1][1])
        if not self._is_quote(parts) or self._only_begins_alike(parts):
            return []
        placed = self._placed(parts)
        return _merged(placed) if placed else parts if is_marked else []

    def is_continued(self, start: int, end: int, near: int = 0) -> bool:
        """The words start..end, all ours, go on where a run above them ended, or up to `near` words farther down."""
        if not self._is_once(_Part(is_ours=True, start=start, end=end)):
            return False
        words = self._words[start:end]
        at = bisect_left(self._starts, start)
        if at and self._strong[at - 1].end > start:
            return False  # of her own sentence, which began above
        for above in self._strong[max(0, at - MOST_ABOVE) : at]:
            found = self._places.between(self._words[above.start : min(above.end, start)], words, max(NEAR, near))
            if found is not None and -MOST_OVERLAP <= found[0] <= near:
                return True
        return False

    def _by_runs(self, start: int, end: int) -> list[_Part]:
        parts = []
        for is_ours, run in groupby(range(start, end), self._is_ours):
            found = list(run)
            parts.append(_Part(is_ours, found[0], found[-1] + 1))
        return parts

    def _is_ours(self, word: int) -> bool:
        return self._alignment.is_strong_word(word) and word not in self._doubled

    def _placed(self, parts: list[_Part]) -> list[_Part]:
        """The parts, when each of hers stands in one place of our text, less what is ours there after all."""
        found: list[_Part] = []
        for i in range(len(parts)):
            part = parts[i]
            if part.is_ours:
                found.append(part)
                continue
            placed = self._in_place(part, parts, i)
            if not placed:
                return []
            if found and placed[0].start < part.start:  # the run of ours had taken words of hers
                found[-1] = replace(found[-1], end=placed[0].start)
            if placed[-1].end > part.end:
                parts = [*parts[: i + 1], replace(parts[i + 1], start=placed[-1].end), *parts[i + 2 :]]
            found += placed
        return found

    def _breaks(self, *words: int) -> int:
        """How many of the words stand at the beginning of a sentence, or of a line."""
        return sum(self._begins_sentence(word) for word in words)

    def _begins_sentence(self, word: int) -> bool:
        at = bisect_right(self._alignment.spans, (word, len(self._words))) - 1
        start, end = self._alignment.spans[at]
        if word in {start, end}:
            return True
        places = places_in(self._lines[at], [word - start], end - start)
        return bool(places) and self._lines[at].text[: places[0]].rstrip()[-1:] in SENTENCE_ENDS

    def _in_place(self, part: _Part, parts: list[_Part], i: int) -> list[_Part]:
        if part.start in self._doubled:
            return [part]
        around = self._around(part.end)
        is_last = 0 < i == len(parts) - 1
        if is_last and (around is None or around[1]):
            part = replace(part, start=self._without_first_words(part.start))
        is_in_quote = is_last and len(parts) == 2 and self._goes_on_from_above(parts[0])
        if around is None:
            return self._without_rest_of_ours(part, parts[0]) if is_in_quote or (is_last and i > 1) else []
        overlap, missing = around
        if overlap:
            shifts = range(overlap if is_last else 0, (overlap if i else 0) + 1)
            shift = max(shifts, key=lambda n: self._breaks(part.start - n, part.end + overlap - n))
            return [replace(part, start=part.start - shift, end=part.end + overlap - shift)]
        words = self._words[part.start : part.end]
        above = _same_at_start(words, missing)
        below = _same_at_start(words[above:][::-1], missing[above:][::-1])
        start, end = part.start + above, part.end - below
        if _alike(words[above : len(words) - below], missing[above : len(missing) - below]):
            start = end
        elif i in {0, len(parts) - 1} and not (above or below or is_in_quote or len(missing) <= MOST_MENDED):
            return []
        return _ours_around(part, start, end)

    def _without_first_words(self, word: int) -> int:
        """Where hers begins: one or two words of ours at the beginning of its line are hers by chance."""
        at = bisect_right(self._alignment.spans, (word, len(self._words))) - 1
        start = self._alignment.spans[at][0]
        return start if word - start < FEWEST_AT_EDGE else word

    def _without_rest_of_ours(self, part: _Part, above: _Part) -> list[_Part]:
        """At the end of what is left of the quote: the paragraph may go on with a few words of ours below hers."""
        words = self._words[part.start : part.end]
        rest = self._places.following(self._words[above.start : above.end], MOST_TAKEN_OUT)
        sizes = [n for n in range(FEWEST_AT_END, len(rest) + 1) if tuple(words[-n:]) == tuple(rest[:n])]
        return _ours_around(part, part.start, part.end - max(sizes, default=0))

    def _around(self, word: int) -> tuple[int, Sequence[str]] | None:
        """Between the last run that ends above a word and the first that begins at it or below: overlap, or missing."""
        at = bisect_left(self._starts, word)
        if not 0 < at < len(self._strong):
            return None
        above, below = self._strong[at - 1], self._strong[at]
        found = self._places.between(self._words[above.start : above.end], self._words[below.start : below.end])
        if found is None or not -min(MOST_OVERLAP, above.end - above.start - 1) <= found[0] <= MOST_TAKEN_OUT:
            return None
        return max(0, -found[0]), found[1] if found[0] > 0 else ()

    def _goes_on_from_above(self, part: _Part) -> bool:
        """Ours begins where the run above it ended: she typed at the end of the paragraph."""
        if not part.is_ours:
            return False
        at = bisect_left(self._starts, part.start)
        if at > 0 and self._strong[at - 1].end > part.start:
            return True
        found = self._around(part.start)
        return found is not None and not found[1]

    def _only_begins_alike(self, parts: list[_Part]) -> bool:
        """Her first words are by chance those that come next in ours."""
        ours = [part for part in parts if part.is_ours]
        return len(ours) == 1 and ours[0].end - ours[0].start < FEWEST_AT_EDGE

    def _is_quote(self, parts: list[_Part]) -> bool:
        is_inside = 1 < len(parts) <= MOST_PARTS and (parts[0].is_ours or parts[-1].is_ours)
        return is_inside and all(self._is_once(part) for part in parts if part.is_ours)

    def _is_once(self, part: _Part) -> bool:
        some = self._words[part.start : min(part.end, part.start + SHOWN)]
        return self._text.count(f" {' '.join(some)} ") <= self._places.count(some)


def _ours_around(part: _Part, start: int, end: int) -> list[_Part]:
    """Of the part only the words start..end are hers."""
    pieces = (
        _Part(is_ours=True, start=part.start, end=start),
        _Part(is_ours=False, start=start, end=end),
        _Part(is_ours=True, start=end, end=part.end),
    )
    return [piece for piece in pieces if piece.start < piece.end]


def _alike(words: Sequence[str], ours: Sequence[str]) -> bool:
    if not words or not ours:
        return not words
    return len(words) <= len(ours) + 1 and SequenceMatcher(None, "".join(words), "".join(ours)).ratio() > ALIKE


def _same_at_start(words: Sequence[str], ours: Sequence[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(words, ours, strict=False)) if a != b), min(len(words), len(ours)))


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    merged: list[_Part] = []
    for part in parts:
        if merged and merged[-1].is_ours == part.is_ours:
            merged[-1] = replace(merged[-1], end=part.end)
        else:
            merged.append(part)
    return merged
