"""Every mail that comes in is stored first, and ends in a named state that a person can see."""

import hashlib
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from app import jobs
from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.mail import InboundState, Reason
from app.mail.programs import Program
from app.mail.transport import Fate, Handover
from app.store import mail
from app.usecases import holding, reading, receiving, routing
from tests.office import ANSWER, BECKY, GURU, Office


def plain(text: str, *, sender: str = GURU, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "somebody@column.example"
    message["Subject"] = "Re: Becky asks"
    message["Message-ID"] = f"<{hashlib.sha256(text.encode()).hexdigest()[:20]}@clinic.example>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def outcome(office: Office, inbound_id: int) -> tuple[str, str]:
    view = office.inbound(inbound_id)
    return view.state, view.reason


def test_a_reply_becomes_the_answer(office: Office) -> None:
    question = office.ask()
    assert outcome(office, office.receive(office.reply())) == ("accepted", "answer")
    assert office.question(question.id).state == "published"
    assert office.question(question.id).text.split() == ANSWER.split()


def test_the_bytes_are_committed_before_anything_is_decided(office: Office) -> None:
    raw = b"\xff\x00 this is no mail at all"
    inbound_id = receiving.accept(
        office.mailbag, raw, door="lmtp", sender="x@y.example", recipient=f"q-{'0' * 28}@column.example"
    )
    view = office.inbound(inbound_id)
    assert (view.state, view.raw) == ("received", raw)
    assert (jobs.PROCESS_OTHER, inbound_id) in office.bells


def test_a_reply_does_not_wait_behind_a_flood_of_other_mail(office: Office) -> None:
    office.ask()
    bounces = office.server.to(GURU)[-1].envelope.sender
    rung = []
    for recipient in (office.reply_address(), bounces, "column@column.example", f"q-{'0' * 28}@column.example"):
        receiving.accept(office.mailbag, plain(recipient), door="lmtp", sender=GURU, recipient=recipient)
        rung.append(jobs.QUEUES[office.bells[-1][0]])
    assert rung == ["capture", "default", "default", "default"]


def test_the_same_mail_twice_is_one_row_and_one_answer(office: Office) -> None:
    question = office.ask()
    raw, to = office.reply(), office.reply_address()
    first = office.receive(raw, to=to)
    sent = len(office.server.sent)
    assert office.receive(raw, to=to) == first
    assert len(office.server.sent) == sent
    assert office.question(question.id).revisions == 1


def test_the_same_mail_on_another_way_is_a_duplicate(office: Office) -> None:
    """Another Received line makes other bytes of the same mail."""
    office.ask()
    raw, to = office.reply(), office.reply_address()
    office.receive(raw, to=to)
    again = office.receive(b"Received: from elsewhere.example\r\n" + raw, to=to)
    assert outcome(office, again) == ("discarded", "duplicate")


def test_a_second_different_reply_is_held_and_overwrites_nothing(office: Office) -> None:
    question = office.ask()
    office.receive(office.reply())
    later = office.receive(plain("Something else came to my mind: ice."), to=office.reply_address())
    assert outcome(office, later) == ("held", "already-answered")
    assert office.question(question.id).text.split() == ANSWER.split()


def test_other_words_under_a_known_message_id_are_held(office: Office) -> None:
    office.ask()
    to = office.reply_address()
    office.receive(plain("Rest, and then walk.", Message_ID="<same@clinic.example>"), to=to)
    again = office.receive(plain("Something quite different.", Message_ID="<same@clinic.example>"), to=to)
    assert outcome(office, again) == ("held", "reused-message-id")


def test_a_mail_without_message_id_is_taken(office: Office) -> None:
    office.ask()
    lines = plain("Rest, and then walk a little.").split(b"\n")
    raw = b"\n".join(line for line in lines if not line.lower().startswith(b"message-id"))
    assert outcome(office, office.receive(raw)) == ("accepted", "answer")


@pytest.mark.parametrize(
    ("recipient", "reason"),
    [
        ("column@column.example", Reason.NO_TOKEN),
        ("q-" + "z" * 29 + "@column.example", Reason.UNKNOWN_TOKEN),
        ("q-short@column.example", Reason.UNKNOWN_TOKEN),
    ],
)
def test_a_mail_that_answers_none_of_ours_is_held(office: Office, recipient: str, reason: Reason) -> None:
    office.ask()
    state, why = outcome(office, office.receive(plain("Hello, who is there?"), to=recipient))
    assert state == "held"
    assert why in (reason, Reason.MISTYPED_TOKEN)


def test_a_mistyped_token_is_held_with_a_guess(office: Office) -> None:
    question = office.ask()
    address = office.reply_address()
    wrong = address.replace(address[-18], "x" if address[-18] != "x" else "y", 1)
    inbound_id = office.receive(office.reply(), to=wrong)
    assert outcome(office, inbound_id) == ("held", "mistyped-token")
    with office.mailbag.database.read() as tx:
        message = receiving.mail.inbound_by_id(tx, inbound_id)
        assert message is not None
        assert message.delivery is not None
        assert message.delivery.question is not None
        assert message.delivery.question.id == question.id
    assert office.question(question.id).state == "assigned"


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("mallory@evil.example", Reason.OTHER_SENDER),
        (BECKY, Reason.OTHER_SENDER),
        (f"{GURU}, mallory@evil.example", Reason.UNCLEAR_SENDER),
        (f"Friends: {GURU};", Reason.UNCLEAR_SENDER),
    ],
)
def test_from_anybody_else_it_is_held(office: Office, sender: str, reason: Reason) -> None:
    question = office.ask()
    assert outcome(office, office.receive(plain("Take snake oil for it.", sender=sender))) == ("held", reason)
    assert office.question(question.id).state == "assigned"


def test_two_from_lines_are_held(office: Office) -> None:
    office.ask()
    raw = b"From: mallory@evil.example\n" + plain("Take snake oil for it.")
    assert outcome(office, office.receive(raw)) == ("held", "unclear-sender")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied (vacation)"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"List-Id": "<physio.example>"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_an_automatic_mail_is_never_an_answer(office: Office, headers: dict[str, str]) -> None:
    question = office.ask()
    raw = plain("I am away until Monday and read no mail.", **headers)
    sent = len(office.server.sent)
    state, reason = outcome(office, office.receive(raw))
    assert (state, reason) in {("discarded", "absence"), ("discarded", "automatic"), ("held", "list-mail")}
    assert office.question(question.id).state == "assigned"
    assert len(office.server.sent) == sent, "and it is not answered"


def test_a_mail_with_an_empty_envelope_sender_is_never_an_answer(office: Office) -> None:
    office.ask()
    assert outcome(office, office.receive(office.reply(), sender="")) == ("held", "likely-automatic")


@pytest.mark.parametrize("program", Program)
def test_a_reply_with_nothing_new_in_it_is_held(office: Office, program: Program) -> None:
    question = office.ask()
    assert outcome(office, office.receive(office.reply("", program))) == ("held", "empty")
    assert office.question(question.id).state == "assigned"


def test_what_others_can_see_too_waits_for_an_editor(office: Office) -> None:
    question = office.ask()
    raw = plain("Rest, and then walk.", To=office.reply_address(), Cc="everybody@clinic.example")
    assert outcome(office, office.receive(raw)) == ("accepted", "answer")
    office.clock.pass_by(days=30)
    office.sweep()
    assert office.question(question.id).state == "answered"


def test_a_late_reply_after_the_question_was_taken_back_is_held(office: Office) -> None:
    question = office.ask()
    raw, to = office.reply(), office.reply_address()
    assert question.id is not None
    routing.unassign(office.mailbag, question.id, by="Anna")
    assert outcome(office, office.receive(raw, to=to)) == ("held", "assignment-closed")


def test_an_asker_who_answers_is_heard(office: Office) -> None:
    office.ask()
    confirm = office.deliveries()[0]
    to = office.mailbag.links.reply_address(confirm)
    raw = plain("Thank you! One thing more: it hurts.", sender=BECKY)
    assert outcome(office, office.receive(raw, to=to, sender=BECKY)) == ("held", "from-asker")


def test_an_answer_to_a_receipt_is_heard(office: Office) -> None:
    office.ask()
    office.receive(office.reply())
    receipt = next(d for d in office.deliveries() if d.kind == "receipt")
    raw = plain("No, you cut too much of it.")
    assert outcome(office, office.receive(raw, to=office.mailbag.links.reply_address(receipt))) == (
        "held",
        "about-receipt",
    )


DSN = b"""From: MAILER-DAEMON@mx.clinic.example
To: %(to)s
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn@mx.clinic.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.clinic.example

Final-Recipient: rfc822; guru@clinic.example
Action: %(action)s
Status: 5.1.1

--b--
"""


def test_a_bounce_settles_the_one_mail_that_came_back(office: Office) -> None:
    office.ask()
    delivery = office.deliveries()[-1]
    to = office.mailbag.links.bounce_address(delivery)
    raw = DSN % {b"to": to.encode(), b"action": b"failed"}
    assert outcome(office, office.receive(raw, to=to, sender="")) == ("accepted", "bounce")
    assert [d.state for d in office.deliveries()] == ["sent", "bounced"]


def test_a_delay_settles_nothing(office: Office) -> None:
    office.ask()
    to = office.mailbag.links.bounce_address(office.deliveries()[-1])
    raw = DSN % {b"to": to.encode(), b"action": b"delayed"}
    assert outcome(office, office.receive(raw, to=to, sender=""))[0] == "discarded"
    assert office.deliveries()[-1].state == "sent"


def test_a_forged_bounce_settles_nothing(office: Office) -> None:
    office.ask()
    raw = DSN % {b"to": b"column@column.example", b"action": b"failed"}
    assert outcome(office, office.receive(raw, to="column@column.example", sender="")) == ("held", "bounce-unclear")
    assert office.deliveries()[-1].state == "sent"


BOMBS = {
    "a thousand open brackets": b"From: " + b"(" * 1000 + b"\nSubject: x\n\nhello\n",
    "a Message-ID of angle brackets": b"From: pat@evil.example\nMessage-ID: " + b"<" * 1000 + b"\n\nhello\n",
    "a thousand nested parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(1000)
    ),
    "a header of a megabyte": b"Subject: " + b"x" * 1_000_000 + b"\n\nhello\n",
    "no header, no body": b"",
    "nothing but zeros": b"\0" * 1000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_mail_made_to_hurt_ends_where_an_editor_sees_it(office: Office, bomb: bytes) -> None:
    office.ask()
    state, reason = outcome(office, office.receive(bomb))
    assert state in ("held", "failed")
    assert reason


def test_an_oversized_mail_is_recorded(office: Office) -> None:
    for _ in range(2):
        receiving.refuse_oversized(
            office.mailbag, door="smtp", sender=GURU, recipient="q-1@column.example", said="552 too much"
        )
    assert outcome(office, 1) == ("rejected", "oversized")
    assert outcome(office, 2) == ("rejected", "oversized"), "each try is seen"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_oversized_mail_that_no_door_refused_waits_for_an_editor_as_one_row(office: Office) -> None:
    for uid in (7, 7, 8):
        receiving.leave_oversized(
            office.mailbag, door="imap", place=f"INBOX\n{uid}", sender=GURU, recipient="q-1@column.example", said="big"
        )
    with office.mailbag.database.read() as tx:
        assert mail.count_inbound(tx, InboundState.FAILED) == 2
    assert outcome(office, 1) == ("failed", "oversized")
    holding.discard(office.mailbag, 1, by="Anna")
    assert outcome(office, 1) == ("discarded", "by-editor")


def test_an_editor_attaches_a_held_mail_and_publishes_it_herself(office: Office) -> None:
    question = office.ask()
    inbound_id = office.receive(plain("Rest, and then walk a little.", sender="guru@home.example"))
    assert question.id is not None
    holding.attach(office.mailbag, inbound_id, question.id, by="Anna")
    office.sweep()
    assert outcome(office, inbound_id) == ("accepted", "attached")
    assert office.question(question.id).state == "answered", "attached is not yet published"
    assert office.question(question.id).text == "Rest, and then walk a little."


def test_a_mail_is_not_attached_to_what_is_published(office: Office) -> None:
    question = office.ask()
    office.receive(office.reply())
    late = office.receive(plain("And another thing came to mind."))
    assert question.id is not None
    with pytest.raises(ForbiddenTransition):
        holding.attach(office.mailbag, late, question.id, by="Anna")
    assert outcome(office, late)[0] == "held"


def test_a_discarded_mail_keeps_its_bytes(office: Office) -> None:
    office.ask()
    raw = plain("Buy my snake oil.", sender="mallory@evil.example")
    inbound_id = office.receive(raw)
    holding.discard(office.mailbag, inbound_id, by="Anna")
    assert outcome(office, inbound_id) == ("discarded", "by-editor")
    assert office.inbound(inbound_id).raw == raw


def test_what_could_not_be_read_is_read_again_on_demand(office: Office) -> None:
    office.ask()
    inbound_id = office.receive(BOMBS["a header of a megabyte"])
    assert outcome(office, inbound_id) == ("failed", "unreadable")
    holding.read_again(office.mailbag, inbound_id, by="Anna")
    assert outcome(office, inbound_id)[0] == "received"
    office.run_jobs()
    assert outcome(office, inbound_id)[0] == "failed"


def test_a_mail_that_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        holding.discard(office.mailbag, 4711, by="Anna")


def test_deciding_twice_changes_nothing(office: Office) -> None:
    office.ask()
    inbound_id = office.receive(office.reply())
    before = (office.inbound(inbound_id).events, len(office.deliveries()))
    receiving.process(office.mailbag, inbound_id)
    assert (office.inbound(inbound_id).events, len(office.deliveries())) == before


def test_a_lost_doorbell_is_rung_by_the_sweep(office: Office) -> None:
    office.ask()
    inbound_id = receiving.accept(
        office.mailbag, office.reply(), door="smtp", sender=GURU, recipient=office.reply_address()
    )
    office.bells.clear()
    office.clock.pass_by(seconds=11)
    office.sweep()
    assert outcome(office, inbound_id) == ("accepted", "answer")


def test_replying_to_all_exposes_nothing(office: Office) -> None:
    """She stood in To herself, and a reply to all goes to her and to the column."""
    question = office.ask()
    raw = plain("Rest, and then walk.", To=f"{office.reply_address()}, {GURU}", Cc="column@column.example")
    office.receive(raw)
    assert office.question(question.id).state == "published"


def test_a_mail_that_stops_its_reader_is_given_up_after_three_times(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.ask()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    inbound_id = receiving.accept(
        office.mailbag, office.reply(), door="smtp", sender=GURU, recipient=office.reply_address()
    )
    office.bells.clear()
    monkeypatch.setattr(reading, "parse_mail", killed)
    for _ in range(receiving.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            receiving.process(office.mailbag, inbound_id)
        receiving.process(office.mailbag, inbound_id)  # at once: somebody may still be at it
        office.clock.pass_by(seconds=21)
    receiving.process(office.mailbag, inbound_id)
    assert outcome(office, inbound_id) == ("failed", "unreadable")


def test_a_bounce_proves_that_a_doubtful_mail_left(office: Office) -> None:
    office.server.answers = [Handover(Fate.TAKEN, "250 Ok"), Handover(Fate.UNKNOWN, "no answer")]
    office.ask()
    delivery = office.deliveries()[-1]
    to = office.mailbag.links.bounce_address(delivery)
    raw = DSN % {b"to": to.encode(), b"action": b"failed"}
    assert outcome(office, office.receive(raw, to=to, sender="")) == ("accepted", "bounce")
    assert (office.deliveries()[-1].state, office.deliveries()[-1].is_doubtful) == ("bounced", False)


def test_a_part_header_that_breaks_the_parser_ends_where_an_editor_sees_it(office: Office) -> None:
    office.ask()
    raw = plain("Rest.").replace(b'text/plain; charset="utf-8"', b"text/plain; name*=utf-8''a; name*0=b")
    assert outcome(office, office.receive(raw))[0] in ("failed", "accepted", "held")


def test_an_attachment_is_named_in_the_receipt_and_never_printed(office: Office) -> None:
    question = office.ask()
    message = message_from_bytes(plain("Rest, and look at the drawing."), policy=policy.default)
    assert isinstance(message, EmailMessage)
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="<b>knee.pdf")
    office.receive(message.as_bytes())
    assert office.question(question.id).text == "Rest, and look at the drawing."
    receipt = message_from_bytes(office.server.to(GURU)[-1].raw, policy=policy.default)
    assert isinstance(receipt, EmailMessage)
    text, html = (receipt.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "Not printed: the attachment ‹b›knee.pdf (application/pdf, 8 bytes)" in " ".join(text.get_content().split())
    assert "‹b›knee.pdf" in html.get_content()


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("application/pdf", Reason.ATTACHMENT_ONLY),
        ("application/pkcs7-mime; smime-type=enveloped-data", Reason.ENCRYPTED),
    ],
)
def test_a_mail_without_words_is_held_for_what_it_is(office: Office, content_type: str, reason: Reason) -> None:
    office.ask()
    head = f"From: {GURU}\nSubject: Re: Becky asks\nContent-Type: {content_type}\n"
    raw = f"{head}Content-Transfer-Encoding: base64\n\nJVBERg==\n".encode()
    assert outcome(office, office.receive(raw)) == ("held", reason)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic reply: Becky asks", "I am away until Monday."),
        ("Abwesenheitsnotiz: Becky asks", "Ich bin bis Montag nicht im Büro."),
    ],
)
def test_an_absence_note_is_never_an_answer_though_nothing_marks_it(office: Office, subject: str, text: str) -> None:
    question = office.ask()
    assert outcome(office, office.receive(plain(text, Subject=subject))) == ("held", "likely-absence")
    assert office.question(question.id).state == "assigned"


def test_an_answer_that_speaks_of_absence_is_one(office: Office) -> None:
    question = office.ask()
    office.receive(plain("When I was out of the office last week I thought of your knee. Rest, and then walk."))
    assert office.question(question.id).state == "published"
