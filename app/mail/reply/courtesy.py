"""Greeting and sign-off: published with the answer, but apart, so that a column can hide them."""

from app.mail.reply.draft import NEW_TEXT, Draft
from app.mail.reply.phrases import GREETINGS
from app.mail.reply.signature import is_sign_off
from app.mail.reply.words import fold

MOST_GREETING_WORDS = 6
LONGEST_GREETING = 400  # characters
MOST_NAME_LINES = 2
MOST_NAME_WORDS = 6


def label_courtesies(draft: Draft) -> None:
    hers = [i for i, line in enumerate(draft.lines) if draft.is_new(i) and not line.is_blank]
    if len(hers) > 1 and _is_greeting(draft.lines[hers[0]].text):
        draft.reasons[hers[0]] = "greeting"
    for back in range(1, min(MOST_NAME_LINES + 1, len(hers) - 1) + 1):
        names = hers[len(hers) - back + 1 :]
        if is_sign_off(draft.lines[hers[-back]].text) and _are_names(draft, hers[-back], names):
            for i in hers[-back:]:  # what was cut between them stays cut
                draft.reasons[i] = "sign-off"


def label_names(draft: Draft) -> None:
    """A name below her sign-off is hers, also when it is one that we wrote ("The Guru")."""
    for i, reason in enumerate(draft.reasons):
        above = draft.before(i)
        if reason != "same-as-sent" or draft.lines[i].is_blank or above < 0 or draft.is_same(i):
            continue
        is_short = len(draft.lines[i].body.split()) <= MOST_NAME_WORDS
        if is_short and draft.is_published(above) and is_sign_off(draft.lines[above].body):
            draft.reasons[i] = NEW_TEXT


def _is_greeting(text: str) -> bool:
    if len(text) > LONGEST_GREETING:
        return False
    words = fold(text).split()
    ends = text.rstrip().endswith((",", "!", "，", "！", "、")) or text.rstrip()[-1:].isalpha()
    return ends and len(words) <= MOST_GREETING_WORDS and bool(GREETINGS.length_at_start(words))


def _are_names(draft: Draft, sign_off: int, lines: list[int]) -> bool:
    """What she typed into the quote below is no name: nothing of others stands between."""
    are_near = all(draft.is_new(i) for i in range(sign_off, max(lines, default=sign_off)))
    return are_near and all(len(draft.lines[i].text.split()) <= MOST_NAME_WORDS for i in lines)
