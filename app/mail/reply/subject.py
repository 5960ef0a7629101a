"""What she wrote into the subject: the part of it that is not the subject of our mail."""

import re

from app.mail.reply.words import fold

# "Re:", "AW:", "Fwd:", "RE[2]:", "回复:"; also several, and a list's "[name]".
_PREFIX = re.compile(r"\s*(?:[^\W\d_]{2,5}(?:\[\d+\]|\(\d+\))?\s?[:：]|\[[^\]]{1,40}\])\s*")
_MOST_PREFIXES = 10


def new_subject(subject: str, sent: str | None) -> str:
    """Without knowing what we sent, only a subject without "Re:" can be new."""
    own = _without_prefixes(subject)
    if sent is None:
        return "" if own != subject.strip() else own
    ours = _without_prefixes(sent)
    if ours and ours in own:
        own = own.replace(ours, "", 1).strip(" -–—:()[]|,;")
    words, our_words = fold(own), fold(ours)
    # A program may have cut our subject short.
    return own if words and words not in our_words else ""


def _without_prefixes(subject: str) -> str:
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(subject)
        if match is None:
            break
        subject = subject[match.end() :]
    return subject.strip()
