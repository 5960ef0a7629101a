"""Pairs of a quoted passage and the answer below it, published together where she answered inline.

A passage is shown when an answer follows it and there are two such pairs or more, or when a piece of her answer stands
above it too. A single answer below the quote drops it, since the question stands above the answer on the page. Who
answers inline writes directly below the passage; who quotes in her own text puts the quote directly below that.
"""

from dataclasses import dataclass

from app.mail.reply.align import SentText
from app.mail.reply.draft import Draft
from app.mail.reply.segment import ANSWERED, SegmentKind
from app.mail.reply.words import words_of

FEWEST_WORDS = 3  # of a passage of the question that is worth showing
MOST_PASSAGE_LINES = 40
MOST_OWN_LAST_LINES = 1


@dataclass(frozen=True)
class _Block:
    """Lines start..end are a quote."""

    start: int
    end: int
    has_attribution: bool
    is_glued_above: bool
    is_glued_below: bool
    is_followed: bool  # by text of hers
    is_above_attribution: bool


def label_pairs(draft: Draft, sent: SentText | None) -> None:
    blocks = _blocks(draft)
    has_text_above = bool(blocks) and _has_text(draft, 0, blocks[0].start)
    own = [block for block in blocks if _is_own(draft, block)]
    pairs = [block for block in blocks if block.is_followed and block not in own]
    for block in own:
        _show_own(draft, block)
    if len(pairs) > 1 or (len(pairs) == 1 and has_text_above and not pairs[0].has_attribution):
        for block in pairs:
            _show(draft, block, sent)


def _blocks(draft: Draft) -> list[_Block]:
    blocks: list[_Block] = []
    i = 0
    while i < len(draft.lines):
        end = i
        while end < len(draft.lines) and _is_passage(draft, end):
            end += 1
        if end > i and any(not draft.lines[at].is_blank for at in range(i, end)):
            blocks.append(_block(draft, i, end))
        i = end + 1 if end == i else end
    return blocks


def _is_passage(draft: Draft, i: int) -> bool:
    return draft.is_quote(i) and draft.reasons[i] not in {"below-header-block", "below-attribution", "below-reply-line"}


def _block(draft: Draft, start: int, end: int) -> _Block:
    above, below = draft.before(start), draft.after(end)
    return _Block(
        start,
        end,
        above >= 0 and draft.kind(above) is SegmentKind.ATTRIBUTION,
        above >= 0 and above == start - 1 and draft.is_new(above),
        below == end and below < len(draft.lines) and draft.is_new(below) and not draft.lines[end - 1].is_blank,
        below < len(draft.lines) and draft.is_published(below),
        below < len(draft.lines) and draft.kind(below) is SegmentKind.ATTRIBUTION and not draft.lines[below].depth,
    )


def _is_own(draft: Draft, block: _Block) -> bool:
    """Without the sent mail: directly below her text, and apart from what follows, which may be the real quote."""
    if draft.alignment is not None or block.has_attribution or not block.is_glued_above:
        return False
    return (block.is_followed and not block.is_glued_below) or block.is_above_attribution or _ends_hers(draft, block)


def _ends_hers(draft: Draft, block: _Block) -> bool:
    """ "Carry no more than" and below it, as the last line, "> 6 kg"."""
    is_last = block.end - block.start <= MOST_OWN_LAST_LINES and draft.after(block.end) == len(draft.lines)
    return is_last and not draft.lines[block.start - 1].text.rstrip().endswith((".", "!", "?", ">", ")"))


def _has_text(draft: Draft, start: int, end: int) -> bool:
    return any(draft.is_published(i) and not draft.lines[i].is_blank for i in range(start, end))


def _show_own(draft: Draft, block: _Block) -> None:
    for i in range(block.start, block.end):
        if draft.lines[i].depth:
            draft.reasons[i] = "own-quote"


def _show(draft: Draft, block: _Block, sent: SentText | None) -> None:
    lines = _last_paragraph(draft, block) if draft.alignment is not None else list(range(block.start, block.end))
    text = " ".join(draft.lines[i].body for i in lines)
    if len(lines) > MOST_PASSAGE_LINES or (sent is not None and not _is_of_letter(text, sent)):
        return
    for i in lines:
        draft.reasons[i] = ANSWERED


def _is_of_letter(text: str, sent: SentText) -> bool:
    """Of our mail nothing but the letter of the asker is for readers: no note of an editor, no address, no token."""
    words = words_of(text)
    is_private = "@" in text or "://" in text
    return len(words) >= FEWEST_WORDS and not is_private and f" {' '.join(words)} " in sent.letter


def _last_paragraph(draft: Draft, block: _Block) -> list[int]:
    """Of the mail that we sent only what she answers: above it stand our own words about the column."""
    end = block.end
    while end > block.start and draft.lines[end - 1].is_blank:
        end -= 1
    start = end
    while start > block.start and not draft.lines[start - 1].is_blank:
        start -= 1
    return list(range(start, end))
