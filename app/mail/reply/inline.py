"""One line of an HTML mail as Markdown: bold and italics by whole words, links where they say more than words.

Marks never stand inside a word, and take in the punctuation that touches it: no word changes by them. Nothing is
escaped, since a backslash would change words.
"""

from collections.abc import Iterator
from itertools import groupby
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
    return " ".join(_marked(style, words) for style, words in _runs(_words(list(_with_links(pieces)))))


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


def _words(pieces: list[Piece]) -> list[list[Piece]]:
    """What stands between spaces; words in the middle of a piece stay together, they share its style."""
    words: list[list[Piece]] = [[]]
    for piece in pieces:
        parts = [piece.text] if piece.address else _ends(piece.text)
        if piece.after_space and words[-1]:
            words.append([])
        words[-1].append(piece if len(parts) == 1 else Piece(parts[0], style=piece.style))
        words += [[Piece(part, style=piece.style)] for part in parts[1:]]
    return words


def _ends(text: str) -> list[str]:
    """First word, those in the middle, last word."""
    first, space, rest = text.partition(" ")
    if not space:
        return [text]
    middle, space, last = rest.rpartition(" ")
    return [first, middle, last] if space else [first, last]


def _runs(words: list[list[Piece]]) -> Iterator[tuple[int, str]]:
    for style, run in groupby(words, key=_style):
        yield style, " ".join("".join(piece.text for piece in word) for word in run)


def _style(word: list[Piece]) -> int:
    """Of a word that is bold in part: none. Punctuation does not count."""
    if len(word) == 1 and not word[0].style:
        return 0
    styles = {piece.style for piece in word if any(map(str.isalnum, piece.text))}
    return styles.pop() if len(styles) == 1 else 0


def _marked(style: int, text: str) -> str:
    marks = _MARKS.get(style, "")
    if "*" in text or text != text.strip():
        return text  # stars of hers, and NBSP at the edge, which no Markdown reader takes
    return f"{marks}{text}{marks}"
