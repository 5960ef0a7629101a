"""What the containers of an HTML mail say about its text: evidence for the segments, never a reason by itself."""

from dataclasses import dataclass
from enum import StrEnum


class HintKind(StrEnum):
    QUOTE = "quote"  # a mail program's container for what it quotes
    ATTRIBUTION = "attribution"  # the line or the header block that it put above
    SIGNATURE = "signature"  # a mail program's container for the signature
    OWN = "own"  # a block quote that she made herself: its "> " marks are hers


@dataclass(frozen=True)
class Hint:
    """text[start:end] of the decoded body: whole lines, the last newline included; they may nest."""

    start: int
    end: int
    kind: HintKind
