"""Lines of ours without marks below a line that she typed into the quote: a program broke the quote there."""

from collections.abc import Sequence

from app.mail.reply.align import Alignment
from app.mail.reply.insertion import MOST_NAME_WORDS, Finder
from app.mail.reply.lines import Line
from app.mail.reply.places import Places

MOST_TRIES = 20
MANY = 10  # words that are no sentence of hers
FARTHEST = 60  # words of ours that she may have taken out above
STOPS = frozenset(".!?…。！？")


def broken_off(lines: Sequence[Line], alignment: Alignment, places: Places) -> list[int]:
    """Lines of ours without marks directly below a line that she typed into the quote, which a program broke there."""
    found: list[int] = []
    finder: Finder | None = None
    end, tries = len(lines), 0
    while end > 0 and tries < MOST_TRIES:
        end -= 1
        if lines[end].depth or lines[end].is_blank or not alignment.is_same(end):
            continue
        start = end
        while start > 0 and not lines[start - 1].depth and alignment.is_same(start - 1):
            start -= 1
        if _is_below_hers(lines, start):
            tries += 1
            finder = finder or Finder(lines, alignment, places)
            if _goes_on(lines, start, end, finder, alignment):
                found += range(start, end + 1)
        end = start
    return found


def _is_below_hers(lines: Sequence[Line], i: int) -> bool:
    return i > 0 and not lines[i - 1].is_blank and not lines[i - 1].depth


def _goes_on(lines: Sequence[Line], first: int, last: int, finder: Finder, alignment: Alignment) -> bool:
    """The quote goes on in the lines first..last, below a line of hers; they are no part of her sentence."""
    start, end = alignment.spans[first][0], alignment.spans[last][1]
    is_at_end = last + 1 == len(lines) or lines[last + 1].is_blank or lines[last + 1].depth > 0
    if is_at_end and last + 1 < len(lines) and lines[last + 1].depth and alignment.goes_on(last):
        return True
    is_whole = is_at_end or (_ends_sentence(lines[last].text) and not lines[last + 1].text.lstrip()[:1].islower())
    if is_whole and finder.is_continued(start, end):
        return True
    above = lines[first - 1].text
    is_apart = _ends_sentence(above) or len(above.split()) <= MOST_NAME_WORDS
    return is_at_end and is_apart and end - start >= MANY and finder.is_continued(start, end, FARTHEST)


def _ends_sentence(text: str) -> bool:
    return text.rstrip()[-1:] in STOPS
