"""DKIM signatures on what we send: relaxed/relaxed, RSA-2048 and ed25519, over `cryptography`. RFC 6376, RFC 8463."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

PROTECTED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type"),
)
"""Signed once each as often as they are there; those that are not there are signed as absent."""

_SHORTEST_RSA = 2048
_WHITE = re.compile(rb"[ \t]+")
_TRAILING = re.compile(rb"(?<![ \t])[ \t]+(?=\r\n)")


@dataclass(frozen=True)
class Key:
    """One private key and the selector that its public half stands under in the DNS."""

    selector: str
    algorithm: str  # "rsa-sha256" or "ed25519-sha256"
    sign: Callable[[bytes], bytes]
    public: bytes

    @property
    def record(self) -> str:
        """What stands in the DNS: RFC 6376, 3.6.1, and RFC 8463, 4."""
        return f"v=DKIM1; k={self.algorithm.partition('-')[0]}; p={b64encode(self.public).decode()}"

    def is_in(self, record: bytes) -> bool:
        """Whether a record that stands in the DNS has this key."""
        tags = (tag.partition(b"=") for tag in record.split(b";"))
        known = {name.strip(): b"".join(value.split()) for name, _, value in tags}
        return known.get(b"p") == b64encode(self.public)


def read_key(selector: str, path: Path) -> Key:
    """A private key in PEM. Raises ValueError for one that is of another kind, or an RSA key that is too short."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Key(selector, "ed25519-sha256", partial(_sign_ed25519, key), public)
    if isinstance(key, RSAPrivateKey) and key.key_size >= _SHORTEST_RSA:
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Key(selector, "rsa-sha256", partial(_sign_rsa, key), public)
    raise ValueError(f"{path}: no RSA key of {_SHORTEST_RSA} bits or more, and no ed25519 key")


def _sign_rsa(key: RSAPrivateKey, octets: bytes) -> bytes:
    return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def _sign_ed25519(key: Ed25519PrivateKey, octets: bytes) -> bytes:
    return key.sign(sha256(octets).digest())  # RFC 8463, 3: of the hash, not of the octets


class DkimSigner:
    """Signs with each of its keys. The same message at the same time always gets the same signatures."""

    def __init__(self, domain: str, keys: Sequence[Key]) -> None:
        self._domain = domain.encode()
        self._keys = tuple(keys)

    def sign(self, message: bytes, *, at: datetime) -> bytes:
        """The message with a DKIM-Signature above it for each key. CRLF line ends."""
        header, _, body = message.partition(b"\r\n\r\n")
        names, signed = protected(canonical_header(header))
        return self.header(names, signed, sha256(canonical_body(body)).digest(), at=at) + message

    def header(self, names: bytes, signed: bytes, body_hash: bytes, *, at: datetime) -> bytes:
        """The DKIM-Signature fields over what `protected` tells and the SHA-256 of the canonical body."""
        encoded = b64encode(body_hash)
        return b"".join(self._signature(key, names, signed, encoded, at) for key in self._keys)

    def _signature(self, key: Key, names: bytes, signed: bytes, body_hash: bytes, at: datetime) -> bytes:
        start, canonical = _start(key.algorithm, self._domain, key.selector, int(at.timestamp()), names)
        # 3.7: its own field is signed too, with an empty b= and without the CRLF at its end
        signature = b64encode(key.sign(b"".join((signed, canonical, body_hash, b"; b="))))
        lines = [signature[n : n + 72] for n in range(0, len(signature), 72)]
        return b"".join((start, body_hash, b";\r\n b=", b"\r\n ".join(lines), b"\r\n"))


@lru_cache(maxsize=64)
def _start(algorithm: str, domain: bytes, selector: str, at: int, names: bytes) -> tuple[bytes, bytes]:
    """A signature up to the hash of the body, and its canonical form: the same for all copies of an issue."""
    start = b"DKIM-Signature: v=1; a=%s; c=relaxed/relaxed; d=%s;\r\n s=%s; t=%d;\r\n h=%s;\r\n bh=" % (
        *(algorithm.encode(), domain, selector.encode(), at),
        names,
    )
    return start, canonical_field(start)[:-2]


def protected(fields: Iterable[bytes]) -> tuple[bytes, bytes]:
    """The names for h=, folded, and the canonical fields in their order (RFC 6376, 5.4.2: from the bottom up)."""
    found: dict[bytes, list[bytes]] = {}
    for field in fields:
        found.setdefault(field.partition(b":")[0], []).append(field)
    names: list[bytes] = []
    signed: list[bytes] = []
    for name in map(str.encode, PROTECTED):
        present = found.get(name, [])
        names += [name] * (len(present) + (name == b"from" or not present))
        signed += reversed(present)
    folded = b":\r\n  ".join(b":".join(names[n : n + 5]) for n in range(0, len(names), 5))
    return folded, b"".join(signed)


def canonical_header(header: bytes) -> list[bytes]:
    """The canonical form of each field; the last one may have its line end or not."""
    fields = re.split(rb"\r\n(?![ \t])", header.removesuffix(b"\r\n"))
    return [canonical_field(field) for field in fields if field]


def canonical_field(field: bytes) -> bytes:
    """RFC 6376, 3.4.2: name in lower case, unfolded, runs of white space as one space, none at the ends."""
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + _WHITE.sub(b" ", value.replace(b"\r\n", b"")).strip() + b"\r\n"


def collapsed(octets: bytes) -> bytes:
    """Runs of white space as one space: what `canonical_body` does within a line."""
    return _WHITE.sub(b" ", octets)


def canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: white space as in fields, none at line ends, no empty lines at the end."""
    text = collapsed(_TRAILING.sub(b"", body))
    text = text.rstrip(b"\r\n")
    return text + b"\r\n" if text else b""
