"""The asker's letter as it comes from the form: what it needs, and how its words are compared and quoted."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 60
SHORTEST_TEXT = 20
LONGEST_TEXT = 20_000
ANONYMOUS = "A reader"

_SPACES = re.compile(r"[^\S\n]+")
_SHORT = ("Dr", "Mr", "Mrs", "Ms", "St", "etc", "vs", "No")
_ABBREVIATED = "".join(rf"(?<!\b{word})" for word in _SHORT)
# A run of stops is looked at once, from its first, or from the second where the first belongs to a short word.
_BEGINS = "|".join(["(?<![.!?…])", *(rf"(?<=\b{word}[.!?…])" for word in _SHORT)])
_SENTENCE_END = re.compile(rf"(?:{_BEGINS}){_ABBREVIATED}[.!?…]++[\"”’')\]]*+(?=\s)")


class Problem(StrEnum):
    """What is wrong with one field; templates have the sentence for each."""

    NAME_TOO_LONG = "name-too-long"
    NAME_NOT_A_NAME = "name-not-a-name"
    NAME_MISSING = "name-missing"
    ADDRESS_MISSING = "address-missing"
    ADDRESS_WITHOUT_AT = "address-without-at"
    ADDRESS_MALFORMED = "address-malformed"
    ADDRESS_NOT_ASCII = "address-not-ascii"
    TOPIC_MISSING = "topic-missing"
    TEXT_MISSING = "text-missing"
    TEXT_TOO_SHORT = "text-too-short"
    TEXT_TOO_LONG = "text-too-long"
    TOO_MANY = "too-many"
    TEXT_HAS_ADDRESS = "text-has-address"
    CONSENT_MISSING = "consent-missing"
    PHOTO_HEIC = "photo-heic"
    PHOTO_OF_OTHER_KIND = "photo-of-other-kind"
    PHOTO_TOO_LARGE = "photo-too-large"
    PHOTO_BROKEN = "photo-broken"
    PHOTO_WITHOUT_WORDS = "photo-without-words"
    PHOTOS_CLOSED = "photos-closed"
    TOO_FAST_FROM_HERE = "too-fast-from-here"
    TOO_MANY_FROM_HERE = "too-many-from-here"
    FORM_EXPIRED = "form-expired"
    NOTHING_TICKED = "nothing-ticked"


class BadLetter(ValueError):
    """One or more fields cannot be taken; nothing was stored."""

    def __init__(self, problems: dict[str, Problem]) -> None:
        super().__init__(", ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


class Naming(StrEnum):
    """What the asker chose to be called in print."""

    UNSAID = ""  # by a program that knows no such field: a name where there is one
    NAME = "name"
    ALIAS = "alias"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Letter:
    """The fields of the form as they were typed.

    `unlike` are the public ids of printed letters that she was shown, and called different from hers.
    """

    public_name: str = ""
    naming: Naming = Naming.UNSAID
    address: str = ""
    topic: str = ""
    text: str = ""
    consent: bool = False
    form_key: str = ""
    unlike: tuple[str, ...] = ()

    def printed_name(self, anonymous: str = ANONYMOUS) -> str:
        typed = "" if self.naming is Naming.ANONYMOUS else clean_line(self.public_name)
        return typed or anonymous


def clean_line(text: str) -> str:
    """One line for print: NFC, no control or invisible direction characters, single spaces."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    visible = "".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def clean_text(text: str) -> str:
    r"""Running text for print: NFC, `\n` line ends, no control characters, one blank line in a row."""
    joined = "\n".join(text.splitlines())
    kept = "".join(c for c in joined if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    lines = [_SPACES.sub(" ", line).strip() for line in unicodedata.normalize("NFC", kept).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def fingerprint(address: str, text: str) -> str:
    """The same letter from the same address has the same one, whatever its spaces and capitals."""
    words = " ".join(text.casefold().split())
    return hashlib.sha256(f"{address.casefold()}\n{words}".encode()).hexdigest()


def opening(text: str, longest: int = 160) -> str:
    """The first sentence that says something: the headline of a letter. A greeting alone is passed over."""
    words = _without_greeting(text).partition("\n\n")[0]
    end = _SENTENCE_END.search(words)
    return shorten(words[: end.end()] if end else words, longest)


def lead(text: str, longest: int = 320) -> str:
    """How a text begins, on one line and without its greeting, for lists."""
    return shorten(" ".join(_without_greeting(text).split()), longest)


def _without_greeting(text: str) -> str:
    """The paragraphs, each on one line, from the first on that is more than "Hi Becky"."""
    blocks = [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]
    if len(blocks) > 1 and _is_greeting(blocks[0]):
        del blocks[0]
    return "\n\n".join(blocks)


def _is_greeting(block: str) -> bool:
    """ "Hi there," or "Hi Becky": a few words above the letter that are no sentence."""
    words = len(block.split())
    return (words <= 5 and block[-1:] in ",!") or (words <= 3 and block[-1:] not in ".?…:;")


def shorten(text: str, longest: int) -> str:
    """Cut at a word and mark the cut with an ellipsis."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(".,;:–-… ") + "…"


def slug(text: str, words: int = 7) -> str:
    """ASCII words with hyphens for an address; "letter" where nothing of the text can be written so."""
    folded = unicodedata.normalize("NFKD", opening(text)).encode("ascii", "ignore").decode().lower()
    parts = re.findall(r"[a-z0-9]+", folded.replace("'", ""))[:words]
    return "-".join(parts)[:60].strip("-") or "letter"


_LINK = re.compile(r"://|www\.|\w\.[a-z]{2,}\b|@", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


def holds_address(text: str, address: str) -> bool:
    """Whether an address stands anywhere in a text, in any capitals, its domain in ASCII or in its own script."""
    local, _, domain = address.partition("@")
    try:
        spoken = domain.encode("ascii").decode("idna")
    except UnicodeError:
        spoken = domain
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf").casefold()
    return any(form.casefold() in plain for form in (f"{local}@{domain}", f"{local}@{spoken}"))


def holds_link(text: str) -> bool:
    """Whether a mail program would make a link of any part of it."""
    return _LINK.search(text) is not None


def addresses_in(text: str) -> list[str]:
    """Everything in a text that looks like a mail address."""
    return _ADDRESS.findall(text)
