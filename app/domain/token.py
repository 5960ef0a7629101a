"""Tokens: the signed part of an address or a link. Each resolves to one row and one action, or to nothing.

Crockford's base 32 in lower case (no i, l, o, u), so that a token survives lower-casing and retyping:

    <row id, at least 1><MAC, 26 characters = 130 bits><check, 1>

The check character (Luhn modulo 32) tells a mistyped token from an invented one; it protects nothing.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
MAC_LENGTH = 26
LONGEST = 13 + MAC_LENGTH + 1  # a 64-bit id
_CHARACTERS = frozenset(ALPHABET)
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_DOUBLED = {character: 2 * value // 32 + 2 * value % 32 for character, value in _VALUES.items()}
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]  # ten bits each: a digest mints three for each copy
_MAC_OCTETS = MAC_LENGTH * 5 // 8 + 1
_VEILED = re.compile("[0-9a-f]{12}")
_RETYPED = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v", "-": None, " ": None})


class Purpose(StrEnum):
    """The one action that a token is for; a token for one is worthless for another."""

    REPLY = "q"  # local part q-<token>: answers the delivery with this id
    BOUNCE = "b"  # local part b-<token>: envelope sender of the delivery with this id
    CONFIRM = "c"  # link: the asker confirms the question with this id
    SIGN_IN = "s"  # link: an editor comes to the desk
    WAS_IT_YOU = "w"  # link: an expert says whether the held mail with this id was hers
    FORM = "f"  # hidden field: one rendered form
    SUBSCRIBE = "k"  # link: what the mail with this id asks about is wanted
    MOVE = "m"  # link: the subscription that the mail with this id is about moves to another address
    COPY_BOUNCE = "d"  # local part d-<token>: envelope sender of the copy of an issue with this id
    UNSUBSCRIBE = "u"  # link, and local part u-<token>: the subscriber with this id leaves
    PREFERENCES = "p"  # link: the subscriber with this id changes what comes


@dataclass(frozen=True)
class Genuine:
    id: int


@dataclass(frozen=True)
class Mistyped:
    """Not genuine, but at most two characters away from the token of `guess`; never acted upon."""

    guess: int | None


@dataclass(frozen=True)
class Invented:
    """Well-formed, and signed by nobody here."""


Resolution = Genuine | Mistyped | Invented


class Signer:
    """Mints with the first key; accepts all of them, so that keys can be changed while tokens are out."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) < 16 for key in keys):
            raise ValueError("a signing key needs at least 16 bytes")
        self._keys = keys
        self._secrets: dict[str, tuple[bytes, ...]] = {}

    def mint(self, purpose: Purpose, row_id: int) -> str:
        return self._mint(self._keys[0], purpose, row_id)

    def resolve(self, purpose: Purpose, text: str) -> Resolution:
        token = text.strip().lower().translate(_RETYPED)
        if not MAC_LENGTH + 2 <= len(token) <= LONGEST or not _CHARACTERS.issuperset(token):
            return Mistyped(None) if abs(len(token) - MAC_LENGTH) < 16 else Invented()
        row_id = _decode(token[: -MAC_LENGTH - 1])
        expected = [self._mint(key, purpose, row_id) for key in self._keys]
        if any(hmac.compare_digest(token, candidate) for candidate in expected):
            return Genuine(row_id)
        if any(_distance(token, candidate) <= 2 for candidate in expected):
            return Mistyped(row_id)
        return Invented() if _check(token[:-1]) == token[-1] else Mistyped(None)

    def secret(self, purpose: str) -> bytes:
        """A key of its own for something else that must be signed, such as the web session."""
        return self.secrets(purpose)[0]

    def secrets(self, purpose: str) -> tuple[bytes, ...]:
        """One of each key, the newest first: for what was kept under an older one."""
        if purpose not in self._secrets:
            self._secrets[purpose] = tuple(
                hmac.digest(key, f"mailbag {purpose}".encode(), "sha256") for key in self._keys
            )
        return self._secrets[purpose]

    def veil(self, row_id: int, salt: str) -> str:
        """A row's id, 12 hexadecimal digits, as nobody else can read it. It proves nothing: `salt` has to."""
        return f"{row_id ^ _mask(self.secret('veil'), salt):012x}"

    def unveil(self, text: str, salt: str) -> list[int]:
        """Under each key the id that it may be; one of them was meant, or none."""
        is_veiled = _VEILED.fullmatch(text) is not None
        return [int(text, 16) ^ _mask(key, salt) for key in self.secrets("veil")] if is_veiled else []

    @staticmethod
    def _mint(key: bytes, purpose: Purpose, row_id: int) -> str:
        digest = hmac.digest(key, f"{purpose.value}:{row_id}".encode(), hashlib.sha256)
        bits = int.from_bytes(digest[:_MAC_OCTETS], "big") >> (_MAC_OCTETS * 8 - MAC_LENGTH * 5)
        mac = "".join([_PAIRS[bits >> shift & 1023] for shift in range(MAC_LENGTH * 5 - 10, -1, -10)])
        body = _encode(row_id) + mac
        return body + _check(body)


def _mask(key: bytes, salt: str) -> int:
    return int.from_bytes(hmac.digest(key, salt.encode(), "sha256")[:6], "big")


def _encode(number: int) -> str:
    characters = ALPHABET[number & 31]
    while number := number >> 5:
        characters = ALPHABET[number & 31] + characters
    return characters


def _decode(text: str) -> int:
    number = 0
    for character in text:
        number = number << 5 | _VALUES[character]
    return number


def _check(body: str) -> str:
    """Luhn's sum modulo 32: finds every single wrong character and nearly all swapped neighbours."""
    total = sum(map(_DOUBLED.__getitem__, body[::-2])) + sum(map(_VALUES.__getitem__, body[-2::-2]))
    return ALPHABET[-total % 32]


def _distance(one: str, other: str) -> int:
    """How many places differ; tokens of different length are far apart."""
    if len(one) != len(other):
        return len(one) + len(other)
    return sum(a != b for a, b in zip(one, other, strict=True))
