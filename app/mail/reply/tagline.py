"""The line that a telephone or an app adds: "Sent from my iPhone", in all languages. Only as a line of its own."""

from app.mail.reply.phrases import APPS, DEVICES, SENT_END, SENT_FROM, SMALL
from app.mail.reply.words import fold

LONGEST = 120
MOST_WORDS = 15
_SPOKEN = {
    word for phrases in (APPS, SMALL, SENT_FROM, SENT_END, DEVICES) for phrase in phrases.all for word in phrase.split()
}


def is_tagline(text: str) -> bool:
    """Not "Sent from my local shop": every other word is a device, an app, a brand or says nothing.

    A brand that we do not know begins with a capital letter, as in "Sent from my Wiko RIDGE FAB 4G".
    """
    if len(text) > 4 * LONGEST or len(text.split()) > MOST_WORDS:
        return False
    line = _without_links(text).strip(" \xa0*_-–—.!|")
    if not line or len(line) > LONGEST:
        return False
    words = fold(line).split()
    if len(words) > MOST_WORDS:
        return False
    start, end = SENT_FROM.length_at_start(words), SENT_END.length_at_end(words)
    if not start and not end:
        return False
    rest = words[start : len(words) - end if end else None]
    return bool(rest) and _names_device(rest) and _says_nothing_else(rest, line)


def is_via_mobile(text: str) -> bool:
    if len(text) > LONGEST:
        return False
    words = fold(text).split()
    return len(words) == 2 and words[0] == "via" and words[1] in DEVICES


def _names_device(words: list[str]) -> bool:
    return (
        any(_is_device(word) for word in words) or APPS.is_in(words) or DEVICES.is_in(words) or _has_model_number(words)
    )


def _is_device(word: str) -> bool:
    # "iPhonesta", "iPhonu", "iPhone'umdan": some languages decline it.
    return word in DEVICES or word.startswith(("iphon", "ipad", "android", "galaxy", "blackberry", "samsung"))


def _has_model_number(words: list[str]) -> bool:
    return any(any(map(str.isdigit, word)) for word in words)


def _says_nothing_else(words: list[str], line: str) -> bool:
    brands = {fold(word) for word in line.split() if word[:1].isupper() or word[:1].isdigit()}
    joined = {part for brand in brands for part in brand.split()}
    return all(_is_device(word) or word in joined or word in _SPOKEN for word in words)


def _without_links(text: str) -> str:
    """ "Sent from Mail<https://go.microsoft.com/…> for Windows 10" without what stands in brackets."""
    if not any(bracket in text for bracket in "<[("):
        return text
    parts, depth = [], 0
    for char in text:
        depth += char in "<[("
        parts.append("" if depth else char)
        depth -= char in ">])" and depth > 0
    return "".join(parts) if not depth else text
