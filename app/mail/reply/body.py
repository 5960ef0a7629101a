"""The decoded text of a part, or of several, with what its HTML containers said."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.mail.reply.hints import Hint
from app.mail.reply.words import words_of


@dataclass(frozen=True)
class Body:
    """`text` has \\n line ends only; `flowed` when no line end in it can be a wrap."""

    text: str
    flowed: bool
    hints: tuple[Hint, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


NOTHING = Body("", flowed=False)


def join(bodies: Iterable[Body]) -> Body:
    """Apple Mail types on below a picture, in a second part; other programs repeat the first part as HTML."""
    kept: list[Body] = []
    seen: set[tuple[str, ...]] = set()
    for body in bodies:
        words = tuple(words_of(body.text)) or (body.text.strip(),)
        if not body.is_blank and words not in seen:
            kept.append(body)
            seen.add(words)
    if len(kept) < 2:
        return kept[0] if kept else NOTHING
    hints: list[Hint] = []
    at = 0
    for body in kept:
        hints += [replace(hint, start=hint.start + at, end=hint.end + at) for hint in body.hints]
        at += len(body.text) + 2
    return Body("\n\n".join(body.text for body in kept), all(body.flowed for body in kept), tuple(hints))
