"""What the containers of an HTML mail say about lines. Evidence only: with the sent mail known, alignment decides."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from app.mail.reply.attribution import is_prose
from app.mail.reply.draft import Draft
from app.mail.reply.hints import Hint, HintKind

REASONS = {
    HintKind.QUOTE: "quote-container",
    HintKind.ATTRIBUTION: "attribution-container",
    HintKind.SIGNATURE: "signature-container",
}
MOST_SIGNATURE_LINES = 25
MOST_PROSE_LINES = 3


def label_hints(draft: Draft, hints: Sequence[Hint]) -> None:
    for hint in sorted(hints, key=lambda one: (one.start, -one.end)):
        if hint.kind is HintKind.OWN:
            _label_own(draft, hint)
            continue
        lines = [i for i in _lines_of(draft, hint) if draft.is_new(i) and not draft.lines[i].is_blank]
        if hint.kind is HintKind.SIGNATURE and not _is_signature(draft, lines):
            continue
        if hint.kind is HintKind.QUOTE and draft.alignment is None and lines and _is_forward(draft, lines[0]):
            draft.label(lines[0], lines[-1] + 1, "forwarded-message")
            continue
        is_certain = hint.kind is HintKind.SIGNATURE or _is_written_by_program(draft, hint, lines)
        for i in lines:
            if draft.alignment is None or is_certain:
                draft.reasons[i] = REASONS[hint.kind]
            elif draft.is_found(i):
                draft.reasons[i] = "same-as-sent" if hint.kind is HintKind.QUOTE else REASONS[hint.kind]


def _is_forward(draft: Draft, first: int) -> bool:
    """Gmail's "---------- Forwarded message ---------" begins the container, in any language."""
    text = draft.lines[first].body.strip("* ")
    return text.startswith("-----") and text.endswith("-----")


def _is_written_by_program(draft: Draft, hint: Hint, lines: list[int]) -> bool:
    """In a language that we do not know: "name: value" lines, or one line that ends in a colon."""
    if hint.kind is not HintKind.ATTRIBUTION or (len(lines) == 1 and is_prose(draft.lines[lines[0]].text)):
        return False
    return all(":" in draft.lines[i].text.replace("：", ":") for i in lines)


def _label_own(draft: Draft, hint: Hint) -> None:
    """A block quote that she made herself: quote marks there are hers, except around what we sent."""
    for i in _lines_of(draft, hint):
        if draft.reasons[i] in {"marked-quote", "not-in-sent"}:
            draft.reasons[i] = "own-quote"


def _lines_of(draft: Draft, hint: Hint) -> Iterator[int]:
    """The lines of which all text stands in the container."""
    first = max(0, bisect_right(draft.lines, hint.start, key=lambda line: line.start) - 1)
    for i in range(first, len(draft.lines)):
        line = draft.lines[i]
        if line.start >= hint.end:
            break
        text_start = line.start + len(line.text) - len(line.text.lstrip())
        if text_start >= hint.start and line.start + len(line.text.rstrip()) <= hint.end:
            yield i


def _is_signature(draft: Draft, lines: list[int]) -> bool:
    """Some people write their answer inside the container of their signature."""
    prose = sum(1 + len(draft.lines[i].text) // 80 for i in lines if len(draft.lines[i].text.split()) > 10)
    return len(lines) <= MOST_SIGNATURE_LINES and prose <= MOST_PROSE_LINES
