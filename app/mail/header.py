"""Text into header bytes: the only place where a mail's header lines are written.

Not by the standard library: it decodes encoded-words in user text (so a reader could inject headers), folds
List-* and Message-ID into encoded-words, and writes IDN domains that nobody can deliver to.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator

from app.mail.address import is_wire_address

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,49}")  # after 50 letters there is still room for one encoded character
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PRINTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")

_FOLD_AT = 78  # RFC 5322, 2.1.1
_LONGEST_LINE = 998  # RFC 5322, 2.1.1
_FOLD_ENCODED_AT = 76  # RFC 2047, 2
_LONGEST_ENCODED_WORD = 75  # RFC 2047, 2
_AROUND = len("=?utf-8?q??=")
# RFC 2047, 5 (3): what may stand for itself in a display name, and so anywhere.
_Q_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def unstructured(name: str, text: str) -> bytes:
    """A Subject-like header line with CRLF, folded; any text may come in.

    Control characters and line separators become spaces, lone surrogates U+FFFD, outer spaces go. Plain ASCII
    stays readable; everything else, and all that looks like an encoded-word, becomes encoded-words.
    Source: RFC 5322, 2.2.1; RFC 2047. Raises ValueError for an impossible header name.
    """
    _check_name(name)
    cleaned = _cleaned(text)
    if _is_plain(cleaned):
        lines = _folded(f"{name}:", _words(f" {cleaned}"), _FOLD_AT)
        if all(len(line) <= _LONGEST_LINE for line in lines):
            return _wire(lines)
    return _wire(_folded(f"{name}:", _encoded_words(cleaned, name), _FOLD_ENCODED_AT))


def mailbox(name: str, display_name: str, address: str) -> bytes:
    """A From-like header line with CRLF: a display name (may be empty, any text) and one bare address.

    Source: RFC 5322, 3.4. Raises ValueError if the address is not a plain wire address.
    """
    _check_name(name)
    if not is_wire_address(address):
        raise ValueError(f"{name}: this is no plain ASCII address: {address!r}")
    shown = re.sub(" +", " ", _cleaned(display_name)) if display_name else ""
    if not shown:
        return _wire([f"{name}: {address}"])
    phrase = [' "' + re.sub(r'(["\\])', r"\\\1", shown) + '"']
    # A folded quoted-string is legal, but some programs show its line break; encoded-words fold everywhere.
    if not _is_plain(shown) or len(f"{name}:{phrase[0]}") > _FOLD_AT:
        phrase = _encoded_words(shown, name)
    return _wire(_folded(f"{name}:", [*phrase, f" <{address}>"], _FOLD_ENCODED_AT))


def structured(name: str, value: str) -> bytes:
    """A header line with CRLF whose value goes out verbatim: Message-ID, List-Unsubscribe, References, Date.

    Folded only at spaces. Raises ValueError if the value is empty, is not printable ASCII, starts or ends
    with a space, has a word too long for a line, or holds "=?", which a mail program would decode.
    """
    _check_name(name)
    if not _PRINTABLE.fullmatch(value) or "=?" in value:
        raise ValueError(f"{name}: this cannot stand in a header as it is: {value!r}")
    if len(name) + len(value) + 2 <= _FOLD_AT:
        return _wire([f"{name}: {value}"])
    lines = _folded(f"{name}:", _words(f" {value}"), _FOLD_AT)
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise ValueError(f"{name}: a word is longer than a line may be")
    return _wire(lines)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"this is no header name: {name!r}")


def _cleaned(text: str) -> str:
    return _SURROGATE.sub("\ufffd", _BREAKING.sub(" ", text)).strip(" ")


def _is_plain(cleaned: str) -> bool:
    return cleaned.isascii() and "=?" not in cleaned


def _words(text: str) -> list[str]:
    """The words, each with the spaces before it: folding in front of them loses none when it is undone."""
    return re.findall(" *[^ ]+", text)


def _folded(start: str, words: list[str], limit: int) -> list[str]:
    lines = [start + "".join(words[:1])]  # some servers take a first line without a value as an empty header
    for word in words[1:]:
        if len(lines[-1]) + len(word) > limit:
            lines.append(word)
        else:
            lines[-1] += word
    return lines


def _wire(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _encoded_words(text: str, name: str) -> list[str]:
    """The text as encoded-words, a space before each, in the shorter of Q and B.

    Spam filters count it against a mail when B hides text that was nearly ASCII.
    """
    room = _LONGEST_ENCODED_WORD - _AROUND
    first_room = min(room, _FOLD_ENCODED_AT - len(f"{name}: ") - _AROUND)
    if len(_q(text)) <= len(_b(text)):
        return [f" =?utf-8?q?{_q(chunk)}?=" for chunk in _chunks(text, _q, first_room, room)]
    # Base64 writes four characters for three octets: whole groups only, so that sizes add up.
    first_octets, octets = first_room // 4 * 3, room // 4 * 3
    return [f" =?utf-8?b?{_b(chunk)}?=" for chunk in _chunks(text, str.encode, first_octets, octets)]


def _chunks(text: str, encode: Callable[[str], str | bytes], first_room: int, room: int) -> Iterator[str]:
    """The text in pieces that fit when encoded; RFC 2047, 5 forbids to split a character."""
    start, left = 0, first_room
    for at, character in enumerate(text):
        size = len(encode(character))
        if size > left:
            yield text[start:at]
            start, left = at, room
        left -= size
    yield text[start:]


def _q(text: str) -> str:
    return "".join(map(_q_octet, text.encode()))


def _q_octet(octet: int) -> str:
    if octet in _Q_LITERAL:
        return chr(octet)
    return "_" if octet == 0x20 else f"={octet:02X}"


def _b(text: str) -> str:
    return b64encode(text.encode()).decode()
