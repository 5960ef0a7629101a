"""One line as several, where what is ours and what is hers meet in the middle of it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from app.mail.reply.lines import Line
from app.mail.reply.words import words_of

LONGEST_UNSPACED = 400  # characters without a space that are looked at one by one
DASHES = " \xa0–—-"

Span = tuple[int, int]


class _Piece(NamedTuple):
    at: int
    word: int
    is_hers: bool


def part_line(line: Line, span: Span, borders: dict[int, bool]) -> Iterator[tuple[Line, Span]]:
    """The pieces of a line and the words of each; `borders`: words at which to part, and whether hers follow."""
    start, end = span
    inside = [word for word in range(start, end) if word in borders]
    places = places_in(line, [word - start for word in inside], end - start)
    if not places:
        yield line, span
        return
    body_at = len(line.text) - len(line.body)
    pieces = [_Piece(at, word, borders[word]) for at, word in zip(places, inside, strict=True)]
    # A dash between hers and ours stands with ours ("– especially").
    pieces = [one if one.is_hers else one._replace(at=len(line.text[: one.at].rstrip(DASHES))) for one in pieces]
    if inside[0] == start:  # her first words stand behind a mark that is not hers
        mark = [_Piece(0, start, is_hers=False)] if line.depth and pieces[0].is_hers else []
        pieces = [*mark, pieces[0]._replace(at=body_at if mark else 0), *pieces[1:]]
    else:
        pieces.insert(0, _Piece(0, start, is_hers=False))
    for one, following in pairwise([*pieces, _Piece(len(line.text), end, is_hers=False)]):
        ending = line.end if following.word == end else line.start + following.at
        body = line.text[max(one.at, body_at) : following.at]
        depth = 0 if one.is_hers else line.depth
        yield (
            Line(line.start + one.at, ending, line.text[one.at : following.at], body, depth),
            (one.word, following.word),
        )


def places_in(line: Line, numbers: Sequence[int], count: int) -> list[int]:
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
