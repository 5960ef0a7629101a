"""Delivery reports: who failed, how final it is, why; by the form of RFC 3464 and in the words of many servers."""

# ruff: noqa: E501 - what servers write is kept on its lines

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bounce import BounceKind, BounceReason
from app.mail.bounce import read_report
from bench.bounces import measure, others, ours, truths

HARD, SOFT, DELAY, UNKNOWN = BounceKind.HARD, BounceKind.SOFT, BounceKind.DELAY, BounceKind.UNKNOWN
ORIGINAL = (
    "Message-ID: <abc@column.example>\nFrom: column@column.example\nTo: guru@clinic.example\nSubject: Becky asks\n"
)


def notice(text: str, *, sender: str = "MAILER-DAEMON@mx.example", subject: str = "Undelivered Mail") -> bytes:
    head = f"From: {sender}\nTo: b-token@column.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n"
    return f"{head}\n{text}\n".encode()


def report(fields: str, text: str = "Sorry.", end: str = "\n") -> bytes:
    """As RFC 3464 has it."""
    raw = f"""From: MAILER-DAEMON@mx.example
To: b-token@column.example
Subject: Delivery Status Notification
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

{text}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; guru@clinic.example
{fields}
--b
Content-Type: message/rfc822

{ORIGINAL}
My knee hurts.
--b--
"""
    return raw.replace("\n", end).encode()


STATED = [
    ("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown", HARD, BounceReason.UNKNOWN_USER),
    ("Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full", SOFT, BounceReason.MAILBOX_FULL),
    ("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 552 Quota exceeded", SOFT, BounceReason.MAILBOX_FULL),
    ("Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; timed out", DELAY, BounceReason.EXPIRED),
    ("Action: failed\nStatus: 4.4.7", SOFT, BounceReason.EXPIRED),
    ("Action: failed\nStatus: 5.1.2", HARD, BounceReason.UNKNOWN_HOST),
    ("Action: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 User unknown", SOFT, BounceReason.UNKNOWN_USER),
    ("Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 blocked using zen.spamhaus.org", SOFT, BounceReason.BLOCKED),
    ("Action: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; 550 5.7.26 DMARC policy", SOFT, BounceReason.AUTHENTICATION),
    ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 5.1.10 domain has null MX", HARD, BounceReason.TAKES_NO_MAIL),
    ("Action: failed\nStatus: 5.2.0\nDiagnostic-Code: smtp; 550 5.2.0 unknown user", SOFT, BounceReason.FILTERED),
    ("Action: failed\nStatus: 5.0.0", UNKNOWN, BounceReason.NONE),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "kind", "reason"), STATED, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_status_and_words_decide_how_final_it_is(fields: str, kind: BounceKind, reason: BounceReason, end: str) -> None:
    found = read_report(report(fields, end=end))
    (recipient,) = found.recipients
    assert (recipient.address, recipient.kind, recipient.reason) == ("guru@clinic.example", kind, reason)
    assert found.message_id == "<abc@column.example>"


def test_a_success_is_no_failure() -> None:
    assert not read_report(report("Action: delivered\nStatus: 2.0.0")).is_failure
    assert not read_report(report("Action: relayed")).is_failure


WORDED = [
    ("qmail", "Hi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\n\n<guru@clinic.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 <guru@clinic.example>: no such user\nGiving up.\n\n--- Below this line is a copy of the message.\n\n", HARD),
    ("exim", "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  guru@clinic.example\n    host mx.clinic.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<guru@clinic.example>:\n    550 Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\n", HARD),
    ("quota", "Your message to <guru@clinic.example> was not delivered: the user's mailbox is full.\n\n----- Original message -----\n\n", SOFT),
    ("gmail", "** Address not found **\n\nYour message wasn't delivered to guru@clinic.example because the address couldn't be found.\n\nThe response from the remote server was:\n550 5.1.1 user unknown\n\n----- Original message -----\n\n", HARD),
    ("german", "Ihre Nachricht konnte nicht zugestellt werden:\n\nguru@clinic.example: 550 5.1.1 Empfänger unbekannt\n\n--- Original message follows.\n\n", HARD),
    ("no reason", "Unable to deliver message to <guru@clinic.example>.\n\n--- Original message follows.\n\n", UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), [row[1:] for row in WORDED], ids=[row[0] for row in WORDED])
def test_a_report_in_words_is_read(text: str, kind: BounceKind) -> None:
    found = read_report(notice(text + ORIGINAL))
    assert [(r.address, r.action, r.kind) for r in found.recipients] == [("guru@clinic.example", "failed", kind)]
    assert found.message_id == "<abc@column.example>"


def test_a_person_who_passes_a_report_on_reports_nothing() -> None:
    assert not read_report(notice(WORDED[0][1] + ORIGINAL, sender="pat@clinic.example")).recipients
    assert not read_report(notice("My mailbox is full, what now?", sender="pat@clinic.example")).recipients


def test_the_measuring_set_is_read_as_promised(shared: Path) -> None:
    score = measure(ours, [*truths(shared / "corpus" / "bounces"), *others(shared)])
    figures = score.figures()
    assert figures["found %"] >= 97
    assert figures["right address %"] >= 95
    assert figures["hard precision %"] >= 98
    assert score.flagged == 0


@given(st.binary(max_size=800))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(raw: bytes) -> None:
    read_report(raw)
    read_report(report("Action: failed") + raw)
    read_report(notice("could not be delivered\n").replace(b"\n\n", b"\n\n" + raw))


@pytest.mark.parametrize(
    "piece", ["a", "x@", "x@y.example ", "--b\n", "<", "\n", "550 ", "5.1.1.", "Status: 5\n", "=\n"]
)
def test_time_is_linear_in_the_octets(piece: str) -> None:
    began = time.process_time()
    read_report(notice("could not be delivered\n" + piece * 300_000))
    read_report(report(piece * 100_000))
    assert time.process_time() - began < 4
