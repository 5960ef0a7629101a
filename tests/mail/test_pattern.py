"""A pattern is encoded once; what is put in for one reader is his alone, and breaks no line, header or signature."""

import quopri
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.dkim import DkimSigner, read_key
from app.mail.lint import Envelope, lint_outgoing
from app.mail.pattern import Pattern, encode_pattern, header_lines, mark, quoted_printable
from tests.mail.test_dkim import RECORDS, RSA, write_key

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADERS = {
    "Auto-Submitted": "auto-generated",
    "List-ID": "<digest.column.example>",
    "List-Help": "<https://column.example/>",
    "List-Post": "NO",
    "Feedback-ID": "2026-W47:weekly:digest:0123456789ab",
}


def octets(text: str, html: str) -> bytes:
    names = {"sender_name": "Ask The Guru", "sender": "column@column.example", "subject": "No. 12: a knee – and a sock"}
    return encode_pattern(**names, date=AT, text=text, html_text=html, headers=HEADERS)


def lines(to: str = "ann@reader.example") -> dict[str, bytes]:
    return header_lines(
        to=to,
        message_id="<0123456789abcdef@column.example>",
        unsubscribe="https://column.example/unsubscribe/t1",
        unsubscribe_address="u-t1@column.example",
    )


def parts(message: bytes) -> tuple[str, str]:
    parsed = message_from_bytes(message, policy=policy.default)
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def test_each_reader_gets_his_own_links_in_both_parts() -> None:
    text = f"Hello – Zoë.\nLeave: {mark('unsubscribe')}\n"
    html = f'<p>Hello</p><a href="{mark("unsubscribe")}">x</a>\n'
    pattern = Pattern(octets(text, html), None, at=AT)
    for reader in ("one", "two"):
        message = pattern.fill(lines(f"{reader}@reader.example"), {"unsubscribe": f"https://c.example/u/{reader}?a&b"})
        assert lint_outgoing(message, Envelope("d-1@column.example", f"{reader}@reader.example")) == []
        assert parts(message) == (
            f"Hello – Zoë.\nLeave: https://c.example/u/{reader}?a&b\n",
            f'<p>Hello</p><a href="https://c.example/u/{reader}?a&amp;b">x</a>\n',
        )
        assert b"\0" not in message


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs", "Cc"])).map(str.rstrip),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300),
)
def test_any_words_and_any_value_arrive_as_they_were(words: str, value: str) -> None:
    pattern = Pattern(
        octets(f".{words}\nFrom {mark('name')}{words} {mark('name')}\n", f"<p>{mark('name')}"), None, at=AT
    )
    message = pattern.fill(lines(), {"name": value})
    rules = [
        violation.rule for violation in lint_outgoing(message, Envelope("d-1@column.example", "ann@reader.example"))
    ]
    assert rules == []
    assert parts(message)[0] == f".{words}\nFrom {value}{words} {value}\n"


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a\x00b", "a\u2028b", "\ud800"])
def test_a_value_that_is_not_one_line_is_refused(value: str) -> None:
    pattern = Pattern(octets(mark("name"), mark("name")), None, at=AT)
    with pytest.raises(ValueError, match="name"):
        pattern.fill(lines(), {"name": value})


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "no address", "Ann <a@b.example>"])
def test_an_address_that_cannot_stand_in_a_header_is_refused(to: str) -> None:
    with pytest.raises(ValueError, match="To"):
        lines(to)


def test_lines_are_no_longer_than_may_be_and_end_in_no_space() -> None:
    encoded = quoted_printable("x" * 200 + "\n" + "ü" * 80 + " \n" + "tab\t")
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not re.search(rb"[ \t](?:\r\n|$)", encoded)


@pytest.mark.parametrize("word", [".", "From "])
def test_no_line_begins_with_what_others_would_change(word: str) -> None:
    for before in range(160):
        encoded = quoted_printable("x" * before + word + "y")
        assert not re.search(rb"^(?:\.|From )", encoded, re.MULTILINE)
        assert quopri.decodestring(encoded).decode() == "x" * before + word + "y"


def test_the_signature_holds_for_each_reader(tmp_path_factory: pytest.TempPathFactory) -> None:
    key = read_key("r1", write_key(tmp_path_factory.mktemp("keys") / "r.pem", RSA))
    text = f"Two  spaces.\n{mark('name')}\n\n\n"
    pattern = Pattern(octets(text, f"<p> {mark('name')} "), DkimSigner("column.example", [key]), at=AT)
    for value in ("x", "a  b ", " a", "ü " * 60):
        message = pattern.fill(lines(), {"name": value})
        assert dkim.verify(message, dnsfunc=lambda name, timeout=5: RECORDS["r1"].encode())
        assert lint_outgoing(message, Envelope("d-1@column.example", "ann@reader.example")) == []


def test_the_same_reader_gets_the_same_octets() -> None:
    first, second = (Pattern(octets("a", "b"), None, at=AT).fill(lines(), {}) for _ in range(2))
    assert first == second
