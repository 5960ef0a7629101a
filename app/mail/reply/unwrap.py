"""Hard-wrapped prose to flowing paragraphs. No word is lost or moved: only line breaks change.

A line break is soft when the next word would not have fitted into the width that the text was wrapped at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

QUOTE = "> "
SOFT, LINE, PARAGRAPH = " ", "\n", "\n\n"

WIDEST = 120  # longer lines were never wrapped by a mail program
LONGEST_WORD = 30  # longer ones are addresses of pages, which fit nowhere
NARROWEST = 30
WIDE = 50  # a width from here on is believed at the first sign
NARROW_SIGNS = 3
OVERHANG = 8  # some programs count differently when they wrap; believed only in mid-sentence
NEARLY_FULL = 5  # a line that is so full and ends in mid-sentence was wrapped, if not by our count
SHORT_LINE = 45  # verse and addresses
MOST_NAME_WORDS = 4
SENTENCE_ENDS = (".", "!", "?", "…", ":", ".)", ".”", '."', "!”", "?”", "。", "!", "?")
BULLETS = ("- ", "* ", "+ ", "• ", "· ")


def unwrap(text: str, *, wrapped: bool = True) -> str:
    """Paragraphs of one line each, separated by blank lines; lists, verse and addresses keep their lines.

    `wrapped=False`: the text is known not to be hard-wrapped, every line break is the writer's.
    """
    blocks = list(_blocks(text))
    width = _wrap_width(blocks) if wrapped else 0
    return PARAGRAPH.join(_flow_passage(block) if _is_passage(block) else _flow(block, width) for block in blocks)


def _is_passage(block: Sequence[str]) -> bool:
    return all(line.startswith(QUOTE) for line in block)


def _flow_passage(block: Sequence[str]) -> str:
    """A quoted passage was wrapped by whoever sent it, at a width of its own."""
    lines = [line.removeprefix(QUOTE) for line in block]
    if not all(line.strip() for line in lines):
        return LINE.join(block)
    flowed = _flow(lines, _wrap_width([lines]))
    return LINE.join(f"{QUOTE}{line}" for line in flowed.split(LINE) if line)


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


@dataclass(frozen=True)
class Break:
    """A line break inside a block."""

    length: int  # of the line above
    needed: int  # length that the line would have had with the next word
    is_certain: bool  # in mid-sentence: the next line begins in lower case
    weight: int

    def is_soft_at(self, width: int) -> bool:
        return self.length <= width < self.needed


def _break(above: str, below: str) -> Break:
    ends = above.endswith(SENTENCE_ENDS)
    certain = not ends and below.lstrip()[:1].islower()
    return Break(
        length=len(above),
        needed=len(above) + 1 + len(below.split(maxsplit=1)[0]),
        is_certain=certain,
        weight=3 if certain else 1 if ends else 2,
    )


def _wrap_width(blocks: Sequence[Sequence[str]]) -> int:
    """The width at which most breaks are soft; 0 when the text does not look wrapped at all."""
    prose = [block for block in blocks if not _is_code(block)]
    breaks = [_break(above, below) for block in prose for above, below in pairwise(block) if _tells_width(above, below)]
    # Verse and addresses among the prose are narrow, and their lines say nothing about its width.
    return _believed(breaks) or _believed([one for one in breaks if one.length >= WIDE])


def _believed(breaks: Sequence[Break]) -> int:
    width = _most_soft(breaks)
    certain = [one for one in breaks if one.is_certain]
    signs = sum(one.is_soft_at(width) for one in certain)
    against = sum(one.needed <= width for one in certain)
    if width >= WIDE:
        return width if signs > against else 0
    return width if width >= NARROWEST and signs >= NARROW_SIGNS and not against else 0


def _tells_width(above: str, below: str) -> bool:
    if _keeps_lines(above) or _keeps_lines(below) or _is_item(below):
        return False
    return len(above) <= WIDEST and len(below.split(maxsplit=1)[0]) <= LONGEST_WORD


def _most_soft(breaks: Sequence[Break]) -> int:
    change: dict[int, int] = {}
    for one in breaks:
        change[one.length] = change.get(one.length, 0) + one.weight
        change[one.needed] = change.get(one.needed, 0) - one.weight
    best = best_weight = weight = 0
    for width in sorted(change):
        weight += change[width]
        if weight >= best_weight:
            best, best_weight = width, weight
    return best


def _flow(block: Sequence[str], width: int) -> str:
    """Join the lines of a block; first the soft breaks, then decide which hard ones part paragraphs."""
    if _is_code(block):
        return LINE.join(block)
    logical: list[list[str]] = [[block[0]]]
    for above, below in pairwise(block):
        if _is_soft(above, below, width, in_item=_is_item(logical[-1][0])):
            logical[-1].append(below.strip())
        else:
            logical.append([below])
    lines = [SOFT.join(parts) for parts in logical]
    short = _short_lines(lines)
    flowed = [lines[0].strip() if width or len(lines) == 1 else lines[0]]
    for i, (above, below) in enumerate(pairwise(lines)):
        stays = _is_item(below) or _keeps_lines(above) or _keeps_lines(below) or (short[i] and short[i + 1])
        stays = stays or (i + 2 == len(lines) and _is_sign_off(above, below))
        flowed.append(LINE + below if stays else PARAGRAPH + below.strip())
    return "".join(flowed)


def _is_soft(above: str, below: str, width: int, *, in_item: bool) -> bool:
    if _is_item(below) or _keeps_lines(above) or _keeps_lines(below):
        return False
    if in_item and _indent(below) >= 2:
        return True
    one = _break(above, below)
    if len(above) > width:
        return width > 0 and len(above) <= width + OVERHANG and one.is_certain
    if one.weight > 1 and len(above) > width - NEARLY_FULL:
        return True
    return one.is_soft_at(width)


def _is_sign_off(above: str, below: str) -> bool:
    """ "Kind regards," and below it, as the last line, a name."""
    is_name = len(below.split()) <= MOST_NAME_WORDS and below[:1].isupper() and not below.endswith(SENTENCE_ENDS)
    return above.endswith(",") and len(above.split()) <= MOST_NAME_WORDS and is_name


def _is_code(block: Sequence[str]) -> bool:
    """A line stands farther in than the one above it: lines and indents of code, and of some verse, are meant."""
    if any(_is_item(line) for line in block):
        return False
    return any(_indent(below) >= _indent(above) + 2 for above, below in pairwise(block))


def _is_item(line: str) -> bool:
    text = line.lstrip()
    if text.startswith(BULLETS):
        return True
    number, dot, rest = text[:4].partition(".") if "." in text[:3] else text[:4].partition(")")
    return bool(dot) and number.isdecimal() and rest.startswith(" ")


def _keeps_lines(line: str) -> bool:
    """A quote mark, a rule, or the columns of a table."""
    text = line.strip()
    return text.startswith(">") or "\t" in text or "   " in text or not any(map(str.isalnum, text))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _short_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines stand in a run of three or more short ones of which most do not end a sentence."""
    short = [False] * len(lines)
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and len(lines[end]) <= SHORT_LINE and not _is_item(lines[end]):
            end += 1
        run = lines[start:end]
        if len(run) >= 3 and 2 * sum(line.endswith(SENTENCE_ENDS) for line in run) < len(run):
            short[start:end] = [True] * len(run)
        start = max(end, start + 1)
    return short
