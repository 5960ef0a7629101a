"""Parts a decoded reply into segments. What is uncertain stays hers: a leak is seen, a lost word is not."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from app.mail.reply.align import Alignment, SentText, align
from app.mail.reply.attribution import label_attributions, label_lone_attributions, split_at_attributions
from app.mail.reply.below import label_below
from app.mail.reply.brokenoff import broken_off
from app.mail.reply.courtesy import label_courtesies, label_names
from app.mail.reply.draft import NEW_TEXT, Draft
from app.mail.reply.evidence import label_hints
from app.mail.reply.headerblock import label_header_blocks
from app.mail.reply.hints import Hint
from app.mail.reply.insertion import doubled, mixed_paragraphs, split_at_insertions
from app.mail.reply.learned import Signature, label_learned
from app.mail.reply.lines import Line, split_indented_lines
from app.mail.reply.mended import may_have_mended, with_mended, with_short_ones
from app.mail.reply.pairs import label_pairs
from app.mail.reply.segment import Segment
from app.mail.reply.signature import label_below_tagline, label_lone_sign_off, label_signatures, label_tails
from app.mail.reply.unwrap import SENTENCE_ENDS
from app.mail.reply.wrappedout import label_wrapped_out


def segment(
    text: str, sent: SentText | None, hints: Sequence[Hint] = (), signature: Signature = ()
) -> tuple[Segment, ...]:
    lines, indent = split_indented_lines(text)
    lines = split_at_attributions(lines)
    lines, alignment, ours = _aligned(lines, sent)
    draft = Draft(lines, alignment, [NEW_TEXT] * len(lines), indent)
    _label_marked(draft)
    label_hints(draft, hints)
    if sent is None:
        _label_unaligned(draft)
    else:
        below = min(label_header_blocks(draft), label_attributions(draft))
        _label_same(draft, below)
        _label_ours(draft, ours)
        _label_rules(draft, sent.wordless_lines)
        label_lone_attributions(draft)
        label_names(draft)
    label_signatures(draft)
    label_tails(draft)
    label_learned(draft, signature)
    _label_blanks(draft)
    label_pairs(draft, sent)
    label_lone_sign_off(draft)
    label_courtesies(draft)
    _label_blanks(draft)
    return tuple(draft.segments(text))


def _aligned(lines: list[Line], sent: SentText | None) -> tuple[list[Line], Alignment | None, list[int]]:
    """What she edited in the quote is told apart from what she typed into it, where there is reason to look."""
    if sent is None:
        return lines, None, []
    alignment = align((line.body for line in lines), sent)
    if may_have_mended(alignment):
        alignment = with_mended(alignment, sent.places)
    alignment = with_short_ones(alignment, sent)
    twice = doubled(alignment, sent)
    mixed = mixed_paragraphs(lines, alignment, twice)
    if not mixed:
        return lines, alignment, broken_off(lines, alignment, sent.places)
    lines, alignment, ours = split_at_insertions(lines, mixed, alignment, sent.places, twice)
    return lines, alignment, [*ours, *broken_off(lines, alignment, sent.places)]


def _label_unaligned(draft: Draft) -> None:
    """We do not know what we sent: marks, containers, attributions and headers have to say it."""
    label_wrapped_out(draft)
    label_below(draft)
    label_attributions(draft)
    label_below_tagline(draft)


def _label_marked(draft: Draft) -> None:
    for i, line in enumerate(draft.lines):
        if line.depth:
            draft.reasons[i] = _marked(draft, i)


def _marked(draft: Draft, i: int) -> str:
    if draft.alignment is None or not draft.alignment.word_count(i):
        return "marked-quote"
    return "same-as-sent" if draft.is_found(i) else "not-in-sent"


def _label_same(draft: Draft, below: int) -> None:
    """Unmarked quotes: whole paragraphs; from line `below` on also runs of lines inside a paragraph.

    A line of her own, wrapped sentence can consist of the asker's words.
    """
    if draft.alignment is None:
        return
    for start, end in _runs(len(draft.lines), lambda i: draft.is_new(i) and not draft.lines[i].is_blank):
        if all(draft.is_same(start + i) or draft.is_wordless(start + i) for i in range(end - start)):
            _label_lines(draft, start, end)
            continue
        for first, last in _runs(end, draft.is_same, max(start, below)):
            if not _is_inside_sentence(draft, first, last):
                _label_lines(draft, first, last)


def _label_ours(draft: Draft, lines: Sequence[int]) -> None:
    for i in lines:
        if draft.is_new(i):
            draft.reasons[i] = "same-as-sent"


def _runs(end: int, holds: Callable[[int], bool], start: int = 0) -> Iterator[tuple[int, int]]:
    """The runs of neighbouring lines for which something holds."""
    for key, run in groupby(range(start, end), holds):
        if key:
            lines = list(run)
            yield lines[0], lines[-1] + 1


def _label_lines(draft: Draft, start: int, end: int) -> None:
    for i in range(start, end):
        if draft.is_same(i):
            draft.reasons[i] = "same-as-sent"


def _is_inside_sentence(draft: Draft, start: int, end: int) -> bool:
    """The lines above or below are hers and of the same sentence."""
    above = draft.lines[start - 1].text.strip() if start and draft.is_new(start - 1) else ""
    below = draft.lines[end].text.strip() if end < len(draft.lines) and draft.is_new(end) else ""
    return bool(above and not above.endswith(SENTENCE_ENDS)) or below[:1].islower()


def _label_rules(draft: Draft, ours: set[str]) -> None:
    """A rule of ours inside a quote is quote; else it is hers, and no reason to cut what stands below."""
    for i, line in enumerate(draft.lines):
        if draft.is_new(i) and not line.is_blank and line.text.strip() in ours:
            above, below = draft.before(i), draft.after(i + 1)
            if above >= 0 and below < len(draft.lines) and draft.is_quote(above) and draft.is_quote(below):
                draft.reasons[i] = draft.reasons[above]


def _label_blanks(draft: Draft) -> None:
    """Blank lines go with the line above; at the top, with the first line that has text."""
    first = draft.after(0)
    if first < len(draft.lines):
        draft.label(0, first, draft.reasons[first])
    for i, line in enumerate(draft.lines[first:], first):
        if line.is_blank and i > first and not (line.depth and draft.is_new(i - 1)):
            draft.reasons[i] = draft.reasons[i - 1]
