"""Signatures, with and without a delimiter, and all else that stands below the end of her text.

The convention: greeting and sign-off with her name stay in the capture ("Kind regards,\\nAnna"), a column's setting
hides them. Cut are what stands below a delimiter, a card of name and contact data, a name behind a dash ("-Anna"),
and a sign-off when nothing else was written. A postscript below is answer again, and so is much prose.
"""

from app.mail.reply.contact import card_start, is_dashed_name, is_title_card
from app.mail.reply.disclaimer import cues, is_disclaimer
from app.mail.reply.draft import Draft
from app.mail.reply.listfooter import MOST_LINES as MOST_FOOTER_LINES
from app.mail.reply.listfooter import is_list_footer, is_list_paragraph
from app.mail.reply.phrases import SIGN_OFFS
from app.mail.reply.tagline import is_tagline, is_via_mobile
from app.mail.reply.words import fold

MOST_LINES = 10
MOST_LINES_BARE = 6  # below "--" without its space, which people also type as a dash
MOST_PROSE_LINES = 3
PROSE_WIDTH = 80
MOST_LETTERS_BELOW_TAGLINE = 320
MOST_LINES_WITH_DISCLAIMER = 30
MOST_LINES_AT_ONCE = 40  # looked at for one thing, so that the time stays linear
POSTSCRIPTS = ("ps", "p s", "pps", "p p s", "nb", "n b")
DELIMITERS = frozenset({"-- ", "--"})
OTHER_DELIMITERS = frozenset({"—", "–", "__", "_", "-"})


def label_signatures(draft: Draft) -> None:
    """The delimiters first: what stands below one is no card of its own."""
    for i, line in enumerate(draft.lines):
        if draft.is_new(i) and line.text[draft.indent :].replace("\xa0", " ") in DELIMITERS:
            below = _text_below(draft, i)
            texts = [draft.lines[one].text for one in below]
            if _is_signature(line.text[draft.indent :], [text for text in texts if not is_tagline(text)]):
                draft.label(i, max([i, *below]) + 1, "signature-delimiter")


def label_tails(draft: Draft) -> None:
    """Whatever stands at the end of her text, or of a piece of it above something cut, one thing after another."""
    for start, end in _pieces(draft):
        below = end
        while (above := _peel(draft, start, below)) < below:
            below = above


def label_lone_sign_off(draft: Draft) -> None:
    """A sign-off and a name say nothing when they are all that is left."""
    left = [i for i, line in enumerate(draft.lines) if draft.is_published(i) and not line.is_blank]
    if not 2 <= len(left) <= 3 or not all(map(draft.is_new, left)):
        return
    if is_sign_off(draft.lines[left[0]].text) and all(_is_short(draft.lines[i].text) for i in left[1:]):
        draft.label(left[0], left[-1] + 1, "sign-off-alone")


def is_sign_off(text: str) -> bool:
    return len(text) <= 60 and fold(text) in SIGN_OFFS


def _is_short(text: str) -> bool:
    return len(text.split()) <= 4 and not text.rstrip().endswith(("!", "?", "."))


def _pieces(draft: Draft) -> list[tuple[int, int]]:
    """The runs of her lines, the last first."""
    pieces: list[tuple[int, int]] = []
    end = len(draft.lines)
    while end > 0:
        if not draft.is_new(end - 1):
            end -= 1
            continue
        start = end
        while start > 0 and (draft.is_new(start - 1) or draft.lines[start - 1].is_blank):
            start -= 1
        pieces.append((start, end))
        end = start
    return pieces


def _peel(draft: Draft, start: int, end: int) -> int:
    """Label the last thing that is none of her text; return where it begins, or `end`."""
    last = draft.before(end)
    if last < start:
        return end
    first = last
    while first > max(start, last - MOST_LINES_AT_ONCE) and not draft.lines[first - 1].is_blank:
        first -= 1
    at, reason = _last_thing(draft, start, first, last + 1)
    if reason:
        draft.label(at, last + 1, reason)
        return at
    return end


def _last_thing(draft: Draft, start: int, first: int, end: int) -> tuple[int, str]:
    """What the paragraph first..end, the last of a piece that begins at `start`, ends with."""
    lines = [line.text.strip() for line in draft.lines[first:end]]
    is_via = is_via_mobile(lines[-1]) and len(lines) > 1
    if is_via or is_tagline(lines[-1]):
        # "via mobile" is typed into a signature, below the name.
        has_name = is_via and len(lines) == 2 and _is_short(lines[0]) and first > start
        return (first if has_name else end - 1), "device-line"
    for at in range(max(0, len(lines) - MOST_FOOTER_LINES), len(lines) - 1):
        if is_list_footer(lines[at:]):
            return first + at, "list-footer"
    if is_list_paragraph(lines):
        return first, "list-footer"
    if is_disclaimer(" ".join(lines)):
        return first, "disclaimer"
    if _is_bare_delimiter(lines[-1]) and end < len(draft.lines) and not draft.is_new(end):
        return end - 1, "signature-delimiter"
    return _signature(draft, start, first, end, lines)


def _signature(draft: Draft, start: int, first: int, end: int, lines: list[str]) -> tuple[int, str]:
    above = max(start, end - MOST_LINES_AT_ONCE)
    card = card_start([line.text.strip() for line in draft.lines[above:end]])
    if card is not None:
        return _with_delimiter(draft, start, above + card), "contact-card"
    if is_title_card(lines) and first > start:
        return _with_delimiter(draft, start, first), "contact-card"
    if is_dashed_name(lines[-1]) and not _is_list(draft, end - 1):
        return end - 1, "name-line"
    return 0, ""


def _with_delimiter(draft: Draft, start: int, card: int) -> int:
    above = draft.before(card)
    return above if above >= start and _is_bare_delimiter(draft.lines[above].text) else card


def _is_bare_delimiter(text: str) -> bool:
    rule = text.strip()
    return rule in OTHER_DELIMITERS or (len(rule) >= 2 and not rule.strip("-_=—–*"))


def _is_list(draft: Draft, i: int) -> bool:
    """The line above is an item too, or the paragraph goes on: "-word" is no name there."""
    above = draft.lines[i - 1] if i else None
    if above is None:
        return True
    other = draft.before(i)
    text = draft.lines[other].text.lstrip() if other >= 0 else ""
    is_item = text[:1] == draft.lines[i].text.lstrip()[:1] and not text[1:2].isspace()
    return not above.is_blank or is_item


# Below a delimiter.


def _text_below(draft: Draft, delimiter: int) -> list[int]:
    """Her lines below, to where a quote or a postscript begins; a few more than a signature has are enough."""
    below: list[int] = []
    i = draft.after(delimiter + 1)
    while i < len(draft.lines) and len(below) <= MOST_LINES_WITH_DISCLAIMER:
        if not draft.is_new(i) or is_postscript(draft.lines[i].text):
            break
        below.append(i)
        i = draft.after(i + 1)
    return below


def is_postscript(text: str) -> bool:
    if text.lstrip()[:1] not in "PpN":
        return False
    words = fold(text[:20])
    return any(words == mark or words.startswith(mark + " ") for mark in POSTSCRIPTS)


def _is_signature(delimiter: str, lines: list[str]) -> bool:
    has_disclaimer = len(lines) <= MOST_LINES_WITH_DISCLAIMER and cues(fold(" ".join(lines)).split()) >= 3
    if has_disclaimer:
        return True
    if delimiter == "--" and (len(lines) > MOST_LINES_BARE or any(map(_is_prose, lines))):
        return is_list_paragraph(lines)
    # More than a few lines of prose below the delimiter are answer; a paragraph may come as one line.
    prose = sum(1 + len(line) // PROSE_WIDTH for line in lines if _is_prose(line))
    return len(lines) <= MOST_LINES and prose <= MOST_PROSE_LINES


def _is_prose(line: str) -> bool:
    return len(line) > 50 and len(line.split()) > 7


def label_below_tagline(draft: Draft) -> None:
    """Without the sent mail: a few lines below a device's line, and below her text, are a quote without marks."""
    for i, line in enumerate(draft.lines):
        if not line.is_blank and draft.is_new(i) and is_tagline(line.text):
            below = _text_below(draft, i)
            ends = not below or draft.after(below[-1] + 1) == len(draft.lines)
            letters = sum(len(draft.lines[one].text) for one in below)
            above = draft.before(i)
            if (
                above >= 0
                and below
                and ends
                and len(below) <= MOST_PROSE_LINES
                and letters <= MOST_LETTERS_BELOW_TAGLINE
            ):
                draft.reasons[i] = "device-line"
                draft.label(i + 1, below[-1] + 1, "below-device-line")
            return
