"""A partition in the making: for each line of a reply why it is cut, or that it still counts as hers."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.mail.reply.align import Alignment
from app.mail.reply.lines import Line
from app.mail.reply.segment import ANSWERED, PUBLISHED_KINDS, Segment, SegmentKind

NEW_TEXT = "new-text"
REASONS: dict[str, tuple[SegmentKind, float]] = {
    NEW_TEXT: (SegmentKind.ANSWER, 0.9),
    "same-as-sent": (SegmentKind.QUOTE, 0.99),
    "marked-quote": (SegmentKind.QUOTE, 0.9),
    "below-header-block": (SegmentKind.QUOTE, 0.8),
    "below-attribution": (SegmentKind.QUOTE, 0.8),
    "below-reply-line": (SegmentKind.QUOTE, 0.9),
    "wrapped-out-of-quote": (SegmentKind.QUOTE, 0.8),
    "quote-container": (SegmentKind.QUOTE, 0.85),  # the client's HTML says so
    ANSWERED: (SegmentKind.QUOTE, 0.9),  # published above the answer to it
    "own-quote": (SegmentKind.UNKNOWN, 0.6),  # carries quote marks inside of her own text
    "below-lone-attribution": (SegmentKind.UNKNOWN, 0.4),  # she answers below, or it is all quote
    "not-in-sent": (SegmentKind.UNKNOWN, 0.5),  # carries a quote mark, but we never wrote it
    "other-version": (SegmentKind.UNKNOWN, 0.4),  # the plain and the HTML part carry two answers
    "attribution-line": (SegmentKind.ATTRIBUTION, 0.95),
    "header-block": (SegmentKind.ATTRIBUTION, 0.95),
    "reply-above-line": (SegmentKind.ATTRIBUTION, 0.9),
    "attribution-container": (SegmentKind.ATTRIBUTION, 0.85),
    "forwarded-message": (SegmentKind.FORWARDED, 0.8),
    "signature-delimiter": (SegmentKind.SIGNATURE, 0.95),
    "signature-container": (SegmentKind.SIGNATURE, 0.85),
    "contact-card": (SegmentKind.SIGNATURE, 0.8),
    "learned-signature": (SegmentKind.SIGNATURE, 0.9),  # below her earlier mails too
    "name-line": (SegmentKind.SIGNATURE, 0.7),
    "sign-off-alone": (SegmentKind.SIGNATURE, 0.6),
    "below-device-line": (SegmentKind.SIGNATURE, 0.5),
    "list-footer": (SegmentKind.SIGNATURE, 0.9),
    "disclaimer": (SegmentKind.DISCLAIMER, 0.85),
    "device-line": (SegmentKind.TAGLINE, 0.95),
    "greeting": (SegmentKind.GREETING, 0.9),
    "sign-off": (SegmentKind.SIGN_OFF, 0.9),
}


@dataclass
class Draft:
    lines: list[Line]
    alignment: Alignment | None  # None when we do not know what we sent
    reasons: list[str]
    indent: int = 0  # of the whole text, which some programs move to the right

    def __post_init__(self) -> None:
        self._text_above = [-1]
        self._text_from = [len(self.lines)]
        for i, line in enumerate(self.lines):
            self._text_above.append(self._text_above[-1] if line.is_blank else i)
        for i, line in reversed(list(enumerate(self.lines))):
            self._text_from.append(self._text_from[-1] if line.is_blank else i)
        self._text_from.reverse()

    def label(self, start: int, end: int, reason: str) -> None:
        self.reasons[start:end] = [reason] * (end - start)

    def is_new(self, i: int) -> bool:
        return self.reasons[i] == NEW_TEXT

    def is_published(self, i: int) -> bool:
        return REASONS[self.reasons[i]][0] in PUBLISHED_KINDS

    def kind(self, i: int) -> SegmentKind:
        return REASONS[self.reasons[i]][0]

    def is_quote(self, i: int) -> bool:
        return REASONS[self.reasons[i]][0] is SegmentKind.QUOTE

    def is_same(self, i: int) -> bool:
        return self.alignment is not None and self.alignment.is_same(i)

    def is_found(self, i: int) -> bool:
        """The words of a line in a quote are ours. A name directly below a line of hers is hers, if short."""
        if self.alignment is None or not self.alignment.is_found(i):
            return False
        return self.alignment.is_same(i) or not self._ends_hers(i)

    def _ends_hers(self, i: int) -> bool:
        assert self.alignment is not None
        above = self.lines[i - 1] if i else None
        if above is None or above.is_blank or above.depth != self.lines[i].depth:
            return False
        return self.alignment.word_count(i - 1) > 0 and not self.alignment.is_found(i - 1)

    def is_wordless(self, i: int) -> bool:
        return self.alignment is not None and not self.alignment.word_count(i)

    def before(self, i: int) -> int:
        """The last line with text above line i, or -1."""
        return self._text_above[i]

    def after(self, i: int) -> int:
        """The first line with text from line i on, or the number of lines."""
        return self._text_from[i]

    def segments(self, text: str) -> Iterator[Segment]:
        start = 0
        for i, line in enumerate(self.lines):
            is_last = i + 1 == len(self.lines)
            if is_last or self.reasons[i + 1] != self.reasons[i]:
                kind, confidence = REASONS[self.reasons[i]]
                yield Segment(kind, start, line.end, text[start : line.end], self.reasons[i], confidence)
                start = line.end
