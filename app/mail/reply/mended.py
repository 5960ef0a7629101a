"""A word of ours that she mended in the quote, or some that she took out: the quote goes on, nothing of it is new."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from app.mail.reply.align import Alignment, Run, SentText, alignment_of, is_strong
from app.mail.reply.places import Places

MOST_NEW = 2  # words in the place of ours
MOST_MISSING = 12
FEWEST_WORDS = 3  # of ours on both sides
ALIKE = 0.6


def with_mended(alignment: Alignment, places: Places) -> Alignment:
    runs = _joined(alignment.runs, alignment.words, places)
    if runs == alignment.runs:
        return alignment
    is_all = alignment.unmarked is alignment.runs
    unmarked = runs if is_all else _joined(alignment.unmarked, alignment.words, places)
    return alignment_of(alignment.words, alignment.spans, runs, unmarked)


def with_short_ones(alignment: Alignment, sent: SentText) -> Alignment:
    """Short runs that are together just what is missing between the long ones around them are as sure as those."""
    runs = list(alignment.unmarked)
    strong = [i for i, run in enumerate(runs) if run.is_strong]
    found: list[Run] = []
    for above, below in pairwise(strong):
        short = [run for run in runs[above + 1 : below] if run.end - run.start >= FEWEST_WORDS]
        if short:
            found += _filling(runs[above], short, runs[below], alignment.words, sent.places)
    if not found:
        return alignment
    is_all = alignment.unmarked is alignment.runs
    unmarked = sorted([*runs, *found], key=lambda run: run.start)
    return alignment_of(alignment.words, alignment.spans, unmarked if is_all else alignment.runs, unmarked)


def _filling(above: Run, short: Sequence[Run], below: Run, words: Sequence[str], places: Places) -> list[Run]:
    between = places.between(words[above.start : above.end], words[below.start : below.end])
    if between is None or between[0] < FEWEST_WORDS:
        return []
    missing, at, found = tuple(between[1]), 0, []
    for run in short:
        size = min(run.end - run.start, len(missing) - at)
        start = next((one for one in range(run.start, run.end) if words[one] == missing[at]), run.end) if size else 0
        size = min(size, run.end - start)
        if size >= FEWEST_WORDS and tuple(words[start : start + size]) == missing[at : at + size]:
            found.append(Run(start, start + size, is_strong=True))
            at += size
    return found if at == len(missing) else []


def may_have_mended(alignment: Alignment) -> bool:
    """A cheap look: two runs of ours stand close together."""
    above = 0
    for run in alignment.runs:
        if run.end - max(run.start, above) < FEWEST_WORDS:
            continue
        if above and run.start <= above + MOST_NEW:
            return True
        above = run.end
    return False


def _joined(runs: Sequence[Run], words: Sequence[str], places: Places) -> list[Run]:
    found: list[Run] = []
    for run in runs:
        if found and _is_one(found[-1], run, words, places):
            last = found.pop()
            letters = sum(map(len, words[last.start : run.end]))
            strong = last.is_strong or run.is_strong or is_strong(run.end - last.start, letters)
            found.append(Run(last.start, max(last.end, run.end), strong))
        else:
            found.append(run)
    return found


def _is_one(above: Run, below: Run, words: Sequence[str], places: Places) -> bool:
    start = max(below.start, above.end)
    if start > above.end + MOST_NEW or below.end - start < FEWEST_WORDS or above.end - above.start < FEWEST_WORDS:
        return False
    found = places.between(words[above.start : above.end], words[start : below.end])
    if found is None or not 0 < found[0] <= MOST_MISSING:
        return False
    new = "".join(words[above.end : start])
    return not new or SequenceMatcher(None, "".join(found[1]), new).ratio() > ALIKE
