"""Our signatures hold for two other verifiers; whatever is protected cannot be changed, added or taken away."""

import base64
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from app.mail.dkim import PROTECTED, DkimSigner, canonical_body, read_key
from app.mail.lint import Envelope, lint_outgoing
from app.mail.message import build_message

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
_DER, _SPKI = pem.Encoding.DER, pem.PublicFormat.SubjectPublicKeyInfo
PUBLIC = {
    "r1": RSA.public_key().public_bytes(_DER, _SPKI),
    "e1": ED25519.public_key().public_bytes(pem.Encoding.Raw, pem.PublicFormat.Raw),
}
RECORDS = {
    name: f"v=DKIM1; k={'rsa' if name == 'r1' else 'ed25519'}; p={base64.b64encode(key).decode()}"
    for name, key in PUBLIC.items()
}


def write_key(path: Path, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> Path:
    path.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption()))
    return path


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> DkimSigner:
    tmp_path = tmp_path_factory.mktemp("keys")
    keys = [read_key("r1", write_key(tmp_path / "r.pem", RSA)), read_key("e1", write_key(tmp_path / "e.pem", ED25519))]
    return DkimSigner("column.example", keys)


MESSAGE = build_message(
    sender_name="Ask  The Guru",
    sender="column@column.example",
    to="becky@asker.example",
    reply_to="q-1@column.example",
    subject="Something about a knee that is so long that the header has to be folded, and then some",
    message_id="<m1@column.example>",
    date=AT,
    text="Two  spaces, a trailing one \n\n.\n\nFrom here on – dashes.\n\n\n",
    html="<p>Two  spaces</p>\n\n",
    headers={
        "In-Reply-To": "<m0@column.example>",
        "References": "<m0@column.example>",
        "List-ID": "Ask The Guru <digest.column.example>",
        "List-Unsubscribe": "<https://column.example/u/1>, <mailto:u-1@column.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<https://column.example/>",
        "List-Post": "NO",
        "Feedback-ID": "a:b:c:0123456789",
        "Auto-Submitted": "auto-generated",
    },
)


def without(algorithm: str, message: bytes) -> bytes:
    pattern = rb"DKIM-Signature: v=1; a=" + algorithm.encode() + rb".*?\r\n(?![ \t])"
    return re.sub(pattern, b"", message, flags=re.DOTALL)


def by_dkimpy(message: bytes, domain: str = "column.example") -> bool:
    """RSA alone: for ed25519 it wants a library that is not here."""
    records = {f"{name}._domainkey.{domain}.".encode(): text.encode() for name, text in RECORDS.items()}
    return bool(dkim.verify(without("ed25519", message), dnsfunc=lambda name, timeout=5: records[name]))


def by_opendkim(message: bytes, domain: str = "column.example") -> bool:
    """Each signature for itself."""
    with tempfile.TemporaryDirectory(prefix="mailbag-dkim-") as name:
        folder = Path(name)
        keys = "".join(f"{name}._domainkey.{domain} {text}\n" for name, text in RECORDS.items())
        (folder / "keys").write_text(keys)
        (folder / "conf").write_text(f"Mode v\nTestPublicKeys {folder / 'keys'}\n")
        said = []
        for other in ("rsa", "ed25519"):
            (folder / "mail").write_bytes(without(other, message))
            command = [OPENDKIM, "-x", str(folder / "conf"), "-t", str(folder / "mail")]
            said.append(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert all("verification" in one for one in said), said
    return all("succeeded" in one for one in said)


OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin:/usr/local/sbin") or ""
VERIFIERS = [
    by_dkimpy,
    pytest.param(
        by_opendkim, marks=pytest.mark.skipif(not OPENDKIM, reason="opendkim is not installed (Debian: opendkim)")
    ),
]


@pytest.mark.parametrize("verifies", VERIFIERS)
def test_it_verifies(signer: DkimSigner, verifies: Callable[[bytes], bool]) -> None:
    signed = signer.sign(MESSAGE, at=AT)
    assert verifies(signed)
    assert lint_outgoing(signed, Envelope("d-1@column.example", "becky@asker.example")) == []


@pytest.mark.parametrize("verifies", VERIFIERS)
def test_what_a_relay_may_do_does_no_harm(signer: DkimSigner, verifies: Callable[[bytes], bool]) -> None:
    signed = signer.sign(MESSAGE, at=AT)
    refolded = signed.replace(b"List-Unsubscribe: <https", b"list-unsubscribe:\r\n\t <https")
    assert verifies(b"Received: from a by b; Sun, 22 Nov 2026 12:00:00 +0000\r\n" + refolded + b"\r\n\r\n")


def with_changed(name: str, message: bytes) -> bytes:
    """Another value for one header."""
    pattern = re.compile(rb"(?m)^(" + name.encode() + rb"): ?", re.IGNORECASE)
    changed, number = pattern.subn(rb"\1: x", message, count=1)
    assert number == 1
    return changed


@pytest.mark.parametrize("name", PROTECTED)
def test_a_protected_header_that_is_changed_breaks_it(signer: DkimSigner, name: str) -> None:
    assert not by_dkimpy(with_changed(name, signer.sign(MESSAGE, at=AT)))


@pytest.mark.parametrize("name", PROTECTED)
def test_a_protected_header_that_is_taken_away_breaks_it(signer: DkimSigner, name: str) -> None:
    signed = signer.sign(MESSAGE, at=AT)
    pattern = re.compile(rb"\r\n" + name.encode() + rb": .*?(?=\r\n(?![ \t]))", re.IGNORECASE | re.DOTALL)
    changed, number = pattern.subn(b"", signed, count=1)
    assert number == 1
    assert not by_dkimpy(changed)


@pytest.mark.parametrize("name", ["from", "reply-to", "list-unsubscribe", "list-unsubscribe-post", "list-id"])
def test_a_header_that_was_not_there_cannot_be_added(signer: DkimSigner, name: str) -> None:
    bare = re.sub(rb"(?m)^(List-|Reply-To|Feedback).*\r\n(?:[ \t].*\r\n)*", b"", MESSAGE)
    signed = signer.sign(bare, at=AT)
    assert by_dkimpy(signed)
    assert not by_dkimpy(name.title().encode() + b": <x@evil.example>\r\n" + signed)


@pytest.mark.parametrize("verifies", VERIFIERS)
def test_a_changed_word_breaks_it(signer: DkimSigner, verifies: Callable[[bytes], bool]) -> None:
    assert not verifies(signer.sign(MESSAGE, at=AT).replace(b"trailing", b"Trailing"))


def test_the_same_mail_at_the_same_time_has_the_same_signatures(signer: DkimSigner) -> None:
    assert signer.sign(MESSAGE, at=AT) == signer.sign(MESSAGE, at=AT)


def test_what_stands_in_the_dns_is_told_and_known_again(tmp_path: Path) -> None:
    for name, private in (("r1", RSA), ("e1", ED25519)):
        key = read_key(name, write_key(tmp_path / f"{name}.pem", private))
        assert key.record == RECORDS[name]
        assert key.is_in(RECORDS[name].encode())
        assert key.is_in(RECORDS[name].replace("p=", "t=s; p = ").encode())
        assert not key.is_in(RECORDS["e1" if name == "r1" else "r1"].encode())
        assert not key.is_in(b"v=spf1 -all")


def test_a_weak_or_foreign_key_is_refused(tmp_path: Path) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(ValueError, match="2048"):
        read_key("s", write_key(tmp_path / "weak.pem", weak))
    (tmp_path / "none.pem").write_text("no key")
    with pytest.raises(ValueError, match="PEM"):
        read_key("s", tmp_path / "none.pem")


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # RFC 6376, 3.4.5
    ],
)
def test_bodies_as_the_rfc_has_them(body: bytes, canonical: bytes) -> None:
    assert canonical_body(body) == canonical


def test_a_long_run_of_blanks_costs_no_more_than_other_octets() -> None:
    began = time.process_time()
    assert canonical_body(b" " * 100_000 + b"x \t\r\n") == b" x\r\n"
    assert time.process_time() - began < 5
