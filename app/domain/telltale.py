"""What in a letter tells who wrote it, or how to reach her. It is marked before she posts it, never refused.

Conservative on purpose: an asker who is warned of nothing three times reads no fourth warning. Telephone numbers need
a form that few other figures have, post codes their capitals, and names words that say that they are names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Tell(StrEnum):
    """Templates have the sentence for each."""

    ADDRESS = "address"
    LINK = "link"
    PHONE = "phone"
    POSTCODE = "postcode"
    NAME = "name"


@dataclass(frozen=True)
class Telltale:
    """`text[start:end]`, and what it looks like."""

    start: int
    end: int
    kind: Tell


_UPPER = "A-ZÀ-ÖØ-Þ"
_LOWER = "a-zß-öø-ÿ"
_NAME = rf"[{_UPPER}](?:[{_LOWER}]+|(?=['’]))(?:['’-][{_UPPER}][{_LOWER}]+)*"

_ADDRESSES = (
    re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(
        r"[\w.+-]{1,64} ?[\[({] ?(?:at|@) ?[\])}] ?[\w-]{1,63}(?: ?(?:\.|[\[({] ?(?:dot|\.) ?[\])}]) ?[\w-]{1,63})+"
    ),
)
_LINKS = (
    re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+[\w/]", re.IGNORECASE),
    re.compile(
        r"\b[a-z0-9-]{2,63}\.(?:com|org|net|info|co\.uk|uk|de|fr|eu|io|me|app|ie|us|ca|au)\b(?:/[^\s<>\"]*[\w/])?",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,30}\b"),
)
_PHONES = (
    re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ \u00a0().\-/]{0,3}\d){6,13}(?![\d\w])"),
    re.compile(r"(?<![\w.,+/-])\(?0[1-9](?:[ \u00a0).\-/]{0,2}\d){7,10}(?![\d\w])"),
    re.compile(r"(?<![\w.+-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])\d{3}[-. ]\d{4}(?!\d)"),
)
_PHONE_AFTER_WORD = re.compile(
    r"\b(?:call|ring|phone|tel|telephone|mobile|cell|text|whatsapp|sms|number|telefon|handy|nummer|tél)\b"
    r"[^\d\n]{0,20}?(\+?\d(?:[ \u00a0.\-/()]{0,2}\d){5,13})(?!\d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2}")
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_POSTCODES = (
    re.compile(r"\b(?:[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW])) ?\d[ABD-HJLNP-UW-Z]{2}\b"),
    re.compile(rf"\b(?:{_STATES}) \d{{5}}(?:-\d{{4}})?\b"),
    re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b"),
    re.compile(r"\b(?:D|DE|F|FR|A|AT|CH)-\d{4,5}\b"),
)
_POSTCODE_BEFORE_TOWN = re.compile(rf"(?:,|\b(?:in|nach|à)) (\d{{5}}) [{_UPPER}][{_LOWER}]+")
_POSTCODE_AFTER_WORD = re.compile(
    r"\b(?:post ?code|zip(?: code)?|plz|code postal)\b[^\w\n]{1,3}(?:is )?(\w{3,5}(?: \d\w{2})?)\b", re.IGNORECASE
)

_INTRODUCED = re.compile(
    r"\b(?:[Mm]y name is|[Ii]ch heiße|[Mm]ein Name ist|[Jj]e m['’]appelle|(?:I am|I['’]m) called) "
    rf"({_NAME}(?: {_NAME}){{0,2}})"
)
_I_AM = re.compile(rf"\b(?:I am|I['’]m) ({_NAME} {_NAME})")
_TITLED = re.compile(rf"\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Herrn?|Frau|Mme)\b\.? ({_NAME}(?: {_NAME})?)")
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm(?:est)? )?(?:thanks|thank you|regards|wishes|greetings|love|cheers|yours)"
    r"(?: (?:again|in advance|so much|sincerely|truly|faithfully|ever|and regards))?)[,.!–-]*\s*",
    re.IGNORECASE,
)
_SIGNED = re.compile(rf"{_NAME}(?: {_NAME}){{0,2}}$")


def telltales(text: str, public_name: str = "", known: tuple[str, ...] = ()) -> tuple[Telltale, ...]:
    """In the order of the text, none over another.

    `public_name` is what will be printed above the letter, empty for "A reader": it tells nothing more where it
    stands in the text. `known` are names that readers know anyway, such as the expert's.
    """
    found: list[Telltale] = []
    for start, end, kind in _candidates(text, _words_of(public_name), known):
        if not any(start < one.end and one.start < end for one in found):
            found.append(Telltale(start, end, kind))
    return tuple(sorted(found, key=lambda one: one.start))


def _candidates(text: str, own: list[str], known: tuple[str, ...]) -> Iterator[tuple[int, int, Tell]]:
    """What is surest comes first: the number in a link is no telephone number."""
    patterns = ((_ADDRESSES, Tell.ADDRESS), (_LINKS, Tell.LINK), (_PHONES, Tell.PHONE), (_POSTCODES, Tell.POSTCODE))
    for each, kind in patterns:
        for match in (found for pattern in each for found in pattern.finditer(text)):
            if kind is not Tell.PHONE or not _DATE.match(match[0]):
                yield match.start(), match.end(), kind
    after = (
        (_PHONE_AFTER_WORD, Tell.PHONE),
        (_POSTCODE_BEFORE_TOWN, Tell.POSTCODE),
        (_POSTCODE_AFTER_WORD, Tell.POSTCODE),
    )
    for pattern, kind in after:
        for match in pattern.finditer(text):
            if any(c.isdigit() for c in match[1]) and not _DATE.match(match[1]):
                yield match.start(1), match.end(1), kind
    for start, end in _names(text, own, known):
        yield start, end, Tell.NAME


def _names(text: str, own: list[str], known: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    spans = [m.span(1) for pattern in (_INTRODUCED, _I_AM, _TITLED) for m in pattern.finditer(text)]
    spans += [m.span(1) for word in own for m in re.finditer(rf"\b{re.escape(word)} ({_NAME})", text)]
    spans += [span for span in [_signature(text)] if span is not None]
    known_words = {word for name in known for word in _words_of(name)}
    for start, end in spans:
        yield from _without(text, start, end, {*own, *known_words})


def _without(text: str, start: int, end: int, printed: set[str]) -> Iterator[tuple[int, int]]:
    """The words of a name that will not be printed above the letter anyway, neighbours together."""
    kept = [(m.start() + start, m.end() + start) for m in re.finditer(r"\S+", text[start:end]) if m[0] not in printed]
    while kept:
        first, last = kept.pop(0)
        while kept and kept[0][0] == last + 1:
            last = kept.pop(0)[1]
        yield first, last


def _signature(text: str) -> tuple[int, int] | None:
    """The name on the last line, where it stands alone or behind "Thanks,"."""
    lines = text.splitlines()
    if len(lines) < 2:
        return None
    end = len(text)
    last = lines[-1]
    closing = _CLOSING.match(last)
    words = last[closing.end() :] if closing else last
    above = lines[-2].strip()
    is_apart = closing is not None or not above or _CLOSING.fullmatch(above) is not None
    if not words or not is_apart or not _SIGNED.match(words):
        return None
    return end - len(words), end


def _words_of(name: str) -> list[str]:
    return [word for word in name.split() if len(word) > 1]
