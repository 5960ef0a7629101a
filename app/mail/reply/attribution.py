"""Attribution lines ("On Jan 9, 2014, Ask The Guru wrote:"), also wrapped; only above a quote: else prose."""

from app.mail.reply.draft import Draft
from app.mail.reply.phrases import ATTRIBUTION_STARTS, ATTRIBUTION_VERBS
from app.mail.reply.unwrap import SENTENCE_ENDS
from app.mail.reply.words import fold

MOST_LINES = 4
LONGEST = 400  # characters


def label_attributions(draft: Draft) -> int:
    """Label them; return the line below the first one whose quote is unmarked, or the number of lines."""
    below = len(draft.lines)
    for first in reversed(range(len(draft.lines))):
        if _starts_quote(draft, first):
            start, end = _attribution_above(draft, first)
            if start < end:
                draft.label(start, end, "attribution-line")
                below = below if draft.lines[first].depth else end
    return below


def _starts_quote(draft: Draft, i: int) -> bool:
    above = draft.before(i)
    return _is_quoted(draft, i) and above >= 0 and not _is_quoted(draft, above)


def _is_quoted(draft: Draft, i: int) -> bool:
    return not draft.lines[i].is_blank and (draft.is_quote(i) or draft.is_same(i))


def _attribution_above(draft: Draft, quote: int) -> tuple[int, int]:
    last = draft.before(quote)
    starts = [last]
    while len(starts) < MOST_LINES and _goes_on(draft, starts[-1]):
        starts.append(starts[-1] - 1)
    joined = {start: _joined(draft, start, last + 1) for start in starts}
    for start in starts:
        if _is_dated(joined[start]):
            return start, last + 1
    for start in starts[:2]:
        # A name has no fixed beginning, so the line above must not belong to it.
        if _is_named(joined[start]) and not _goes_on(draft, start):
            return start, last + 1
    return 0, 0


def _goes_on(draft: Draft, i: int) -> bool:
    """The line above i can be an earlier line of the same attribution."""
    if i == 0 or draft.lines[i - 1].is_blank or draft.lines[i - 1].depth != draft.lines[i].depth:
        return False
    is_sentence = draft.lines[i - 1].text.rstrip().endswith(SENTENCE_ENDS)
    return not is_sentence and draft.reasons[i - 1] == draft.reasons[i]


def _joined(draft: Draft, start: int, end: int) -> str:
    text = " ".join(line.body.strip() for line in draft.lines[start:end])
    return text.strip("*_- \xa0")  # some make it bold; Zimbra puts a dash before it


def _is_dated(text: str) -> bool:
    """On <date>, <name> wrote: in any language that puts a small word first."""
    if not text[:1].isupper():
        return False  # a later line of a wrapped one
    return text.casefold().startswith(ATTRIBUTION_STARTS) and _says_wrote(text) and _numbers(text) > 0


def _is_named(text: str) -> bool:
    """<name> <address> wrote: or <name> wrote on <date>: or, an old Gmail, <date> <name> <address>:"""
    if not _says_wrote(text):
        return _is_short(text) and text[:4].isdecimal() and "@" in text and text.endswith(">:")
    # "I agree. On <date> <name> wrote:" on one line begins with words of hers.
    before_verb = f" {_before_verb(text)} "
    if any(f" {start}" in before_verb for start in ATTRIBUTION_STARTS):
        return False
    return ("@" in text and "<" in text) or (_numbers(text) > 1 and _has_time(text))


def _says_wrote(text: str) -> bool:
    return _is_short(text) and text.endswith((":", "：")) and _before_verb(text) is not None


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST


def _before_verb(text: str) -> str | None:
    """What stands before the first verb, folded; None when there is no verb."""
    folded = f" {fold(text)} "
    found = [folded.find(f" {verb} ") for verb in ATTRIBUTION_VERBS]
    return min((folded[:at] for at in found if at >= 0), key=len, default=None)


def _has_time(text: str) -> bool:
    return any(word[:1].isdigit() and ":" in word.rstrip(":") for word in text.split())


def _numbers(text: str) -> int:
    return sum(any(map(str.isdigit, word)) for word in text.split())
