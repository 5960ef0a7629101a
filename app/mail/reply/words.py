"""Text as bare words, blind to case, punctuation, width and invisible characters."""

import unicodedata

# What programs put in when they turn HTML into text: "[image: logo]", "<mailto:…>".
NOISE = frozenset({"http", "https", "mailto", "image", "cid"})
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
FIRST_IDEOGRAPH = 0x2E80  # from here on scripts do not separate words by spaces
MOST_CACHED = 10_000


class _Spacing(dict[int, str]):
    """For str.translate: everything but letters and digits is space, ideographs stand alone."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if not char.isalnum() and not unicodedata.combining(char):
            spaced = " "
        else:
            spaced = f" {char} " if code >= FIRST_IDEOGRAPH else char
        if len(self) < MOST_CACHED:
            self[code] = spaced
        return spaced


_SPACING = _Spacing()
_ASCII = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))


def fold(text: str) -> str:
    """Lower case, letters and digits only, words separated by single spaces."""
    if text.isascii():
        return " ".join(text.lower().encode("ascii").translate(_ASCII).decode("ascii").split())
    folded = unicodedata.normalize("NFKC", text.translate(UNSEEN)).casefold()
    # The Turkish capital İ becomes an i with a dot of its own.
    return " ".join(folded.replace("i\u0307", "i").translate(_SPACING).split())


def words_of(text: str) -> list[str]:
    return [word for word in fold(text).split() if word not in NOISE]


def is_ideograph(word: str) -> bool:
    return ord(word[0]) >= FIRST_IDEOGRAPH
