"""What kind of mail it is: by its marks, by its words, in every language; and until when somebody is away."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.mailkind import ABSENCES, MailKind
from app.domain.token import Signer
from app.mail.kind import OwnMarks, absent_until, kind_by_words, sight
from app.mail.links import Links
from bench.automatic import kind_of, samples

GURU = "guru@clinic.example"
SUBJECT = "Re: Becky asks for Physiotherapy Advice"
TODAY = date(2026, 5, 20)


def mail(*lines: str, body: str = "Rest, and then walk.") -> bytes:
    return "\r\n".join((f"From: {GURU}", *lines, "", body, "")).encode()


MARKS = [
    ("asks others not to answer", "X-Auto-Response-Suppress: All", MailKind.PERSONAL),
    (
        "Exchange's absence note",
        "X-MS-Exchange-Inbox-Rules-Loop: x\r\nX-Auto-Response-Suppress: All",
        MailKind.AUTOMATIC,
    ),
    ("passed on by a rule", "X-MS-Exchange-Inbox-Rules-Loop: guru@clinic.example", MailKind.PERSONAL),
    ("vacation, as Sieve says it", "Auto-Submitted: auto-replied (vacation)", MailKind.ABSENCE),
    ("vacation, as Apple says it", "X-Apple-Action: VACATION", MailKind.ABSENCE),
    ("a list that is bulk too", "Precedence: bulk\r\nList-Id: <x.y>", MailKind.LIST),
    ("an invitation", "Content-Type: text/calendar; method=REQUEST", MailKind.CALENDAR),
    ("a file of a calendar", "Content-Type: text/calendar", MailKind.PERSONAL),
    ("spam, where nobody writes that here", "X-Spam-Flag: YES", MailKind.PERSONAL),
    ("a challenge", "X-Boxbe-Request: 1", MailKind.CHALLENGE),
]


@pytest.mark.parametrize(("marks", "kind"), [row[1:] for row in MARKS], ids=[row[0] for row in MARKS])
def test_the_kind_by_its_marks(marks: str, kind: MailKind) -> None:
    assert sight(mail(f"Subject: {SUBJECT}", marks), sender=GURU).kind is kind


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("X-Spam-Flag", "YES", MailKind.SPAM),
        ("X-Spam-Status", "Yes, score=9.1", MailKind.SPAM),
        ("X-Spam-Status", "No, score=0.1", MailKind.PERSONAL),
        ("X-Spam-Flag", "NO\r\nX-Spam-Flag: YES", MailKind.SPAM),
    ],
)
def test_spam_is_what_the_border_calls_so(header: str, value: str, kind: MailKind) -> None:
    marks = OwnMarks("column.example", spam_header=header)
    assert sight(mail(f"{header}: {value}"), sender=GURU, marks=marks).kind is kind


OWN_ID = "<q7x2k9m4tz8wv3n6c5h1d0r2p4@column.example>"


@pytest.mark.parametrize(
    ("author", "message_id", "kind"),
    [
        ("Ask The Guru <column@column.example>", OWN_ID, MailKind.OURS),
        ("column@column.example", OWN_ID, MailKind.OURS),
        ("column@column.example", "<abc@column.example>", MailKind.PERSONAL),
        ("column@column.example", OWN_ID.replace("@", "@not-"), MailKind.PERSONAL),
        ("column@column.example", "", MailKind.PERSONAL),
        ("guru@column.example", "<abc@column.example>", MailKind.PERSONAL),
        ("guru@column.example", OWN_ID, MailKind.PERSONAL),
        ('"column@column.example" <guru@column.example>', OWN_ID, MailKind.PERSONAL),
        ("guru@column.example.org", OWN_ID, MailKind.PERSONAL),
    ],
)
def test_our_own_mail_is_known_by_its_writer_and_its_message_id(author: str, message_id: str, kind: MailKind) -> None:
    """An expert may have her address in the column's own domain."""
    raw = f"From: {author}\r\nMessage-ID: {message_id}\r\n\r\nhello\r\n".encode()
    assert sight(raw, sender=GURU, marks=OwnMarks("column.example")).kind is kind


def test_the_column_writes_as_what_the_marks_say() -> None:
    links = Links(base_url="https://column.example", mail_domain="column.example", signer=Signer((b"k" * 32,)))
    assert OwnMarks("column.example").address == links.column_address()


SAMPLES = list(samples())


def test_every_sample_in_every_language_is_recognised() -> None:
    assert len(SAMPLES) >= 150
    assert [name for name, raw in SAMPLES if kind_of(raw) is MailKind.PERSONAL] == []


def test_most_notes_of_absence_are_known_as_such() -> None:
    away = [name for name, raw in SAMPLES if kind_of(raw) in ABSENCES]
    assert len(away) > 0.6 * len(SAMPLES)


@pytest.mark.parametrize(
    ("subject", "text", "kind"),
    [
        ("Read: Becky asks", "Your message\n\nTo: Guru\n\nwas read on 5/3/2026 10:00.", MailKind.LIKELY_READ_RECEIPT),
        ("Lu : Becky demande", "", MailKind.LIKELY_READ_RECEIPT),
        ("Gelesen: Becky fragt", "Ihre Nachricht wurde gelesen am Montag.", MailKind.LIKELY_READ_RECEIPT),
        ("Read: Becky asks", "Rest the knee.", MailKind.PERSONAL),
        ("Recall: Becky asks", "Pat would like to recall the message, “Becky asks”.", MailKind.RECALL),
        ("Rückruf: Becky", "Pat möchte die Nachricht zurückrufen.", MailKind.RECALL),
        (SUBJECT, "Your message is being held. Click the link below to complete the verification.", MailKind.CHALLENGE),
        (SUBJECT, "Rest the knee. When you are on vacation, swim.", MailKind.PERSONAL),
        ("Re: Out of office knees?", "Rest the knee.", MailKind.PERSONAL),
        (SUBJECT, "I was out of the office. " + "Rest the knee. " * 60, MailKind.PERSONAL),
        (SUBJECT, "", MailKind.PERSONAL),
    ],
)
def test_the_kind_by_its_words(subject: str, text: str, kind: MailKind) -> None:
    assert kind_by_words(subject, text) is kind


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am away until 3 June.", date(2026, 6, 3)),
        ("returning to the office on May 25th", date(2026, 5, 25)),
        ("traveling on July 10-31", date(2026, 7, 31)),
        ("vom 1. bis 14. August im Urlaub", date(2026, 8, 14)),
        ("bis 22.06.2026", date(2026, 6, 22)),
        ("jusqu'au 1er juillet", date(2026, 7, 1)),
        ("hasta el 5 de enero", date(2027, 1, 5)),
        ("до 14 июня", date(2026, 6, 14)),
        ("június 14-ig", date(2026, 6, 14)),
        ("6月14日まで", date(2026, 6, 14)),
        ("đến ngày 14 tháng 6", date(2026, 6, 14)),
        ("(returning 06/22/2026)", date(2026, 6, 22)),
        ("until 2026-06-03", date(2026, 6, 3)),
        ("I will be back on 05/06", None),
        ("de vuelta el 05/06", date(2026, 6, 5)),
        ("I was away until 3 May 2026.", None),
        ("until 31 June, or 99.99.9999", None),
        ("back on Monday", None),
    ],
)
def test_the_day_is_read_where_it_is_stated(text: str, day: date | None) -> None:
    assert absent_until(text, TODAY) == day


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_has_a_kind_and_perhaps_a_day(text: str) -> None:
    assert kind_by_words(text, text) in MailKind
    absent_until(text, TODAY)


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_any_bytes_have_a_kind(raw: bytes) -> None:
    assert sight(raw, sender="").kind in MailKind


@pytest.mark.parametrize("piece", ["a", "vacation ", "1.1.", "6月1日", "= ", "\n", "<", "x@"])
def test_time_is_linear_in_the_text(piece: str) -> None:
    began = time.process_time()
    sight(mail(f"Subject: {piece * 2000}", body=piece * 300_000), sender=GURU)
    kind_by_words(piece * 50_000, piece * 300_000)
    assert time.process_time() - began < 4
