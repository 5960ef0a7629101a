"""A signature without a delimiter, known from her earlier mails: the same lines stood below each of them.

A sign-off and her name stay in the capture, as everywhere, and no sentence begins a signature. Lines are compared
without the white space around them and without the blank lines between them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from app.mail.reply.draft import Draft
from app.mail.reply.segment import PUBLISHED_KINDS, Reply, SegmentKind
from app.mail.reply.signature import is_postscript, is_sign_off

Signature = tuple[str, ...]

FEWEST_MAILS = 3  # that must end with exactly these lines
MOST_LINES = 10
MOST_NAME_WORDS = 4
MOST_SENTENCE_WORDS = 3  # "Smith & Co." is no sentence
LINES_AT_END = 30  # of a mail that are looked at
_OF_ENDING = PUBLISHED_KINDS | {SegmentKind.SIGNATURE}
_PASSED_OVER = {SegmentKind.TAGLINE, SegmentKind.DISCLAIMER}  # stands below a signature, and is cut anyway


def learn_signature(replies: Sequence[Reply]) -> Signature:
    """The longest lines, one to ten, that end at least three of these mails; empty where there are none.

    Other words stand above them each time: who sends the same answer to three people has not signed it with its end.
    """
    above: defaultdict[Signature, set[Signature]] = defaultdict(set)
    for lines in map(ending_of, replies):
        for start, found in _candidates(lines):
            above[found].add(tuple(lines[:start]))
    return max((found for found, texts in above.items() if len(texts) >= FEWEST_MAILS), key=len, default=())


def ending_of(reply: Reply) -> list[str]:
    """The last lines of her own text, above the quote where she answers on top; "" for blank lines between them."""
    lines: list[str] = []
    for segment in reversed(reply.segments):
        if segment.kind in _OF_ENDING:
            lines += [line.strip() for line in reversed(segment.text.split("\n"))]
        elif segment.kind not in _PASSED_OVER and any(lines):
            break
    tail = lines[: 4 * LINES_AT_END]
    tail.reverse()
    kept = [line for i, line in enumerate(tail) if line or (i and tail[i - 1])]
    while kept and not kept[-1]:
        kept.pop()
    return kept[-LINES_AT_END:]


def label_learned(draft: Draft, signature: Signature) -> None:
    """Cut it where her text ends with it, or where nothing but a postscript stands below."""
    hers = [i for i, line in enumerate(draft.lines) if draft.is_new(i) and not line.is_blank]
    if not signature or len(hers) <= len(signature):
        return
    postscripts = [at for at, i in enumerate(hers) if is_postscript(draft.lines[i].text)]
    for end in [*postscripts[:1], len(hers)]:
        lines = hers[end - len(signature) : end] if end > len(signature) else []
        if _is_signature(draft, lines, signature):
            draft.label(lines[0], lines[-1] + 1, "learned-signature")
            return


def _is_signature(draft: Draft, lines: list[int], signature: Signature) -> bool:
    if not lines or tuple(draft.lines[i].text.strip() for i in lines) != signature:
        return False
    is_one_piece = all(draft.is_new(i) or draft.lines[i].is_blank for i in range(lines[0], lines[-1]))
    above = ["" if not draft.is_new(i) else draft.lines[i].text.strip() for i in range(max(0, lines[0] - 2), lines[0])]
    return is_one_piece and _may_begin_below(above)


def _candidates(lines: Sequence[str]) -> Iterator[tuple[int, Signature]]:
    """What could be the signature below these lines, and where it begins; something must stand above it."""
    for start in range(len(lines) - 1, 0, -1):
        found = tuple(line for line in lines[start:] if line)
        if len(found) > MOST_LINES:
            return
        if lines[start] and _may_begin_below(lines[max(0, start - 2) : start]) and _may_begin_with(lines[start]):
            yield start, found


def _may_begin_below(above: Sequence[str]) -> bool:
    """A blank line, a rule, or a sign-off with her name: not the middle of a paragraph."""
    last = above[-1] if above else ""
    is_name = len(last.split()) <= MOST_NAME_WORDS and len(above) > 1 and is_sign_off(above[0])
    return is_name or not any(map(str.isalnum, last))


def _may_begin_with(line: str) -> bool:
    is_sentence = line.endswith((".", "!", "?", "…", ":")) and len(line.split()) > MOST_SENTENCE_WORDS
    return not is_sentence and not is_sign_off(line) and not is_postscript(line)
