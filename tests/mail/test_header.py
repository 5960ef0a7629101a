"""Which bytes a header line becomes: readable if it can be, encoded if it must, verbatim if it has to."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.header import mailbox, structured, unstructured

INJECTION = "=?utf-8?q?a=0ABcc=3A_evil=40x=2Eorg?="
ANY_TEXT = st.text(st.characters()) | st.text('ab =?_"\\\r\n\té€𝒳\u2028\x85', max_size=300)  # with surrogates


def lines_of(header: bytes) -> list[bytes]:
    assert header.endswith(b"\r\n")
    lines = header[:-2].split(b"\r\n")
    assert all(line.startswith(b" ") for line in lines[1:])
    assert all(line.strip() for line in lines)
    return lines


def cleaned(text: str) -> str:
    without_breaks = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    return re.sub(r"[\ud800-\udfff]", "\ufffd", without_breaks).strip(" ")


def read_back(header: bytes) -> str:
    """What a mail program reads: RFC 2047, by the library's newest parser."""
    message = message_from_bytes(header + b"\r\n", policy=policy.default)
    assert message.keys() == ["Subject"]
    assert not message.defects
    assert not message["Subject"].defects
    return str(message["Subject"])


def test_plain_ascii_goes_as_it_is() -> None:
    assert unstructured("Subject", "Does it hurt?") == b"Subject: Does it hurt?\r\n"
    assert unstructured("Subject", "two  spaces = two") == b"Subject: two  spaces = two\r\n"


def test_no_text_leaves_a_header_without_value() -> None:
    assert unstructured("Subject", " \r\n ") == b"Subject:\r\n"


def test_long_ascii_is_folded_at_white_space_and_unfolds_to_itself() -> None:
    text = "knee  and " * 40 + "x" * 200 + " ache"
    header = unstructured("Subject", text)
    lines = lines_of(header)
    assert max(len(line) for line in lines if b"xxx" not in line) <= 78
    assert b"".join(lines) == b"Subject: " + text.encode()


def test_a_word_longer_than_a_line_may_be_is_encoded() -> None:
    text = "x" * 100_000
    header = unstructured("Subject", text)
    assert max(map(len, lines_of(header))) <= 76
    assert read_back(header) == text


def test_nearly_ascii_is_written_in_q_and_the_rest_in_b() -> None:
    assert unstructured("Subject", "Über die Knie") == b"Subject: =?utf-8?q?=C3=9Cber_die_Knie?=\r\n"
    assert unstructured("Subject", "膝が痛い") == b"Subject: =?utf-8?b?6Iad44GM55eb44GE?=\r\n"


@pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x1c", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_control_character_becomes_a_space(control: str) -> None:
    header = unstructured("Subject", f"a{control}Bcc: evil@x.org")
    assert header == b"Subject: a" + b" " * len(control) + b"Bcc: evil@x.org\r\n"


def test_a_lone_surrogate_is_replaced() -> None:
    assert read_back(unstructured("Subject", "a\udc0ab")) == "a\ufffdb"


def test_an_encoded_word_in_the_text_stays_literal() -> None:
    header = unstructured("Subject", INJECTION)
    assert b"Bcc" not in header
    assert read_back(header) == INJECTION


@settings(max_examples=200)
@given(ANY_TEXT)
def test_any_text_is_read_back(text: str) -> None:
    header = unstructured("Subject", text)
    assert read_back(header) == cleaned(text)
    lines = lines_of(header)
    assert header.isascii()
    if b"=?" in header:
        assert max(map(len, lines)) <= 76
    for word in re.findall(rb"=\?utf-8\?(?:q|b)\?[^?]*\?=", header):
        assert len(word) <= 75
        assert str(make_header(decode_header(word.decode())))  # a whole number of characters


@settings(max_examples=200)
@given(ANY_TEXT)
def test_a_mailbox_has_one_address_whatever_the_name_is(display_name: str) -> None:
    header = mailbox("From", display_name, "guru@column.example")
    message = message_from_bytes(header + b"\r\n", policy=policy.default)
    assert message.keys() == ["From"]
    assert not message["From"].defects
    assert [address.addr_spec for address in message["From"].addresses] == ["guru@column.example"]
    assert max(map(len, lines_of(header))) <= 78
    if header.count(b"=?") <= 1:  # between two of them, the library's parser puts a space of its own
        name = message["From"].addresses[0].display_name
        assert name.split() == cleaned(display_name).split()  # it also folds spaces of every kind, NBSP too


def test_a_long_display_name_is_read_back() -> None:
    name = "Die Gürtelrose-Sprechstunde " * 10
    header = mailbox("From", name, "guru@column.example")
    value = header.removeprefix(b"From: ").replace(b"\r\n", b"").decode()
    assert str(make_header(decode_header(value))) == f"{name.strip()} <guru@column.example>"


@pytest.mark.parametrize(
    ("display_name", "header"),
    [
        ("", b"From: guru@column.example\r\n"),
        ("The Guru", b'From: "The Guru" <guru@column.example>\r\n'),
        ("Guru, The", b'From: "Guru, The" <guru@column.example>\r\n'),
        ('The "Guru" \\', b'From: "The \\"Guru\\" \\\\" <guru@column.example>\r\n'),
        ("evil@x.org>", b'From: "evil@x.org>" <guru@column.example>\r\n'),
        ("The\r\nGuru", b'From: "The Guru" <guru@column.example>\r\n'),
        ("Die Gürtelrose", b"From: =?utf-8?q?Die_G=C3=BCrtelrose?= <guru@column.example>\r\n"),
    ],
)
def test_a_display_name_is_quoted_or_encoded(display_name: str, header: bytes) -> None:
    assert mailbox("From", display_name, "guru@column.example") == header


@pytest.mark.parametrize(
    "address",
    [
        "",
        "guru",
        "@column.example",
        "guru@",
        "guru@column.example\r\nBcc: evil@x.org",
        "guru@column.example\n",
        "guru@column.example, evil@x.org",
        "guru@column.example>",
        "<guru@column.example>",
        '"the guru"@column.example',
        "guru@[192.0.2.1]",
        "guru@bücher.example",
        "gürü@column.example",
        "gu ru@column.example",
        "=?utf-8?q?guru?=@column.example",
        "guru@=?utf-8?q?column?=.example",
        "x" * 65 + "@column.example",
    ],
)
def test_a_suspicious_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        mailbox("To", "", address)


def test_a_structured_value_goes_out_verbatim() -> None:
    unsubscribe = f"<https://column.example/{'t' * 80}>, <mailto:unsubscribe-{'t' * 40}@column.example>"
    header = structured("List-Unsubscribe", unsubscribe)
    assert b"".join(lines_of(header)) == b"List-Unsubscribe: " + unsubscribe.encode()
    assert len(lines_of(header)) == 2


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", " a", "a "),
        *("a\r\nBcc: b", "a\nb", "a\tb", "a\x00b", "a\x7fb", "a\x85b", "ä", "a\u2028b"),
        *("x" * 1000, INJECTION),
    ],
)
def test_a_value_that_cannot_go_out_verbatim_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        structured("Message-ID", value)


@pytest.mark.parametrize("name", ["", "Sub ject", "Subject:", "Bcc: x\r\nSubject", "Sübject", "X" * 51])
def test_an_impossible_header_name_is_refused(name: str) -> None:
    for write in (
        lambda: unstructured(name, "a"),
        lambda: structured(name, "a"),
        lambda: mailbox(name, "", "a@b.c"),
    ):
        with pytest.raises(ValueError, match="header name"):
            write()
