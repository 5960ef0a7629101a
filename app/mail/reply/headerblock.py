"""The block of headers (From, Sent, To, Subject) that Outlook and others put above a quote without marks."""

from dataclasses import dataclass

from app.mail.reply.draft import Draft
from app.mail.reply.phrases import FORWARD_MARKERS, HEADER_KINDS, ORIGINAL_MARKERS
from app.mail.reply.words import fold

LONGEST_NAME = 30
SINGLE_KINDS = frozenset({"from", "date", "subject"})  # when one comes again, the first line was hers
MOST_EXTRA_LINES = 3  # a long list of recipients goes on for a few lines without a name


@dataclass(frozen=True)
class HeaderBlock:
    """Lines start..end, with the rule or marker above the headers."""

    start: int
    end: int
    kinds: frozenset[str]
    marker: str  # "", "rule", "original" or "forwarded"


def label_header_blocks(draft: Draft) -> int:
    """Label them; return the line below the first genuine one, or the number of lines."""
    first_below = len(draft.lines)
    i = 0
    while i < len(draft.lines):
        block = _block_at(draft, i)
        i = max(block.end, i + 1)
        if not _is_genuine(draft, block):
            continue
        first_below = min(first_below, block.end)
        if draft.alignment is None:
            reason = "forwarded-message" if block.marker == "forwarded" else "below-header-block"
            draft.label(block.start, block.end, "header-block")
            draft.label(block.end, len(draft.lines), reason)
            break
        draft.label(block.start, block.end, "header-block")
    return first_below


def _is_genuine(draft: Draft, block: HeaderBlock) -> bool:
    if "from" not in block.kinds:
        return False
    if draft.alignment is None:
        return len(block.kinds) >= (2 if block.marker in {"original", "forwarded"} else 3)
    return len(block.kinds) >= 2 and _quote_follows(draft, block.end)


def _quote_follows(draft: Draft, i: int) -> bool:
    """One of the next three lines with text is ours; what a list or a filter put above it may be not."""
    for _ in range(3):
        i = draft.after(i)
        if i == len(draft.lines):
            return False
        if draft.is_same(i) or draft.reasons[i] == "same-as-sent":
            return True
        i += 1
    return False


def _block_at(draft: Draft, i: int) -> HeaderBlock:
    kinds: set[str] = set()
    end = i
    last_kind = ""
    for at in range(i, len(draft.lines)):
        kind = _header_kind(draft.lines[at].body)
        if not _belongs(draft, i, at) or kind in kinds & SINGLE_KINDS:
            break
        if kind:
            kinds.add(kind)
            end, last_kind = at + 1, kind
        elif last_kind not in {"to", "cc"} or at - end >= MOST_EXTRA_LINES:
            break
    start, marker = _marker_above(draft, i) if len(kinds) > 1 else (i, "")
    return HeaderBlock(start, end, frozenset(kinds), marker)


def _belongs(draft: Draft, first: int, at: int) -> bool:
    return draft.lines[at].depth == draft.lines[first].depth and not draft.lines[at].is_blank


def _header_kind(body: str) -> str:
    """The kind of "From: ...", also bold ("*From:* ...") and with the French space before the colon."""
    name, colon, _ = body.replace("：", ":").partition(":")
    if not colon or len(name) > LONGEST_NAME:
        return ""
    return HEADER_KINDS.get(fold(name), "")


def _marker_above(draft: Draft, i: int) -> tuple[int, str]:
    start, marker = i, ""
    for _ in range(2):
        above = draft.before(start)
        found = _marker(draft.lines[above].body) if above >= 0 else ""
        if not found:
            break
        start, marker = above, marker or found
    return start, marker


def _marker(body: str) -> str:
    words = fold(body)
    if words in ORIGINAL_MARKERS:
        return "original"
    if words in FORWARD_MARKERS:
        return "forwarded"
    rule = body.strip()
    return "rule" if len(rule) >= 10 and not rule.strip("_-") else ""
