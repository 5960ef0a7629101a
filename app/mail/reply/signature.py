"""Signatures below a "-- " line, and the line that a telephone adds. Only where her text ends."""

from app.mail.reply.draft import Draft
from app.mail.reply.phrases import DEVICES, TAGLINE_ENDS, TAGLINE_STARTS, TAGLINES
from app.mail.reply.words import fold

MOST_LINES = 10
MOST_LINES_BARE = 6  # below "--" without its space, which people also type as a dash
MOST_PROSE_LINES = 3
PROSE_WIDTH = 80
POSTSCRIPTS = ("ps", "p s")


def label_signatures(draft: Draft) -> None:
    for i, line in enumerate(draft.lines):
        if draft.is_new(i) and line.text.replace("\xa0", " ") in {"-- ", "--"}:
            below = _text_below(draft, i)
            if _is_signature(line.text, [draft.lines[one].text for one in below]):
                draft.label(i, max([i, *below]) + 1, "signature-delimiter")


def label_taglines(draft: Draft) -> None:
    for i in reversed(range(len(draft.lines))):
        below = draft.after(i + 1)
        ends_text = below == len(draft.lines) or not draft.is_new(below)
        if ends_text and not draft.lines[i].is_blank and draft.is_new(i) and _is_tagline(draft.lines[i].text):
            draft.reasons[i] = "device-line"


def _text_below(draft: Draft, delimiter: int) -> list[int]:
    """Her lines below, to where a quote or a postscript begins; one more than a signature has is enough."""
    below: list[int] = []
    i = draft.after(delimiter + 1)
    while i < len(draft.lines) and len(below) <= MOST_LINES:
        if not draft.is_new(i) or _is_postscript(draft.lines[i].text):
            break
        below.append(i)
        i = draft.after(i + 1)
    return below


def _is_postscript(text: str) -> bool:
    words = fold(text[:20])
    return any(words == mark or words.startswith(mark + " ") for mark in POSTSCRIPTS) and text.lstrip()[:1] in "Pp"


def _is_signature(delimiter: str, lines: list[str]) -> bool:
    if delimiter == "--" and (len(lines) > MOST_LINES_BARE or any(map(_is_prose, lines))):
        return False
    # More than a few lines of prose below the delimiter are answer; a paragraph may come as one line.
    prose = sum(1 + len(line) // PROSE_WIDTH for line in lines if _is_prose(line))
    return len(lines) <= MOST_LINES and prose <= MOST_PROSE_LINES


def _is_prose(line: str) -> bool:
    return len(line) > 50 and len(line.split()) > 7


def _is_tagline(text: str) -> bool:
    """Not "Sent from my local shop": every word after "sent from my" names a device."""
    words = fold(text.partition("<")[0])
    if words in TAGLINES:
        return True
    rests = [words.removeprefix(start) for start in TAGLINE_STARTS if words.startswith(start)]
    return any(_is_device(rest.split()) for rest in rests)


def _is_device(words: list[str]) -> bool:
    if words and words[-1] in TAGLINE_ENDS:
        words.pop()
    return bool(words) and all(word in DEVICES or any(map(str.isdigit, word)) for word in words)
