"""What a reply consists of: typed segments that partition its decoded text."""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.mail.reply.lines import split_lines
from app.mail.reply.outcome import Attachment, Outcome
from app.mail.reply.unwrap import unwrap


class SegmentKind(StrEnum):
    ANSWER = "answer"  # newly written, published
    QUOTE = "quote"  # what we sent, or what somebody else wrote before
    ATTRIBUTION = "attribution"  # "On Jan 9, 2014, Ask The Guru wrote:"
    GREETING = "greeting"  # published with the answer
    SIGN_OFF = "sign_off"  # published with the answer
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    TAGLINE = "tagline"  # "Sent from my iPhone"
    FORWARDED = "forwarded"
    UNKNOWN = "unknown"  # we are not sure: published, and worth an editor's look


ANSWERED = "answered-passage"  # the reason of a quote that is published, because an answer to it follows
QUOTED = "marked-quote"
PUBLISHED_KINDS = frozenset({SegmentKind.ANSWER, SegmentKind.GREETING, SegmentKind.SIGN_OFF, SegmentKind.UNKNOWN})


@dataclass(frozen=True)
class Segment:
    """`text` is Reply.text[start:end]. `reason` is a stable code; the words for people live in templates."""

    kind: SegmentKind
    start: int
    end: int
    text: str
    reason: str
    confidence: float

    @property
    def is_published(self) -> bool:
        return self.kind in PUBLISHED_KINDS or self.reason == ANSWERED


@dataclass(frozen=True)
class Reply:
    """The decoded body and its partition: joining the texts of all segments gives `text`, always.

    `flowed` says that line ends are the writer's own (format=flowed, HTML), so that none may be a wrap.
    """

    text: str
    segments: tuple[Segment, ...]
    flowed: bool = False
    outcome: Outcome = Outcome.ANSWERED
    attachments: tuple[Attachment, ...] = ()
    new_subject: str = ""  # what she wrote into the subject, when that is not ours

    def published(self) -> str:
        """Paragraphs separated by a blank line; lines that belong together in a block by a single newline.

        A passage that she answers stands above her answer as a paragraph that begins with "> ".
        """
        return unwrap("".join(self._kept()), wrapped=not self.flowed)

    def without_passages(self) -> "Reply":
        """For a page of her words alone: the passages that she answers are cut like any other quote."""
        segments = (replace(s, reason=QUOTED) if s.reason == ANSWERED else s for s in self.segments)
        return replace(self, segments=tuple(segments))

    @property
    def cut(self) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if not segment.is_published)

    @property
    def is_empty(self) -> bool:
        return not any(segment.text.strip() for segment in self.segments if segment.is_published)

    def _kept(self) -> list[str]:
        kept = [segment for segment in self.segments if segment.is_published]
        parts: list[str] = []
        for i, segment in enumerate(kept):
            # Her words on both sides of something cut, or of a passage, are two paragraphs.
            between = self.text[kept[i - 1].end : segment.start] if i else ""
            # Words that she typed into a quote go on behind the mark of its next line.
            goes_on = not between.strip(" >") and ANSWERED not in {segment.reason, kept[i - 1].reason}
            parts.append("" if goes_on or not i else "\n\n")
            parts.append(_as_passage(segment.text) if segment.reason == ANSWERED else segment.text)
        return parts


def _as_passage(text: str) -> str:
    lines = [line.body.strip() for line in split_lines(text) if not line.is_blank]
    return "\n".join(f"> {line}" for line in lines)
