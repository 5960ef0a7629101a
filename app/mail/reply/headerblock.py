"""The block of headers (From, Sent, To, Subject) that Outlook and others put above a quote without marks.

Bold, wrapped, with blank lines, a rule or "Original Message" above it, or all in one line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.mail.reply.attribution import is_strong
from app.mail.reply.draft import Draft
from app.mail.reply.phrases import FORWARDED, FORWARDED_END, HEADER_KINDS, ORIGINAL, REPLY_ABOVE
from app.mail.reply.words import fold

LONGEST_NAME = 30
LONGEST_MARKER = 90
SINGLE_KINDS = frozenset({"from", "date", "to", "subject"})  # when one comes again, the first line was hers
MOST_EXTRA_LINES = 3  # a long list of recipients goes on for a few lines without a name
MOST_WORDS_OF_REPLY_LINE = 18
RULE_CHARS = "_-—=*#~ \xa0"
DATE_VALUE = re.compile(r"\d.*\d[:.]\d\d")


@dataclass(frozen=True)
class HeaderBlock:
    """Lines start..end, with the rule or marker above the headers; `sure` kinds have an address or a date."""

    start: int
    end: int
    kinds: frozenset[str]
    sure: frozenset[str]
    marker: str  # "", "rule", "original", "forwarded" or "reply-above"


def label_header_blocks(draft: Draft) -> int:
    """With the sent mail known: label those above our text; return the line below the first, or the number of lines."""
    first_below = len(draft.lines)
    for block in _blocks(draft):
        if len(block.kinds) >= 2 and "from" in block.kinds and _quote_follows(draft, block.end):
            first_below = min(first_below, block.end)
            draft.label(block.start, block.end, "header-block")
        elif not draft.is_quote(block.start) and _is_forwarded(draft, block):
            draft.label(block.start, end_of_forwarded(draft, block.end), "forwarded-message")
            break
    return first_below


def _is_forwarded(draft: Draft, block: HeaderBlock) -> bool:
    """Somebody else's mail: said so, or below her words with nothing of ours in it."""
    if block.marker == "forwarded":
        below = draft.after(block.end)
        return len(block.kinds) >= 3 or (below < len(draft.lines) and is_strong(draft.lines[below].text))
    if len(block.kinds) < 3 or len(block.sure) < 2 or draft.lines[block.start].depth:
        return False
    has_text_above = any(draft.is_new(i) and not draft.lines[i].is_blank for i in range(block.start))
    return has_text_above and not any(draft.is_same(i) or draft.is_quote(i) for i in range(block.end, len(draft.lines)))


def end_of_forwarded(draft: Draft, start: int) -> int:
    """Where a forwarded mail ends: with its quote marks, below a line that says so, or with the mail."""
    first = draft.after(start)
    if first < len(draft.lines) and draft.lines[first].depth:
        return next((i for i in range(first, len(draft.lines)) if not _is_marked(draft, i)), len(draft.lines))
    for i in range(start, len(draft.lines)):
        body = draft.lines[i].body.strip()
        if body.startswith("--") and len(body) <= LONGEST_MARKER and FORWARDED_END.length_at_start(fold(body).split()):
            return i + 1
    return len(draft.lines)


def genuine_blocks(draft: Draft) -> Iterator[HeaderBlock]:
    """Without the sent mail: header blocks and markers that stand for themselves."""
    return (block for block in _blocks(draft) if _is_genuine(draft, block))


def _blocks(draft: Draft) -> Iterator[HeaderBlock]:
    i = 0
    while (i := draft.after(i)) < len(draft.lines):
        block = _block_at(draft, i)
        yield block
        i = max(block.end, i + 1)


def _is_genuine(draft: Draft, block: HeaderBlock) -> bool:
    if block.marker in {"original", "forwarded", "reply-above"}:
        return True
    if len(block.kinds) >= 3 and "from" in block.kinds:
        return True
    if len(block.sure) >= 2 or (len(block.kinds) >= 2 and block.marker == "rule" and "from" in block.kinds):
        return True
    # "From: <address>" alone in its paragraph.
    is_alone = block.start + 1 == block.end and (block.end == len(draft.lines) or draft.lines[block.end].is_blank)
    above = draft.before(block.start)
    is_apart = above >= 0 and above < block.start - 1
    return block.sure == {"from"} and is_alone and is_apart and len(draft.lines[block.start].body.split()) <= 3


def _is_marked(draft: Draft, i: int) -> bool:
    return draft.lines[i].depth > 0 or draft.lines[i].is_blank


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
    marker = _marker_at(draft, i)
    if marker in {"original", "forwarded", "reply-above"}:
        below = draft.after(i + 1)
        headers = _headers_at(draft, below, is_marked=True) if below < len(draft.lines) else None
        if headers and len(headers.kinds) > 1:
            return HeaderBlock(_rule_above(draft, i), headers.end, headers.kinds, headers.sure, marker)
        return HeaderBlock(_rule_above(draft, i), i + 1, frozenset(), frozenset(), marker)
    headers = _headers_at(draft, i, is_marked=False)
    start = _rule_above(draft, i) if len(headers.kinds) > 1 else i
    return HeaderBlock(start, headers.end, headers.kinds, headers.sure, "rule" if start < i else "")


@dataclass
class _Headers:
    end: int
    kinds: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()


def _headers_at(draft: Draft, first: int, *, is_marked: bool) -> _Headers:
    """The headers from line `first` on; lines without a name may stand between two of them."""
    if not _header_kind(draft.lines[first].body):
        return _Headers(first)
    one_line = _kinds_in_line(draft.lines[first].body)
    if len(one_line) >= 3:
        return _Headers(first + 1, one_line, frozenset({"from"}) & one_line)
    if one_line == {"from", "date"} and DATE_VALUE.search(draft.lines[first].body):
        return _Headers(first + 1, one_line, one_line)
    found, extra, last_kind = _Headers(first), 0, ""
    for at in range(first, len(draft.lines)):
        line = draft.lines[at]
        kind = _header_kind(line.body)
        if line.depth != draft.lines[first].depth:
            break
        if kind in found.kinds & SINGLE_KINDS:
            if kind == _header_kind(draft.lines[first].body) and at > first + 1:
                return _Headers(first)
            break
        if kind:
            sure = {kind} if _is_sure(kind, line.body) else set()
            found = _Headers(at + 1, found.kinds | {kind}, found.sure | sure)
            extra, last_kind = 0, kind
        elif (line.is_blank and not is_marked) or extra >= MOST_EXTRA_LINES or line.body.rstrip() == "--":
            break
        else:
            extra += 1
    return _with_recipients_below(draft, found, last_kind, first)


def _with_recipients_below(draft: Draft, found: _Headers, last_kind: str, first: int) -> _Headers:
    """A last header of recipients goes on while its lines are no text."""
    at = found.end
    while last_kind in {"to", "cc"} and at < len(draft.lines) and at - found.end < MOST_EXTRA_LINES:
        line = draft.lines[at]
        if line.is_blank or line.depth != draft.lines[first].depth or "@" not in line.body:
            break
        at += 1
    return _Headers(at, found.kinds, found.sure)


def _kinds_in_line(body: str) -> frozenset[str]:
    """ "From: X [mailto:x@y] Sent: Monday To: Z Subject: knees", all in one line."""
    if "@" not in body or body.count(":") < 3 or not _header_kind(body):
        return frozenset()
    names = [word.strip("*_<>") for word in body.split() if word.rstrip("*").endswith(":")]
    return frozenset(kind for name in names if (kind := HEADER_KINDS.get(fold(name), "")))


def _header_kind(body: str) -> str:
    """The kind of "From: ...", also bold ("*From:* ...") and with the French space before the colon."""
    head = body[: LONGEST_NAME + 2]
    if ":" not in head and "：" not in head:
        return ""
    name = head.replace("：", ":").partition(":")[0]
    return HEADER_KINDS.get(fold(name), "")


def _is_sure(kind: str, body: str) -> bool:
    value = body.replace("：", ":").partition(":")[2]
    return bool(DATE_VALUE.search(value)) if kind == "date" else kind in {"from", "to"} and "@" in value


def _rule_above(draft: Draft, i: int) -> int:
    above = draft.before(i)
    return above if above >= 0 and draft.is_new(above) and _is_rule(draft.lines[above].body) else i


def _is_rule(body: str) -> bool:
    rule = body.strip()
    return len(rule) >= 4 and not rule.strip("_-=—")


def _marker_at(draft: Draft, i: int) -> str:
    """ "-----Original Message-----", "Begin forwarded message:", "## Reply above this line ##"."""
    body = draft.lines[i].body.strip()
    if not body or len(body) > LONGEST_MARKER:
        return ""
    is_framed = body.startswith(("--", "__", "==", "**", "##", "—"))
    is_named = body.rstrip("*_ ").endswith((":", "："))
    words = fold(body).split()
    phrase = " ".join(words)
    if (is_framed or is_named) and phrase in FORWARDED:
        return "forwarded"
    if is_framed and (phrase in ORIGINAL or (draft.alignment is None and ORIGINAL.is_in(words) and len(words) <= 5)):
        return "original"
    if is_framed and not FORWARDED_END.is_in(words) and _says_forwarded(body, words):
        return "forwarded"
    if phrase in ORIGINAL and _header_kind(draft.lines[min(i + 1, len(draft.lines) - 1)].body):
        return "original"
    return "reply-above" if REPLY_ABOVE.is_in(words) and _is_reply_line(words, is_framed=is_framed) else ""


def _says_forwarded(body: str, words: list[str]) -> bool:
    """ "--- Forwarded message ---", or with from whom or when between the dashes."""
    is_closed = body.endswith(("--", "==")) and bool(FORWARDED.length_at_start(words))
    return FORWARDED.is_in(words) and (len(words) <= 5 or is_closed)


def _is_reply_line(words: list[str], *, is_framed: bool) -> bool:
    found = REPLY_ABOVE.find(words)
    return is_framed or (bool(found) and len(words) <= MOST_WORDS_OF_REPLY_LINE)
