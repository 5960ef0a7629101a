"""What the containers of an HTML mail say about spans of its text: evidence, never a reason to drop."""

from dataclasses import dataclass
from enum import StrEnum


class HintKind(StrEnum):
    QUOTE = "quote"
    ATTRIBUTION = "attribution"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Hint:
    """Characters start..end of the decoded text stood in such a container."""

    start: int
    end: int
    kind: HintKind
