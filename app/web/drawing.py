"""Draws the picture that other sites show beside a link: the first words of a letter on the column's paper.

A face of the system is taken where one of the usual ones is there; else the one that comes with Pillow, which has the
letters of English alone. Words that the face cannot draw are left to the column's name.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from app.domain.letter import shorten
from app.domain.theme import rgb

VERSION = 1  # another one for every change of what is drawn: addresses change with it
WIDTH, HEIGHT = 1200, 630  # pixels, as Open Graph's readers crop to
LONGEST = 180  # characters
_EDGE, _STRIPE = 88, 24
_SIZES = (76, 66, 58, 50, 44)
_ROOM = HEIGHT - 250  # for the words, between the name above and the line below
_FACES = (
    *("NotoSerif-Regular.ttf", "LiberationSerif-Regular.ttf", "DejaVuSerif.ttf", "Georgia.ttf"),
    *("NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "DejaVuSans.ttf", "Arial.ttf"),
)
_PLAINER = {"–": "-", "—": "-", "‐": "-", "‑": "-", "•": "·", "„": "“", "‚": "‘", "«": "“", "»": "”", "\xa0": " "}
_NOT_THERE = "\U0010fffe"
_ORNAMENTS = frozenset({"So", "Sk", "Cf", "Mn", "Me", "Cn", "Co", "Cs", "Cc"})

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class Card:
    """What is drawn: the column's name above, the words, one line below; colours as #rrggbb."""

    name: str
    words: str
    below: str
    paper: str
    ink: str
    soft: str
    accent: str
    accent_2: str


@cache
def face() -> str:
    """The file of the face that pictures are set in; empty for Pillow's own."""
    for name in _FACES:
        try:
            ImageFont.truetype(name, 12)
        except OSError:
            continue
        return name
    return ""


@cache
def _font(size: int) -> Font:
    found = ImageFont.truetype(face(), size) if face() else ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found.font_variant(layout_engine=ImageFont.Layout.BASIC)  # the other one fails at some texts


@lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    """Whether the face has it: what is missing looks like what cannot be there."""
    font = _font(40)
    mask, missing = font.getmask(character), font.getmask(_NOT_THERE)
    if unicodedata.bidirectional(character) in ("R", "AL"):
        return False  # it would be set from left to right
    return character.isspace() or (mask.size, bytes(mask)) != (missing.size, bytes(missing))


def drawable(text: str) -> str:
    """One line without what is only ornament; empty where a letter of it cannot be drawn."""
    line = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    line = "".join(c if _is_drawn(c) else _PLAINER.get(c, c) for c in line)
    kept = "".join(c for c in line if unicodedata.category(c) not in _ORNAMENTS or _is_drawn(c))
    return " ".join(kept.split()) if all(map(_is_drawn, kept)) else ""


@lru_cache(maxsize=128)
def draw(card: Card) -> bytes:
    """The picture as PNG: some 20 to 50 KB."""
    image = Image.new("RGB", (WIDTH, HEIGHT), rgb(card.paper))
    pen = ImageDraw.Draw(image)
    _airmail(pen, card)
    name = shorten(drawable(card.name), 60)
    words = shorten(drawable(card.words), LONGEST) or name
    font, lines = _fitted(pen, words)
    if name != words:
        pen.text((_EDGE, 72), name, font=_font(38), fill=rgb(card.accent))
    for number, line in enumerate(lines):
        pen.text((_EDGE, 150 + number * int(font.size * 1.22)), line, font=font, fill=rgb(card.ink))
    below = shorten(drawable(card.below), 70)
    pen.text((_EDGE, HEIGHT - 88), below, font=_font(32), fill=rgb(card.soft))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _airmail(pen: ImageDraw.ImageDraw, card: Card) -> None:
    """The stripe of an airmail letter along the top."""
    for number, left in enumerate(range(-_STRIPE, WIDTH + _STRIPE, 60)):
        colour = rgb(card.accent if number % 2 else card.accent_2)
        slanted = [(left, 0), (left + 36, 0), (left + 36 - _STRIPE, _STRIPE), (left - _STRIPE, _STRIPE)]
        pen.polygon(slanted, fill=colour)


def _fitted(pen: ImageDraw.ImageDraw, words: str) -> tuple[Font, list[str]]:
    """The largest size at which all lines have room; at the smallest the last line that has says that more follows."""
    for size in _SIZES:
        font = _font(size)
        lines, most = _broken(pen, words, font), _ROOM // int(size * 1.22)
        if len(lines) <= most:
            return font, lines
    return font, [*lines[: most - 1], f"{lines[most - 1].rstrip('…')}…"]


def _broken(pen: ImageDraw.ImageDraw, words: str, font: Font) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, font=font) <= WIDTH - 2 * _EDGE:
            lines[-1] = longer
        else:
            lines.append(_cut(pen, word, font))
    return [line for line in lines if line]


def _cut(pen: ImageDraw.ImageDraw, word: str, font: Font) -> str:
    """A word that is longer than a line, as far as it goes."""
    while pen.textlength(word, font=font) > WIDTH - 2 * _EDGE:
        word = f"{word[:-2]}…"
    return word
