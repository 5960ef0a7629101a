"""What becomes of mail that no person wrote: recorded, settled or held, never an answer, and never answered."""

import pytest
from sqlalchemy import select

from app.domain.event import Event
from app.domain.mail import Delivery, DeliveryState
from app.domain.question import Assignment
from app.domain.token import Purpose
from app.mail.kind import OwnMarks
from app.usecases import delivering
from tests.office import GURU, Office
from tests.usecases.test_receiving import DSN, plain

AWAY = {"Auto-Submitted": "auto-replied (vacation)"}


def outcome(office: Office, inbound_id: int) -> tuple[str, str]:
    found = office.inbound(inbound_id)
    return found.state, found.reason


def asked(office: Office) -> tuple[int, Delivery]:
    question = office.ask()
    assert question.id is not None
    return question.id, office.deliveries()[-1]


def report(to: str, *, action: str = "failed", status: str = "5.1.1", said: str = "", quoted: str = "") -> bytes:
    raw = DSN % {b"to": to.encode(), b"action": action.encode()}
    fields = f"Status: {status}\nDiagnostic-Code: smtp; {said}".encode()
    letter = f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {quoted}\nFrom: x@y.example\nTo: {GURU}\n\nhello\n--b--"
    return raw.replace(b"Status: 5.1.1", fields).replace(b"--b--", letter.encode())


def test_an_absence_note_is_recorded_with_its_day(office: Office) -> None:
    question_id, delivery = asked(office)
    raw = plain("I am away until 3 December.", **AWAY)
    to = office.mailbag.links.bounce_address(delivery)
    assert outcome(office, office.receive(raw, to=to, sender="")) == ("discarded", "absence")
    with office.mailbag.database.read() as tx:
        assignment = tx.session.scalars(select(Assignment)).one()
        assert str(assignment.away_until) == "2026-12-03"
        told = [event.detail for event in tx.session.scalars(select(Event)) if event.name == "question noted absence"]
    assert told == ["until Dec 3rd, 2026"]
    assert office.question(question_id).state == "assigned"


def test_a_note_under_an_invented_token_says_nothing_about_anybody(office: Office) -> None:
    question_id, _ = asked(office)
    raw = plain("I am away until 3 December.", **AWAY)
    office.receive(raw, to="r-nonsense@column.example")
    assert "question noted absence" not in office.question(question_id).events


def test_a_note_by_its_words_alone_is_held(office: Office) -> None:
    question_id, _ = asked(office)
    raw = plain("I am on annual leave, back on 3 December.", Subject="Re: Becky asks")
    assert outcome(office, office.receive(raw)) == ("held", "likely-absence")
    assert "question noted absence" in office.question(question_id).events


@pytest.mark.parametrize(
    ("status", "said", "kind", "reason"),
    [
        ("5.1.1", "550 5.1.1 user unknown", "hard", "unknown-user"),
        ("5.2.2", "552 5.2.2 mailbox full", "soft", "mailbox-full"),
        ("4.4.7", "delivery time expired", "soft", "expired"),
    ],
)
def test_a_bounce_says_how_final_it_is_and_why(office: Office, status: str, said: str, kind: str, reason: str) -> None:
    _, delivery = asked(office)
    to = office.mailbag.links.bounce_address(delivery)
    assert outcome(office, office.receive(report(to, status=status, said=said), to=to, sender="")) == (
        "accepted",
        "bounce",
    )
    settled = office.deliveries()[-1]
    assert (settled.state, settled.bounce_kind, settled.bounce_reason) == ("bounced", kind, reason)
    assert settled.may_go_again == (kind == "soft")


def test_after_a_soft_bounce_the_mail_can_go_again(office: Office) -> None:
    _, delivery = asked(office)
    to = office.mailbag.links.bounce_address(delivery)
    office.receive(report(to, status="5.2.2", said="552 5.2.2 mailbox full"), to=to, sender="")
    assert delivery.id is not None
    delivering.send_again(office.mailbag, delivery.id, by="Anna")
    office.run_jobs()
    assert office.deliveries()[-1].state == DeliveryState.SENT
    assert len(office.server.to(GURU)) == 2


def test_a_quoted_message_id_proves_a_bounce_where_the_recipient_is_hers_too(office: Office) -> None:
    _, delivery = asked(office)
    to = "postmaster@column.example"
    stranger = report(to, quoted=delivery.message_id).replace(b"rfc822; guru@", b"rfc822; pat@")
    assert outcome(office, office.receive(stranger, to=to, sender="")) == ("held", "bounce-unclear")
    assert office.deliveries()[-1].state == "sent"
    genuine = report(to, quoted=delivery.message_id)
    assert outcome(office, office.receive(genuine, to=to, sender="")) == ("accepted", "bounce")
    assert office.deliveries()[-1].state == "bounced"


COMPLAINT = """From: abuse@provider.example
Subject: FW: Becky asks
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

An abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
--b
Content-Type: message/rfc822

Message-ID: {quoted}
From: column@column.example
To: redacted@provider.example
Subject: Becky asks

hello
--b--
"""


def test_a_complaint_settles_the_mail_that_it_quotes(office: Office) -> None:
    _, delivery = asked(office)
    forged = COMPLAINT.format(quoted="<invented@column.example>").encode()
    assert outcome(office, office.receive(forged, to="abuse@column.example")) == ("held", "complaint-unclear")
    assert office.deliveries()[-1].state == "sent"
    genuine = COMPLAINT.format(quoted=delivery.message_id).encode()
    assert outcome(office, office.receive(genuine, to="abuse@column.example")) == ("accepted", "complaint")
    assert office.deliveries()[-1].state == "complained"


HELD = [
    ({"List-Id": "<knees.lists.example>"}, "list-mail"),
    ({"X-Spam-Flag": "YES"}, "spam"),
    ({"X-Boxbe-Request": "1"}, "challenge"),
    ({"Subject": "Recall: Becky asks"}, "recall"),
]


@pytest.mark.parametrize(("headers", "reason"), HELD, ids=[reason for _, reason in HELD])
def test_what_a_person_may_have_to_do_with_is_held(office: Office, headers: dict[str, str], reason: str) -> None:
    object.__setattr__(office.mailbag, "own_marks", OwnMarks("column.example", spam_header="X-Spam-Flag"))
    question_id, _ = asked(office)
    raw = plain("The Guru would like to recall the message.", **headers)
    assert outcome(office, office.receive(raw)) == ("held", reason)
    assert office.question(question_id).state == "assigned"


def test_our_own_mail_is_no_mail_to_us(office: Office) -> None:
    object.__setattr__(office.mailbag, "own_marks", OwnMarks("column.example"))
    asked(office)
    ours = office.server.to(GURU)[-1].raw
    sent = len(office.server.sent)
    assert outcome(office, office.receive(ours, sender="b-x@column.example")) == ("discarded", "our-own")
    assert len(office.server.sent) == sent


def test_an_expert_whose_reply_cannot_be_read_is_told_once_a_day(office: Office) -> None:
    question_id, _ = asked(office)
    to = office.reply_address()
    assert outcome(office, office.receive(plain("", **{"Message-ID": "<1@x.example>"}), to=to)) == ("held", "empty")
    assert outcome(office, office.receive(plain("", **{"Message-ID": "<2@x.example>"}), to=to))[0] == "held"
    notes = [sent for sent in office.server.to(GURU) if b"could not read" in sent.raw]
    assert len(notes) == 1
    assert b"Auto-Submitted: auto-replied" in notes[0].raw
    office.clock.pass_by(days=1, minutes=1)
    office.receive(plain("", **{"Message-ID": "<3@x.example>"}), to=to)
    assert [d.kind for d in office.deliveries()].count("could-not-read") == 2
    note = [d for d in office.deliveries() if d.kind == "could-not-read"][-1]
    answer = plain("Rest, and then walk.")
    assert outcome(office, office.receive(answer, to=office.mailbag.links.reply_address(note))) == (
        "accepted",
        "answer",
    )
    assert office.question(question_id).text == "Rest, and then walk."


@pytest.mark.parametrize("sender", ["", "pat@evil.example"])
def test_nobody_else_is_told_anything(office: Office, sender: str) -> None:
    asked(office)
    sent = len(office.server.sent)
    headers = {"From": sender} if sender else {}
    office.receive(plain("", **headers), sender=sender)
    assert len(office.server.sent) == sent


def test_receipts_have_a_ceiling_too(office: Office) -> None:
    object.__setattr__(office.mailbag, "most_notices", 1)
    for text in ("One.", "Two."):
        question_id, _ = asked_about(office, text)
        office.receive(plain(f"Rest, and then walk. {text}"), to=office.reply_address())
    assert [d.kind for d in office.deliveries()].count("receipt") == 1
    assert "question withheld" in office.question(question_id).events


def asked_about(office: Office, text: str) -> tuple[int, Delivery]:
    key = office.mailbag.links.signer.mint(Purpose.FORM, 100 + len(office.deliveries()))
    question = office.ask(
        text=f"My knee hurts after a long run, and I would love to hear your thoughts. {text}", form_key=key
    )
    assert question.id is not None
    return question.id, office.deliveries()[-1]
