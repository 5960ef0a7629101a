"""One line of an HTML mail as Markdown: bold and italics by whole words, links where they say more than words.

Marks never stand inside a word, and take in the punctuation that touches it: no word changes by them. Nothing is
escaped, since a backslash would change words.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from app.mail.reply.links import as_markdown

BOLD, ITALIC = 1, 2
_MARKS = {BOLD: "**", ITALIC: "*", BOLD | ITALIC: "***"}


class Piece(NamedTuple):
    """Text of one style. `after_space`: white space stands between it and the piece before."""

    text: str
    after_space: bool = False
    style: int = 0
    address: str = ""


def plain_line(pieces: list[Piece]) -> str:
    return "".join(f" {piece.text}" if piece.after_space else piece.text for piece in pieces)


def markdown_line(pieces: list[Piece]) -> str:
    if not any(piece.style or piece.address for piece in pieces):
        return plain_line(pieces)
    return " ".join(_marked(style, words) for style, words in _runs(_words(_with_links(pieces))))


def _with_links(pieces: list[Piece]) -> Iterator[Piece]:
    """All pieces of one link become one piece."""
    for address, group in groupby(pieces, key=lambda piece: piece.address):
        inside = list(group)
        if not address:
            yield from inside
            continue
        first = inside[0]
        words = plain_line([first._replace(after_space=False), *inside[1:]])
        style = first.style if all(piece.style == first.style for piece in inside) else 0
        yield Piece(as_markdown(words, address), first.after_space, style, address)


def _words(pieces: Iterable[Piece]) -> Iterator[tuple[int, str]]:
    """What stands between spaces, with its style; words in the middle of a piece stay together, they share it."""
    word: list[tuple[int, str]] = []
    for piece in pieces:
        if piece.after_space and word:
            yield _joined(word)
            word = []
        first, *others = [piece.text] if piece.address else _ends(piece.text)
        word.append((piece.style, first))
        for part in others:
            yield _joined(word)
            word = [(piece.style, part)]
    if word:
        yield _joined(word)


def _ends(text: str) -> list[str]:
    """First word, those in the middle, last word."""
    first, space, rest = text.partition(" ")
    if not space:
        return [text]
    middle, space, last = rest.rpartition(" ")
    return [first, middle, last] if space else [first, last]


def _joined(word: list[tuple[int, str]]) -> tuple[int, str]:
    """The style of a word that is bold in part: none. Punctuation does not count."""
    if len(word) == 1 and not word[0][0]:
        return word[0]
    styles = {style for style, text in word if any(map(str.isalnum, text))}
    return styles.pop() if len(styles) == 1 else 0, "".join(text for _, text in word)


def _runs(words: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for style, run in groupby(words, key=itemgetter(0)):
        yield style, " ".join(text for _, text in run)


def _marked(style: int, text: str) -> str:
    marks = _MARKS.get(style, "")
    if "*" in text or text != text.strip():
        return text  # stars of hers, and NBSP at the edge, which no Markdown reader takes
    return f"{marks}{text}{marks}"
