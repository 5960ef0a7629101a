"""What a finished message is, for any text that a person can type: one mail, and only the one we meant."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.lint import Envelope, lint_outgoing
from app.mail.message import build_message

ENVELOPE = Envelope("bounce-1@column.example", "becky@example.org")
INJECTION = "=?utf-8?q?a=0ABcc=3A_evil=40x=2Eorg?="
OWN_HEADERS = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]

ANY_TEXT = st.text(st.characters()) | st.text('ab =?_.-"\\\r\n\té€𝒳\u2028\x85', max_size=300)  # with surrogates


def cleaned_body(text: str) -> str:
    newlines = text.replace("\r\n", "\n").replace("\r", "\n")
    without_controls = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", newlines)
    return re.sub(r"[\ud800-\udfff]", "\ufffd", without_controls)


def cleaned_header(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", re.sub(r"[\ud800-\udfff]", "\ufffd", text)).strip(" ")


VISIBLE_TEXT = ANY_TEXT.filter(lambda text: cleaned_body(text).strip())


def built(**changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender_name": "The Guru",
        "sender": "guru@column.example",
        "to": "becky@example.org",
        "reply_to": "q-1@column.example",
        "subject": "Your question",
        "message_id": "<m1.abc@column.example>",
        "date": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        "text": "Rest.\n",
        "html": "<p>Rest.</p>\n",
    }
    return build_message(**(arguments | changes))


def parsed(message: bytes) -> EmailMessage:
    mail = message_from_bytes(message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        assert not [defect for name in part for defect in part[name].defects]
    return mail


def bodies(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in mail.walk():
        if not part.is_multipart():
            yield part.get_content_type(), part.get_content().replace("\r\n", "\n")


def with_final_newline(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def test_the_whole_message_byte_for_byte() -> None:
    assert built(html=None, headers={"Auto-Submitted": "auto-generated"}) == (
        b'From: "The Guru" <guru@column.example>\r\n'
        b"To: becky@example.org\r\n"
        b"Reply-To: q-1@column.example\r\n"
        b"Subject: Your question\r\n"
        b"Date: Sun, 01 Mar 2026 09:30:00 +0000\r\n"
        b"Message-ID: <m1.abc@column.example>\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"Rest.\r\n"
    )


def test_text_comes_first_and_html_second() -> None:
    mail = parsed(built())
    assert mail.get_content_type() == "multipart/alternative"
    assert list(bodies(mail)) == [("text/plain", "Rest.\n"), ("text/html", "<p>Rest.</p>\n")]


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert built() == built()


def test_without_reply_to_there_is_no_such_header() -> None:
    assert "Reply-To" not in parsed(built(reply_to=None))


def test_the_date_goes_out_in_utc_whatever_its_zone_is() -> None:
    local_mean_time = timezone(timedelta(minutes=53, seconds=28))
    date = datetime(2026, 3, 1, 10, 23, 28, tzinfo=local_mean_time)
    assert b"\r\nDate: Sun, 01 Mar 2026 09:30:00 +0000\r\n" in built(date=date)


@settings(max_examples=200, deadline=None)
@given(sender_name=ANY_TEXT, subject=ANY_TEXT, text=VISIBLE_TEXT, html=st.none() | ANY_TEXT)
def test_any_text_gives_a_mail_without_violations_that_reads_back(
    sender_name: str, subject: str, text: str, html: str | None
) -> None:
    message = built(sender_name=sender_name, subject=subject, text=text, html=html)
    assert lint_outgoing(message, ENVELOPE) == []
    mail = parsed(message)
    encoding = ["Content-Transfer-Encoding"] if html is None else []
    assert mail.keys() == [*OWN_HEADERS, *encoding]
    assert mail["Subject"] == cleaned_header(subject)
    assert [address.addr_spec for address in mail["From"].addresses] == ["guru@column.example"]
    expected = [text] if html is None else [text, html]
    assert [body for _, body in bodies(mail)] == [with_final_newline(cleaned_body(body)) for body in expected]


@pytest.mark.parametrize("html", [None, "<p>Rest.</p>"])
def test_an_encoded_word_injects_no_header(html: str | None) -> None:
    mail = parsed(built(subject=INJECTION, sender_name=INJECTION, html=html))
    assert "Bcc" not in mail
    assert set(mail.keys()) <= {*OWN_HEADERS, "Content-Transfer-Encoding"}
    assert mail["Subject"] == INJECTION
    assert mail["From"].addresses[0].display_name == INJECTION
    assert mail["From"].addresses[0].addr_spec == "guru@column.example"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (".\n..\n.x\n\n.\n", ".\n..\n.x\n\n.\n"),
        ("a\n.\r\nb\r.\rc", "a\n.\nb\n.\nc\n"),
        ("a\rb", "a\nb\n"),
        ("a\r\r\nb", "a\n\nb\n"),
        ("a\x85b", "ab\n"),
        ("a\x00\x0b\x0c\x1b\x7fb\tc", "ab\tc\n"),
        ("a\u2028b\u2029c", "a\u2028b\u2029c\n"),
        ("a\udc80b", "a\ufffdb\n"),
        ("x" * 100_000, "x" * 100_000 + "\n"),
        ("膝" * 100_000, "膝" * 100_000 + "\n"),
        ("trailing space \nFrom the start\n", "trailing space \nFrom the start\n"),
        ("=\n=3D\n=?utf-8?q?a?=\n", "=\n=3D\n=?utf-8?q?a?=\n"),
        ("no newline", "no newline\n"),
        ("\n\nlines around\n\n", "\n\nlines around\n\n"),
    ],
)
@pytest.mark.parametrize("html", [None, "<p>Rest.</p>"])
def test_an_odd_text_is_read_back(text: str, read: str, html: str | None) -> None:
    message = built(text=text, html=html)
    assert lint_outgoing(message, ENVELOPE) == []
    assert next(bodies(parsed(message))) == ("text/plain", read)


def test_a_body_cannot_close_its_part() -> None:
    boundary = parsed(built()).get_boundary()
    forged = f"a\n--{boundary}\nContent-Type: text/html\n\nforged\n--{boundary}--\n"
    message = built(text=forged, html=forged)
    assert lint_outgoing(message, ENVELOPE) == []
    assert list(bodies(parsed(message))) == [("text/plain", forged), ("text/html", forged)]


def test_a_blank_text_is_left_to_the_linter() -> None:
    assert [violation.rule for violation in lint_outgoing(built(text=" \x00\r\n"), ENVELOPE)] == ["text-blank"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "guru@column.example\r\nBcc: evil@x.org"},
        {"to": "becky@example.org, evil@x.org"},
        {"to": "bob@bücher.example"},
        {"reply_to": ""},
        {"message_id": "<a@b>\r\nBcc: evil@x.org"},
        {"message_id": ""},
        {"date": datetime(2026, 3, 1, 9, 30)},  # noqa: DTZ001
        {"headers": {"List-ID": "a\r\nBcc: evil@x.org"}},
        {"headers": {"List-ID": INJECTION}},
        {"headers": {"Bcc": "evil@x.org"}},
        {"headers": {"subject": "another"}},
        {"headers": {"Content-Type": "text/html"}},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"address|header|time zone"):
        built(**changes)


def test_list_headers_go_out_as_clients_expect_them() -> None:
    unsubscribe = f"<https://column.example/u/{'t' * 100}>, <mailto:u-{'t' * 40}@column.example>"
    both = {"List-Unsubscribe": unsubscribe, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    of_a_list = {"List-Id": "<letters.column.example>", "Feedback-ID": "1:digest:mailbag:column", "List-Post": "NO"}
    of_a_list["List-Help"] = "<https://column.example/subscribe>"
    message = built(headers={**both, **of_a_list, "Auto-Submitted": "auto-generated", "Precedence": "bulk"})
    assert lint_outgoing(message, ENVELOPE) == []
    assert parsed(message)["List-Unsubscribe"] == unsubscribe


def test_known_attacks_on_web_pages_are_only_text() -> None:
    shared = Path(os.environ.get("MAILBAG_SHARED") or Path(__file__).parents[2].parent / "shared")
    vectors = shared / "corpus/xss/vectors.json"
    if not vectors.exists():
        pytest.skip(f"the corpus of XSS vectors is not at {vectors}")
    for _, vector in json.loads(vectors.read_text()):
        text = f"Becky asks: {vector}"  # one of the vectors is nothing but control characters
        message = built(subject=vector, sender_name=vector, text=text, html=vector)
        assert lint_outgoing(message, ENVELOPE) == []
        mail = parsed(message)
        assert mail.keys() == OWN_HEADERS
        assert mail["Subject"] == cleaned_header(vector)
        assert [body for _, body in bodies(mail)] == [with_final_newline(cleaned_body(b)) for b in (text, vector)]
