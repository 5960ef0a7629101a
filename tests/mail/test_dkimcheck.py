"""Our own check of DKIM, over real signatures; DNS is a dictionary."""

import time
from base64 import b64encode
from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import rsa

from app.domain.authentication import Authentication, AuthResult
from app.mail.dkimcheck import OwnCheck

AUTHOR = "guru@expert.test"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
PEM = KEY.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.TraditionalOpenSSL, ser.NoEncryption())
PUBLIC = KEY.public_key().public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
RECORD = b"v=DKIM1; k=rsa; p=" + b64encode(PUBLIC)
NAMES = ("s._domainkey.expert.test", "s._domainkey.mail.expert.test", "s._domainkey.evil.test")
DNS: dict[str, bytes | None] = dict.fromkeys(NAMES, RECORD)
MAIL = f"From: The Guru <{AUTHOR}>\r\nTo: q-1@column.test\r\nSubject: Re: x\r\n\r\nRest,  and then walk. \r\n".encode()


def signed(raw: bytes = MAIL, domain: str = "expert.test", **options: object) -> bytes:
    return bytes(dkim.DKIM(raw).sign(b"s", domain.encode(), PEM, **options)) + raw


def checked(raw: bytes, look_up: Callable[[str], bytes | None] = DNS.get) -> Authentication:
    return OwnCheck(look_up)(raw, AUTHOR)


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
def test_a_genuine_signature_passes(header: bytes, body: bytes) -> None:
    found = checked(signed(canonicalize=(header, body)))
    assert found == Authentication(AuthResult.PASS, ("expert.test",))


def test_line_ends_of_another_door_change_nothing() -> None:
    assert checked(signed().replace(b"\r\n", b"\n")).result is AuthResult.PASS


def test_a_subdomain_of_hers_signs_for_her() -> None:
    assert checked(signed(domain="mail.expert.test")).dkim_domains == ("mail.expert.test",)


def test_a_signature_of_somebody_else_says_nothing() -> None:
    assert checked(signed(domain="evil.test")) == Authentication(AuthResult.NONE)


@pytest.mark.parametrize("change", [(b"walk", b"run!"), (b"Re: x", b"Re: y"), (b"The Guru", b"The Crow")])
def test_other_words_under_her_signature_are_a_forgery(change: tuple[bytes, bytes]) -> None:
    assert checked(signed().replace(*change)).result is AuthResult.FAIL


def test_a_good_signature_beside_a_broken_one_passes() -> None:
    """A list added a footer under the first, and the second was made after it."""
    broken = signed().replace(b"walk", b"run!")
    assert checked(signed(broken)).result is AuthResult.PASS


@pytest.mark.parametrize(
    "record", [None, b"", b"v=DKIM1; p=", b"v=DKIM1; k=rsa; p=%%%", b"hello", b"v=DKIM1; k=new; p=x"]
)
def test_a_fault_of_dns_is_no_forgery(record: bytes | None) -> None:
    assert checked(signed(), lambda name: record) == Authentication(AuthResult.NONE)


def test_a_mail_without_a_signature_says_nothing() -> None:
    assert checked(MAIL) == Authentication(AuthResult.NONE)


def test_a_length_limit_is_seen_also_where_words_were_added() -> None:
    limited = signed(length=True)
    assert checked(limited).has_length_limit
    assert checked(limited + b"And buy snake oil.\r\n") == Authentication(
        AuthResult.PASS, ("expert.test",), has_length_limit=True
    )


def test_a_whole_signature_beside_a_limited_one_is_whole() -> None:
    assert not checked(signed(signed(length=True))).has_length_limit


@pytest.mark.parametrize(
    "field",
    [
        b"",
        b"v=1",
        b"a=b; d=expert.test; d=expert.test",
        b"d=expert.test",
        b"\xff; d=expert.test",
        b"v=1; d=expert.test; l=x",
    ],
)
def test_a_broken_signature_says_nothing(field: bytes) -> None:
    assert checked(b"DKIM-Signature: " + field + b"\r\n" + MAIL) == Authentication(AuthResult.NONE)


@pytest.mark.parametrize("raw", [b"", b"\0", b"no mail", b" x\r\n\r\n", b"From: x\r\n\xff\xfe\r\n\r\nx"])
def test_what_is_no_mail_says_nothing(raw: bytes) -> None:
    assert checked(raw) == Authentication(AuthResult.NONE)


def test_few_names_are_looked_up_whatever_stands_in_the_header() -> None:
    asked: list[str] = []
    raw = signed()
    head = raw[: raw.index(b"From:")]
    many = b"".join(head.replace(b"s=s;", b"s=s%d;" % n) for n in range(200))

    def look_up(name: str) -> None:
        asked.append(name)

    checked(many + MAIL, look_up)
    assert len(asked) <= 3


@pytest.mark.parametrize("unit", [b" ", b"\t ", b"\r\n", b" x", b"x \r\n"])
def test_a_body_made_to_hurt_takes_no_time(unit: bytes) -> None:
    raw = signed() + unit * (2_000_000 // len(unit))
    began = time.process_time()
    checked(raw.replace(b"c=relaxed/simple", b"c=relaxed/relaxed"))
    assert time.process_time() - began < 4


def test_a_signature_made_to_hurt_takes_no_time() -> None:
    began = time.process_time()
    for field in (
        b"d=expert.test; b=" + b" " * 8000 + b"!",
        b"d=expert.test; b=" + b" " * 200_000 + b"!",
        b";" * 200_000,
    ):
        checked(b"DKIM-Signature: v=1; a=rsa-sha256; h=from; bh=x; s=s; " + field + b"\r\n" + MAIL)
    assert time.process_time() - began < 4
