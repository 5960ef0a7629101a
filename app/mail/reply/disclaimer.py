"""Confidentiality notices and the lines of virus scanners, in all languages."""

from app.mail.reply.phrases import DISCLAIMER, SCANNER, THIS_MAIL
from app.mail.reply.words import fold

FEWEST_WORDS = 12
LONGEST = 4_000
MANY_CUES = 5
MOST_SCANNER_WORDS = 60
VENDORS = frozenset(
    {"avast", "avg", "norton", "kaspersky", "mcafee", "eset", "avira", "bitdefender", "sophos", "mailscanner"}
)


def is_disclaimer(text: str) -> bool:
    """A paragraph about the mail itself, with several of a lawyer's phrases: lawyers answer questions too."""
    words = fold(text[:LONGEST]).split()
    if SCANNER.is_in(words) and len(words) <= MOST_SCANNER_WORDS:
        return THIS_MAIL.is_in(words) or not VENDORS.isdisjoint(words)
    fewest = 2 if THIS_MAIL.is_in(words) else MANY_CUES
    return len(words) >= FEWEST_WORDS and cues(words) >= fewest


def cues(words: list[str]) -> int:
    return DISCLAIMER.count(words)
