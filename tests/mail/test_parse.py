"""What a mail is and who says so: read from bytes that anybody may have written."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.mailkind import MailKind
from app.mail.parse import LONGEST_VALUE, InboundMail, Unreadable, parse_mail

GURU = "guru@clinic.example"
PERSONAL, AUTOMATIC, BOUNCE, ABSENCE = MailKind.PERSONAL, MailKind.AUTOMATIC, MailKind.BOUNCE, MailKind.ABSENCE


def mail(head: str, body: str = "Rest, and then walk.", *, end: str = "\r\n") -> bytes:
    """A mail from its header as one would read it in a mail program; each line of `head` is a header line."""
    lines = [*head.strip("\n").split("\n"), "", *body.split("\n"), ""]
    return end.join(lines).encode("utf-8", "surrogateescape")


def read(head: str, body: str = "Rest, and then walk.", sender: str = GURU) -> InboundMail:
    return parse_mail(mail(head, body), sender=sender)


# What kind of mail it is.

THUNDERBIRD = """\
Return-Path: <guru@clinic.example>
Received: from mx.clinic.example (mx.clinic.example [192.0.2.7]) by column.example; Sun, 12 Jan 2014 09:12:01 +0000
Message-ID: <5f2c1f8d-9a2e-4c1b-8d5d-0d6f3a9b6f52@clinic.example>
Date: Sun, 12 Jan 2014 10:12:00 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Content-Language: en-GB
Subject: Re: Becky asks for Physiotherapy Advice
To: Ask The Guru <q-13vkm4@column.example>
From: The Guru <guru@clinic.example>
In-Reply-To: <m1@column.example>
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit"""

OUTLOOK = """\
From: The Guru <guru@clinic.example>
To: Ask The Guru <q-13vkm4@column.example>
Subject: RE: Becky asks for Physiotherapy Advice
Thread-Topic: Becky asks for Physiotherapy Advice
Thread-Index: AQHZ1
Message-ID: <DB7PR04MB5098@DB7PR04MB5098.eurprd04.prod.outlook.com>
Accept-Language: en-GB, en-US
X-MS-Has-Attach:
X-MS-TNEF-Correlator:
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
Content-Type: multipart/alternative; boundary="_000_DB7"
MIME-Version: 1.0"""

OUT_OF_OFFICE_EXCHANGE = """\
From: The Guru <guru@clinic.example>
To: Ask The Guru <q-13vkm4@column.example>
Subject: Automatic reply: Becky asks for Physiotherapy Advice
Thread-Topic: Automatic reply: Becky asks for Physiotherapy Advice
Message-ID: <62f0@AM6PR04MB5144.eurprd04.prod.outlook.com>
X-Auto-Response-Suppress: All
auto-submitted: auto-generated
X-MS-Exchange-Inbox-Rules-Loop: guru@clinic.example
Content-Type: text/plain; charset="us-ascii"
MIME-Version: 1.0"""

OUT_OF_OFFICE_GMAIL = """\
MIME-Version: 1.0
Precedence: bulk
X-Autoreply: yes
Auto-Submitted: auto-replied
From: The Guru <guru@clinic.example>
Subject: I am on holiday Re: Becky asks for Physiotherapy Advice
To: q-13vkm4@column.example
Content-Type: text/plain; charset="UTF-8\""""

OUT_OF_OFFICE_SIEVE = """\
X-Sieve: Pigeonhole Sieve 0.5.21
From: <guru@clinic.example>
To: <q-13vkm4@column.example>
Subject: Auto: Becky asks for Physiotherapy Advice
Auto-Submitted: auto-replied (vacation)
Precedence: bulk
MIME-Version: 1.0"""

LIST_MAIL = """\
From: A Member via physio-l <physio-l@lists.example>
To: physio-l@lists.example
Reply-To: A Member <member@elsewhere.example>
Subject: [physio-l] Knees
Precedence: list
List-Id: Physiotherapists <physio-l.lists.example>
List-Unsubscribe: <https://lists.example/leave>
Errors-To: physio-l-bounces@lists.example
Content-Type: text/plain"""

PLAIN = "From: guru@clinic.example\nSubject: Re: Becky asks"

KINDS = [
    ("thunderbird", THUNDERBIRD, PERSONAL),
    ("outlook", OUTLOOK, PERSONAL),
    ("a mail without anything", "Subject: x", PERSONAL),
    ("says that a person submitted it", PLAIN + "\nAuto-Submitted: no", PERSONAL),
    ("the same with a comment's parameter", PLAIN + "\nAuto-Submitted: No; reason=person", PERSONAL),
    ("first-class", PLAIN + "\nPrecedence: first-class", PERSONAL),
    ("asks for no absence notes", PLAIN + "\nX-Auto-Response-Suppress: DR, OOF", PERSONAL),
    ("asks for a receipt", PLAIN + "\nDisposition-Notification-To: guru@clinic.example", PERSONAL),
    ("high priority", PLAIN + "\nX-Priority: 1\nImportance: high", PERSONAL),
    ("a digest that she forwards", PLAIN + "\nContent-Type: multipart/digest; boundary=x", PERSONAL),
    ("speaks of an absence", "From: guru@clinic.example\nSubject: Out of office, but here you go", PERSONAL),
    ("out of office, Exchange", OUT_OF_OFFICE_EXCHANGE, AUTOMATIC),
    ("out of office, Gmail", OUT_OF_OFFICE_GMAIL, ABSENCE),
    ("out of office, Sieve", OUT_OF_OFFICE_SIEVE, ABSENCE),
    ("generated", PLAIN + "\nAuto-Submitted: auto-generated", AUTOMATIC),
    ("notified", PLAIN + "\nAUTO-SUBMITTED: Auto-Notified; owner-email=x@y.example", AUTOMATIC),
    ("a word that RFC 3834 does not know", PLAIN + "\nAuto-Submitted: yes", AUTOMATIC),
    ("folded", PLAIN + "\nAuto-Submitted:\n auto-replied", AUTOMATIC),
    ("bulk", PLAIN + "\nPrecedence: Bulk", AUTOMATIC),
    ("junk", PLAIN + "\nPrecedence: junk", AUTOMATIC),
    ("auto_reply", PLAIN + "\nPrecedence: auto_reply", AUTOMATIC),
    ("X-Autoreply", PLAIN + "\nX-Autoreply: yes", AUTOMATIC),
    ("X-AutoReply without a word", PLAIN + "\nX-AutoReply:", AUTOMATIC),
    ("X-Autorespond", PLAIN + "\nX-Autorespond: Re: Becky asks", AUTOMATIC),
    ("X-Auto-Reply-From", PLAIN + "\nX-Auto-Reply-From: guru@clinic.example", AUTOMATIC),
    ("a mailing list", LIST_MAIL, MailKind.LIST),
    ("a list that has only its id", PLAIN + "\nList-Id: <knees.lists.example>", MailKind.LIST),
    (
        "a read receipt",
        PLAIN + "\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x",
        MailKind.READ_RECEIPT,
    ),
    (
        "a complaint",
        PLAIN + "\nContent-Type: multipart/report; report-type=feedback-report; boundary=x",
        MailKind.COMPLAINT,
    ),
    ("a report about nothing", PLAIN + "\nContent-Type: multipart/report; boundary=x", AUTOMATIC),
    ("a delivery report", PLAIN + "\nContent-Type: multipart/report; report-type=delivery-status", BOUNCE),
    (
        "a delivery report, in capitals and quotes, that calls itself automatic",
        PLAIN + '\nAuto-Submitted: auto-replied\nContent-Type: Multipart/Report; Report-Type="DELIVERY-STATUS"',
        BOUNCE,
    ),
    ("a delivery report, folded", PLAIN + "\nContent-Type: multipart/report;\n\treport-type=delivery-status", BOUNCE),
]


@pytest.mark.parametrize(("head", "kind"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
def test_the_kind_of_a_mail(head: str, kind: MailKind) -> None:
    assert read(head).kind is kind


@pytest.mark.parametrize(("head", "kind"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
def test_no_person_sends_with_an_empty_envelope_sender(head: str, kind: MailKind) -> None:
    assert read(head, sender="").kind is (MailKind.LIKELY_AUTOMATIC if kind is PERSONAL else kind)


# Delivery reports.

REPORT = """\
This is the mail system at mx.clinic.example.
--x
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.clinic.example
X-Postfix-Queue-ID: 4711

{fields}
--x
Content-Type: message/rfc822

From: column@column.example
Subject: Becky asks
Action: failed

My knee hurts.
--x--"""

ACTIONS = [
    ("Final-Recipient: rfc822; guru@clinic.example\nAction: failed\nStatus: 5.1.1", True),
    ("Final-Recipient: rfc822; guru@clinic.example\nAction: Failed (user unknown)\nStatus: 5.1.1", True),
    ("ACTION:   FAILED", True),
    ("Action:\n failed", True),
    (
        "Final-Recipient: rfc822; a@x.example\nAction: relayed\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed",
        True,
    ),
    ("Final-Recipient: rfc822; guru@clinic.example\nAction: delayed\nStatus: 4.4.1", False),
    ("Action: delivered", False),
    ("Action: relayed", False),
    ("Action: expanded", False),
]


@pytest.mark.parametrize(("fields", "failed"), ACTIONS)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_report_of_failure_is_no_report_of_delay(fields: str, failed: bool, end: str) -> None:
    head = "From: mailer-daemon@clinic.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x"
    parsed = parse_mail(mail(head, REPORT.format(fields=fields), end=end), sender="")
    assert (parsed.kind, bool(parsed.report.failed)) == (BOUNCE, failed)


def test_only_a_report_can_report_a_failure() -> None:
    head = "From: guru@clinic.example\nContent-Type: multipart/mixed; boundary=x"
    assert not read(head, REPORT.format(fields="Action: failed")).report.failed


def test_a_report_without_its_parts_reports_nothing() -> None:
    head = "From: mailer-daemon@clinic.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x"
    assert not read(head, "cut off").report.failed


# Who wrote it.

AUTHORS = [
    ("bare", "From: guru@clinic.example", [GURU]),
    ("with a name", "From: The Guru <guru@clinic.example>", [GURU]),
    ("with a quoted name", 'From: "Guru, The" <guru@clinic.example>', [GURU]),
    ("with an encoded name", "From: =?utf-8?q?J=C3=BCrgen?= <guru@clinic.example>", [GURU]),
    ("with a comment", "From: guru@clinic.example (The Guru)", [GURU]),
    ("folded", "From: The Guru\n <guru@clinic.example>", [GURU]),
    ("folded by a tab", "From:\n\tThe Guru\n\t<guru@clinic.example>", [GURU]),
    ("in capitals", "FROM: The Guru <Guru@Clinic.Example>", ["Guru@Clinic.Example"]),
    (
        "with another's address as the name",
        'From: "guru@clinic.example" <mallory@evil.example>',
        ["mallory@evil.example"],
    ),
    (
        "with another's address as an encoded name",
        "From: =?utf-8?q?guru=40clinic=2Eexample?= <mallory@evil.example>",
        ["mallory@evil.example"],
    ),
    (
        "with a whole mailbox as an encoded name",
        "From: =?utf-8?b?VGhlIEd1cnUgPGd1cnVAY2xpbmljLmV4YW1wbGU+?= <mallory@evil.example>",
        ["mallory@evil.example"],
    ),
    (
        "with another's address as a comment",
        "From: mallory@evil.example (guru@clinic.example)",
        [],
    ),
    ("two mailboxes", "From: guru@clinic.example, mallory@evil.example", [GURU, "mallory@evil.example"]),
    ("missing", "Subject: x", []),
    ("empty", "From:", []),
    ("blank", "From:   \n ", []),
    ("no address", "From: The Guru", []),
    ("nobody", "From: <>", []),
    ("two lines", "From: guru@clinic.example\nFrom: mallory@evil.example", []),
    ("two lines, one with a space before its colon", "From : mallory@evil.example\nFrom: guru@clinic.example", []),
    ("two lines, one below no field", "From: guru@clinic.example\nno field\nFrom: mallory@evil.example", []),
    ("put together from encoded words", "From: =?utf-8?q?guru=40clinic.example?=", []),
    ("two equal lines", "From: guru@clinic.example\nFrom: guru@clinic.example", []),
    ("two lines apart, in two cases", "From: guru@clinic.example\nTo: x@y.example\nFROM: mallory@evil.example", []),
    ("a group", "From: Gurus: guru@clinic.example;", []),
    ("an empty group", "From: undisclosed-recipients:;", []),
    ("a group beside a mailbox", "From: guru@clinic.example, Gurus: mallory@evil.example;", []),
    ("two ats", "From: <guru@clinic.example@evil.example>", []),
    ("an address behind the address", "From: <guru@clinic.example> <mallory@evil.example>", []),
    ("a route", "From: <@evil.example:guru@clinic.example>", []),
    ("cut off", "From: The Guru <guru@clinic.example", []),
    ("a comment that never ends", "From: guru@clinic.example (The Guru", []),
    ("a quote that never ends", 'From: "The Guru <guru@clinic.example>', []),
    ("an encoded address", "From: =?utf-8?q?guru=40clinic=2Eexample?=", []),
    ("a NUL inside", "From: guru@clinic.example\x00.evil.example", []),
    ("longer than any", "From: " + "x" * LONGEST_VALUE + " <guru@clinic.example>", []),
]


@pytest.mark.parametrize(("head", "authors"), [case[1:] for case in AUTHORS], ids=[case[0] for case in AUTHORS])
def test_whom_a_mail_names_as_its_author(head: str, authors: list[str]) -> None:
    """Anything but one mailbox in one From line that parses without a defect names no single author."""
    assert list(read(head).authors) == authors


def test_a_sender_line_or_the_envelope_makes_no_author() -> None:
    assert read(f"Sender: {GURU}\nReply-To: {GURU}\nReturn-Path: <{GURU}>", sender=GURU).authors == ()


def test_the_header_ends_at_the_first_blank_line() -> None:
    assert read("Subject: x", body=f"From: {GURU}").authors == ()


def test_people_see_the_from_line_as_it_stands() -> None:
    head = "From: =?utf-8?q?guru=40clinic=2Eexample?=\n <mallory@evil.example>"
    assert read(head).shown_author == "guru@clinic.example <mallory@evil.example>"
    assert read("From: Gurus: guru@clinic.example;").shown_author == "Gurus: guru@clinic.example;"


def test_recipients_are_those_of_to_and_cc() -> None:
    head = "To: a@x.example, Dr B <b@x.example>\nTo: c@x.example\nCC: Us: d@x.example, e@x.example;\nBcc: f@x.example"
    assert read(head).recipients == ("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example")


def test_a_list_of_recipients_is_never_too_long_to_be_seen() -> None:
    """Else a mail to hundreds would count as one to us alone."""
    everybody = [f"member.{number}@x.example" for number in range(500)]
    assert set(everybody) <= set(read("To: " + ",\n ".join(everybody)).recipients)
    assert set(everybody) <= set(read("\n".join(f"Cc: {address}" for address in everybody)).recipients)


# What it says.

SUBJECTS = [
    ("Subject: Re: Becky asks", "Re: Becky asks"),
    ("Subject: Re:\n Becky\n\tasks", "Re: Becky asks"),
    ("Subject:", ""),
    ("From: guru@clinic.example", ""),
    ("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ("Subject: =?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
    ("Subject: =?iso-8859-1?q?Gr=FC=DFe?= an =?utf-8?q?_Anna?=", "Grüße an Anna"),
    ("Subject: =?utf-8?q?Gr=C3=BC?=\n =?utf-8?q?=C3=9Fe?=", "Grüße"),
    ("Subject: =?windows-1252?q?It=92s?=", "It’s"),
    ("Subject: Grüße", "Gr\ufffd\ufffd\ufffd\ufffde"),  # 8-bit without a word about its charset
    ("Subject: =?utf-8?q?Gr=FC=DFe?=", "Gr\ufffd\ufffde"),
    ("Subject: =?no-such-charset?q?Gr=FC=DFe?=", "Gr\ufffd\ufffde"),
    ("Subject: =?utf-8?b?!!!?= knee", "knee"),
    ("Subject: =?utf-8?q?cut", "=?utf-8?q?cut"),
    ("Subject: =?utf-8?q?a=0D=0ABcc=3A_evil=40x=2Eexample?=", "a Bcc: evil@x.example"),
    ("Subject: =?utf-8?q?a=00b=1Bc?=", "a b c"),
    ("Subject: a\x00b\x1b[31mc", "a b [31mc"),
    ("Subject: one\nSubject: two", "one"),
]


@pytest.mark.parametrize(("head", "subject"), SUBJECTS)
def test_the_subject_is_one_line_of_text(head: str, subject: str) -> None:
    assert read(head).subject == subject


@pytest.mark.parametrize(
    ("head", "message_id"),
    [
        ("Message-ID: <a.b@x.example>", "<a.b@x.example>"),
        ("message-id:\n <a.b@x.example>", "<a.b@x.example>"),
        ("Subject: x", ""),
        ("Message-ID:", ""),
        ("Message-ID: a b c", "a b c"),
        ("Message-ID: <a@x.example>\nMessage-ID: <b@x.example>", "<a@x.example>"),
        ("Message-ID: " + "<" * 1000, "<" * 1000),
        ("Message-ID: " + "x" * 10_000, "x" * LONGEST_VALUE),
        ("Message-ID: =?utf-8?q?a?=", "=?utf-8?q?a?="),
    ],
)
def test_the_message_id_is_taken_as_it_stands(head: str, message_id: str) -> None:
    assert read(head).message_id == message_id


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_both_line_ends_are_read(end: str) -> None:
    parsed = parse_mail(mail(THUNDERBIRD, end=end), sender=GURU)
    assert parsed.authors == (GURU,)
    assert parsed.recipients == ("q-13vkm4@column.example",)
    assert parsed.subject == "Re: Becky asks for Physiotherapy Advice"


# Mail that is built to hurt.

OPENING = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
HOSTILE = {
    "a thousand open brackets in From": b"From: " + b"(" * 1000,
    "a thousand open brackets in To": b"To: " + b"(" * 1000,
    "brackets in brackets": b"From: " + b"(" * 500 + b")" * 500 + b" <guru@clinic.example>",
    "a Message-ID of angle brackets": b"Message-ID: " + b"<" * 1000,
    "a From of angle brackets": b"From: " + b"<" * 1000,
    "a From of commas": b"From: " + b"," * 4000,
    "a To of commas, again and again": (b"To: " + b"," * 4000 + b"\r\n") * 60,
    "a From of quotes": b"From: " + b'"a" ' * 1000,
    "a header of a megabyte": b"Subject: " + b"x" * 1_000_000,
    "a hundred thousand headers": b"X: y\r\n" * 100_000,
    "encoded words without end": b"Subject: " + b"=?utf-8?q?x?= " * 20_000,
    "Content-Type with a quarter megabyte of parameters": b"Content-Type: text/plain" + b";a=b" * 60_000,
    "Content-Type with a quote that never ends": b'Content-Type: text/plain;a="' + b";" * 200_000,
    "the same in a part": OPENING + b'Content-Type: multipart/mixed;a="' + b";" * 200_000 + b"\r\n\r\nx\r\n--x--",
    "the same in a part, folded": OPENING + b'content-type: multipart/mixed;a="' + b";\r\n\t" * 90_000,
    "the same in a part with old Apple's line ends": (
        OPENING + b'Content-Type: multipart/mixed;a="' + b";" * 200_000
    ).replace(b"\r\n", b"\r"),
    "Content-Disposition with a quote that never ends": OPENING + b'Content-Disposition: x;a="' + b";" * 200_000,
    "a thousand nested parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(1000)
    ),
    "a thousand nested mails in a report": (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        + b"Content-Type: message/rfc822\r\n\r\n" * 1000
    ),
    "a report of nested parts": (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(590))
    ),
    "parameters that continue nothing": b"Content-Type: multipart/report; report-type*0*=a; report-type*x=b; *=",
    "a parameter in a charset that is none": b"Content-Type: multipart/report; report-type*=nope'en'delivery-status",
    "Content-Type of 8-bit": b"Content-Type: \xff\xfe/\x80; report-type=\xff",
    "a group in a group": b"To: a:b:c:;;;",
    "an address that ends too early": b"To: a@, @b, <@, a@[, @@",
    "a literal that never ends": b"From: a@[" + b"x" * 1000,
    "nothing at all": b"",
    "nothing but zeros": b"\0" * 1000,
    "nothing but line ends": b"\r\n" * 1000,
    "nothing but colons": b":" * 1000,
    "an mbox line": b"From guru@clinic.example Sun Jan 12 09:12:01 2014",
    "UTF-16": "From: guru@clinic.example\r\n\r\nRest.".encode("utf-16"),
}


def assert_tame(raw: bytes, sender: str) -> InboundMail | None:
    """It is read, or Unreadable is raised; and what is read can be stored and printed on one line."""
    try:
        found = parse_mail(raw, sender=sender)
    except Unreadable as error:
        assert str(error)
        return None
    for text in (found.message_id, found.shown_author, found.subject, *found.authors):
        text.encode()
        assert len(text) <= LONGEST_VALUE
        assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in text)
    assert bool(found.report.failed) <= (found.kind is BOUNCE)
    return found


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_mail_made_to_hurt_is_read_or_unreadable_and_soon(raw: bytes) -> None:
    began = time.process_time()
    assert_tame(raw + b"\r\n\r\nhello\r\n", GURU)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "name",
    [
        "a header of a megabyte",
        "a hundred thousand headers",
        "a thousand nested parts",
        "Content-Type with a quote that never ends",
        "the same in a part",
        "the same in a part, folded",
        "the same in a part with old Apple's line ends",
        "Content-Disposition with a quote that never ends",
    ],
)
def test_what_would_exhaust_a_reader_is_refused_before_it_is_parsed(name: str) -> None:
    with pytest.raises(Unreadable):
        parse_mail(HOSTILE[name] + b"\r\n\r\nhello\r\n", sender=GURU)


def test_what_stands_in_the_body_is_no_header() -> None:
    """A text about mail, with its examples, is still a text."""
    body = "\n".join(["Content-Type: text/plain; a=b"] * 50) + "\n" + "x;" * 10_000
    assert read(PLAIN, body).kind is PERSONAL


_SIGNS = [*"()<>@,;:.[]\\\"'=*?%", " ", "\t", "..", "\0", "\x1b", "\x85", "\u2028", "é", "\udcff"]
_WORDS = ["a", "b.c", GURU, "=?utf-8?q?", "=?x?b?", "?=", "=00", "=0A", "=FF", "undisclosed-recipients:"]
_PARAMETERS = ["report-type", "multipart/report", "delivery-status", "*0*", "utf-8''", "auto-replied"]
_PIECES = st.sampled_from([*_SIGNS, *_WORDS, *_PARAMETERS])
_VALUES = st.lists(_PIECES, max_size=15).map("".join) | st.lists(_PIECES, max_size=15).map(" ".join)
_NAMES = st.sampled_from(["From", "To", "Cc", "Subject", "Message-ID", "Content-Type", "Auto-Submitted", "Precedence"])
_HEADS = st.lists(st.builds("{}: {}".format, _NAMES, _VALUES), max_size=6).map("\n".join)


@settings(max_examples=250, deadline=None)
@given(head=_HEADS, sender=st.sampled_from(["", GURU]))
@example(head="To: ..undisclosed-recipients:@@..\x1c*;\ta", sender=GURU)
@example(head="From: a undisclosed-recipients:.*", sender=GURU)
@example(head="Cc: \0=?utf-8?q?@[(", sender=GURU)
@example(head="Content-Type: multipart/report; report-type=delivery-status; boundary=", sender="")
def test_any_header_is_read_or_unreadable(head: str, sender: str) -> None:
    assert_tame(mail(head), sender)


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=400), sender=st.sampled_from(["", GURU]))
def test_any_bytes_are_read_or_unreadable(raw: bytes, sender: str) -> None:
    assert_tame(raw, sender)
    assert_tame(b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n" + raw, sender)


# Real mail.


def test_every_real_mail_is_read(shared: Path) -> None:
    """Real and odd mail from the tests of nine mail programs and libraries."""
    mails = [path for path in sorted((shared / "corpus" / "messages").rglob("*")) if path.is_file()]
    assert len(mails) > 400
    unread = [path.name for path in mails if assert_tame(path.read_bytes(), GURU) is None]
    assert unread == []


def test_every_real_bounce_is_read_and_none_is_a_persons(shared: Path) -> None:
    bounces = sorted((shared / "corpus" / "bounces" / "mail").iterdir())
    assert len(bounces) > 300
    kinds = {path.name: found.kind for path in bounces if (found := assert_tame(path.read_bytes(), ""))}
    assert len(kinds) == len(bounces)
    assert PERSONAL not in kinds.values()
    assert sum(kind is BOUNCE for kind in kinds.values()) > len(bounces) / 2


def test_a_real_report_says_failed_where_a_field_of_it_does(shared: Path) -> None:
    """RFC 3464, 2.3.3. A temporary code beside "failed" does not matter: that server tries no more."""
    bounces = {path: path.read_bytes() for path in (shared / "corpus" / "bounces" / "mail").iterdir()}
    parsed = {path: parse_mail(raw, sender="") for path, raw in bounces.items()}
    said_so = re.compile(rb"[\r\n]action:\s*failed", re.IGNORECASE)
    reports = [path for path, found in parsed.items() if found.kind is BOUNCE]
    saying_so = {path.name for path in reports if said_so.search(bounces[path])}
    failed = {path.name for path in reports if parsed[path].report.failed}
    assert len(failed & saying_so) > 0.97 * len(saying_so), "a gateway says failed of a delay that it wrapped"
