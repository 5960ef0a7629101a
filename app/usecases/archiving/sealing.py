"""The column's own key (Ed25519, RFC 8032): signs an archive, and tells whose an archive is."""

import hashlib
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "Ed25519"
SEED_LENGTH = 32


@dataclass(frozen=True)
class ColumnKey:
    """`seed` is 32 secret octets."""

    seed: bytes

    @property
    def public(self) -> bytes:
        return self._private().public_key().public_bytes_raw()

    def seal(self, manifest: bytes) -> bytes:
        """The text of a signature file; the same for the same manifest, always."""
        seal = {
            "algorithm": ALGORITHM,
            "public_key": self.public.hex(),
            "signature": self._private().sign(manifest).hex(),
        }
        return f"{json.dumps(seal, indent=1, sort_keys=True)}\n".encode()

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def signer_of(seal: bytes, manifest: bytes) -> bytes | None:
    """The public key that signed the manifest; None where it is no signature of it. Raises nothing on any bytes."""
    try:
        fields = json.loads(seal)
        if fields["algorithm"] != ALGORITHM:
            return None
        public = bytes.fromhex(fields["public_key"])
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(fields["signature"]), manifest)
    except (ValueError, TypeError, KeyError, RecursionError, InvalidSignature):
        return None
    return public


def fingerprint(public: bytes) -> str:
    """What people compare: sixteen hexadecimal digits in groups of four."""
    digits = hashlib.sha256(public).hexdigest()[:16]
    return " ".join(digits[n : n + 4] for n in range(0, 16, 4))
