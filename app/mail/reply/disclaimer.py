"""Confidentiality notices and the lines of virus scanners, in all languages."""

from app.mail.reply.phrases import DISCLAIMER, SCANNER
from app.mail.reply.words import fold

FEWEST_WORDS = 12
LONGEST = 4_000


def is_disclaimer(text: str) -> bool:
    """A paragraph with several of a lawyer's phrases; she can use one of them herself."""
    words = fold(text[:LONGEST]).split()
    if SCANNER.is_in(words):
        return len(words) <= 60
    return len(words) >= FEWEST_WORDS and cues(words) >= (2 if len(words) < 60 else 3)


def cues(words: list[str]) -> int:
    return DISCLAIMER.count(words)
