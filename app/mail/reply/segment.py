"""What a reply consists of: typed segments that partition its decoded text."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

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
        return self.kind in PUBLISHED_KINDS


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
        """Paragraphs separated by a blank line; lines that belong together in a block by a single newline."""
        return unwrap("".join(self._kept()), wrapped=not self.flowed)

    @property
    def cut(self) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if not segment.is_published)

    @property
    def is_empty(self) -> bool:
        return not self.published()

    def _kept(self) -> list[str]:
        kept = [segment for segment in self.segments if segment.is_published]
        parts = [segment.text for segment in kept[:1]]
        for before, segment in pairwise(kept):
            # Her words on both sides of something cut are two paragraphs.
            parts.append("" if before.end == segment.start else "\n\n")
            parts.append(segment.text)
        return parts
