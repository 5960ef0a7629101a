"""Leaving by mail, and what comes back of an issue's copies: each settles one row and one address."""

from datetime import timedelta

import pytest

from app.domain.digest import Issue, IssueCopy, Variant
from app.domain.mail import DeliveryState
from app.domain.subscription import Choice, Frequency, SuppressionReason
from app.domain.token import Purpose
from app.store import digest, subscribers
from app.usecases import preferring, subscribing, suppressing
from app.usecases.settling import Fact, Report, Settled, settle
from tests.office import NOON, Office, with_a_newer_key
from tests.readers import READER, office_reader, reader_id, subscribe, the_link, view

OTHER = "otto@reader.example"


def a_copy(office: Office, address: str = READER) -> int:
    """The id of a copy that was sent to a subscriber, of an issue of its own."""
    with office.mailbag.database.write() as tx:
        number = digest.next_number(tx, Frequency.WEEKLY)
        issue = Issue(Frequency.WEEKLY, f"w{number}", number, "Letters", NOON, NOON, NOON)
        tx.add(issue)
        variant = Variant(issue, "")
        tx.add(variant)
        copy = IssueCopy(issue, reader_id(office, address), variant, f"key{number}", NOON, state=DeliveryState.SENT)
        copy.claimed_at = office.clock()
        tx.add(copy)
        assert copy.id is not None
        return copy.id


def copy_state(office: Office, copy_id: int) -> tuple[str, str]:
    with office.mailbag.database.read() as tx:
        copy = digest.copy_by_id(tx, copy_id)
        assert copy is not None
        return copy.state, copy.server_said


def dsn(status: str, said: str, recipient: str = READER) -> bytes:
    return (
        "From: MAILER-DAEMON@relay.example\r\nTo: x@column.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n\r\n--b--\r\n"
    ).encode()


ARF = (
    b"From: fbl@large.example\r\nTo: abuse@column.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
    b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\r\n"
    b"--b--\r\n"
)
HARD = dsn("5.1.1", f"550 5.1.1 <{READER}>: Recipient address rejected: User unknown")
SOFT = dsn("5.2.2", "552 5.2.2 mailbox full")


def come_back(office: Office, raw: bytes, copy_id: int) -> int:
    return office.receive(raw, to=office.mailbag.links.copy_bounce_address(copy_id), sender="")


# By mail.


def letter(subject: str = "stop", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"From: anybody@where.example\r\nSubject: {subject}\r\n{more}\r\nwhatever it says\r\n".encode()


def test_a_mail_to_her_own_address_takes_her_off(office: Office) -> None:
    subscribe(office)
    subscribe(office, OTHER)
    to = office.mailbag.links.unsubscribe_address(reader_id(office))
    inbound_id = office.receive(letter(), to=to, sender="anybody@where.example")
    assert (view(office).state, view(office).left_because) == ("unsubscribed", "mail")
    assert view(office, OTHER).state == "confirmed"
    found = office.inbound(inbound_id)
    assert (found.state, found.reason) == ("accepted", "unsubscribe")
    again = office.receive(letter("stop!"), to=to, sender="anybody@where.example")
    assert office.inbound(again).state == "accepted"


def test_an_empty_mail_does_it_as_well(office: Office) -> None:
    subscribe(office)
    to = office.mailbag.links.unsubscribe_address(reader_id(office))
    office.receive(b"From: anybody@where.example\r\nSubject: unsubscribe\r\n\r\n", to=to)
    assert view(office).state == "unsubscribed"


@pytest.mark.parametrize(
    "raw",
    [
        letter("Out of office", Auto_Submitted="auto-replied"),
        letter("Automatic reply: hello", X_Autoreply="yes", Precedence="auto_reply"),
        dsn("5.1.1", "550 no such user"),
    ],
    ids=["vacation", "autoreply", "bounce"],
)
def test_a_machine_does_not(office: Office, raw: bytes) -> None:
    subscribe(office)
    office.receive(raw, to=office.mailbag.links.unsubscribe_address(reader_id(office)), sender="")
    assert view(office).state == "confirmed"


def test_a_token_that_nobody_made_takes_nobody_off(office: Office) -> None:
    subscribe(office)
    good = office.mailbag.links.unsubscribe_address(reader_id(office))
    bad = office.mailbag.links.copy_bounce_address(reader_id(office)).replace("d-", "u-", 1)
    inbound_id = office.receive(letter(), to=bad)
    assert office.inbound(inbound_id).state == "held"
    assert view(office).state == "confirmed"
    mistyped = good.replace(good[5], "z" if good[5] != "z" else "y", 1)
    office.receive(letter("again"), to=mistyped)
    assert view(office).state == "confirmed"


# Bounces and complaints.


def message_id_of(office: Office, copy_id: int) -> str:
    with office.mailbag.database.read() as tx:
        copy = digest.copy_by_id(tx, copy_id)
        assert copy is not None
        return f"<{office.mailbag.links.copy_name(copy_id, copy.message_key)}@column.example>"


@pytest.mark.parametrize("spelled", ["{}", "{}@column.example", "<{}@column.example>"])
def test_a_provider_who_names_the_message_id_alone_settles_the_copy(office: Office, spelled: str) -> None:
    subscribe(office)
    a_copy(office)
    copy_id = a_copy(office)
    name = spelled.format(message_id_of(office, copy_id)[1:].partition("@")[0])
    assert settle(office.mailbag, Report(Fact.COMPLAINED, by="sendgrid", message_id=name)) is Settled.CHANGED
    assert copy_state(office, copy_id)[0] == "complained"
    assert view(office).left_because == "complaint"


def test_a_message_id_is_known_after_a_change_of_key_and_a_forged_one_never(office: Office) -> None:
    subscribe(office)
    one, two = a_copy(office), a_copy(office)
    known = message_id_of(office, one)
    key, _, veiled = known[1:].partition("@")[0].partition(".")
    other_key = message_id_of(office, two)[1:].partition(".")[0]
    for forged in (f"{other_key}.{veiled}", f"{key}.{veiled[::-1]}", f"{key}.", key, f".{veiled}", "a.b", ""):
        assert settle(office.mailbag, Report(Fact.BOUNCED, by="x", message_id=forged)) is Settled.UNKNOWN, forged
    report = Report(Fact.BOUNCED, by="x", message_id=known, detail="550 5.1.1 no such user")
    assert settle(with_a_newer_key(office.mailbag), report) is Settled.CHANGED
    assert [copy_state(office, copy_id)[0] for copy_id in (one, two)] == ["bounced", "sent"]


def test_where_a_report_names_two_copies_none_is_settled(office: Office) -> None:
    subscribe(office)
    one, two = a_copy(office), a_copy(office)
    sender = office.mailbag.links.copy_bounce_address(one)
    report = Report(Fact.COMPLAINED, by="mailgun", message_id=message_id_of(office, two), sender=sender)
    assert settle(office.mailbag, report) is Settled.UNKNOWN


def quoting(raw: bytes, message_id: str) -> bytes:
    """A report with the header of our mail as its last part."""
    header = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    return raw.removesuffix(b"--b--\r\n") + header.encode()


def test_a_complaint_at_an_address_of_its_own_is_known_by_the_message_id(office: Office) -> None:
    """Who runs a feedback loop knows one address of ours, and never the envelope sender of a copy."""
    subscribe(office)
    copy_id = a_copy(office)
    inbound_id = office.receive(quoting(ARF, message_id_of(office, copy_id)), to="abuse@column.example", sender="")
    assert copy_state(office, copy_id)[0] == "complained"
    assert office.inbound(inbound_id).reason == "complaint"
    assert view(office).left_because == "complaint"


def test_a_bounce_elsewhere_counts_where_it_is_about_her_alone(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    about_another = quoting(dsn("5.1.1", "550 no such user", "someone@else.example"), message_id_of(office, copy_id))
    office.receive(about_another, to="column@column.example", sender="")
    assert copy_state(office, copy_id)[0] == "sent"
    office.receive(quoting(HARD, message_id_of(office, copy_id)), to="column@column.example", sender="")
    assert copy_state(office, copy_id)[0] == "bounced"
    assert view(office).left_because == "bounce"


def test_a_hard_bounce_settles_the_copy_and_the_address_at_once(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    inbound_id = come_back(office, HARD, copy_id)
    state, said = copy_state(office, copy_id)
    assert state == "bounced"
    assert READER not in said
    assert office.inbound(inbound_id).reason == "bounce"
    assert (view(office).state, view(office).left_because) == ("unsubscribed", "bounce")
    with office.mailbag.database.read() as tx:
        found = suppressing.find(office.mailbag, tx, READER.upper())
    assert found is not None
    assert found.reason is SuppressionReason.HARD_BOUNCE
    assert "User unknown" in found.detail
    assert READER not in found.detail


def test_soft_bounces_add_up_and_fade(office: Office) -> None:
    subscribe(office)
    for week in range(4):
        assert view(office).state == "confirmed", week
        office.clock.pass_by(days=7)
        come_back(office, SOFT, a_copy(office))
    assert view(office).state == "unsubscribed"


def test_several_in_a_day_are_one(office: Office) -> None:
    subscribe(office)
    for _ in range(6):
        come_back(office, SOFT, a_copy(office))
    assert view(office).state == "confirmed"


def test_one_in_half_a_year_is_nothing(office: Office) -> None:
    subscribe(office)
    for _ in range(8):
        office.clock.pass_by(days=180)
        come_back(office, SOFT, a_copy(office))
    assert view(office).state == "confirmed"


def test_the_score_halves_in_sixty_days(office: Office) -> None:
    subscribe(office)
    reader = office_reader(office, READER)
    assert reader is not None
    assert reader.bounce_softly(NOON) == 1
    assert reader.bounce_softly(NOON + timedelta(days=60)) == 1.5


def test_a_bounce_that_is_told_twice_changes_nothing_more(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    come_back(office, HARD, copy_id)
    with office.mailbag.database.read() as tx:
        found = suppressing.find(office.mailbag, tx, READER)
    assert found is not None
    assert found.id is not None
    suppressing.lift_address(office.mailbag, READER, by="Anna")
    come_back(office, HARD + b"\r\n", copy_id)
    assert view(office).state == "confirmed", "the same copy came back before"


def test_a_complaint_ends_it_for_good(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    arf = (
        b"From: fbl@provider.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
        b"User-Agent: x/1\r\n\r\n--b--\r\n"
    )
    come_back(office, arf, copy_id)
    assert copy_state(office, copy_id)[0] == "complained"
    assert view(office).left_because == "complaint"
    suppressing.lift_address(office.mailbag, READER, by="Anna")
    assert view(office).state == "unsubscribed", "an editor lifts it; only she herself comes back"


def test_a_forged_report_changes_nothing(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    forged = office.mailbag.links.bounce_address(office.deliveries()[0]).replace("b-", "d-", 1)
    office.receive(HARD, to=forged, sender="")
    assert copy_state(office, copy_id)[0] == "sent"
    assert view(office).state == "confirmed"


@pytest.mark.parametrize(
    ("fact", "state", "reader"),
    [
        (Fact.ARRIVED, "delivered", "confirmed"),
        (Fact.DELAYED, "sent", "confirmed"),
        (Fact.BOUNCED, "bounced", "unsubscribed"),
        (Fact.COMPLAINED, "complained", "unsubscribed"),
    ],
)
def test_what_a_provider_tells_of_a_copy(office: Office, fact: Fact, state: str, reader: str) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    sender = office.mailbag.links.copy_bounce_address(copy_id)
    report = Report(fact, "provider", sender=sender, detail="550 5.1.1 no such user")
    told = settle(office.mailbag, report)
    assert told is (Settled.UNCHANGED if fact is Fact.DELAYED else Settled.CHANGED)
    assert settle(office.mailbag, report) is Settled.UNCHANGED
    assert copy_state(office, copy_id)[0] == state
    assert view(office).state == reader


def test_an_editor_lifts_a_bounce_and_the_letters_come_again(office: Office) -> None:
    subscribe(office)
    come_back(office, HARD, a_copy(office))
    suppressing.lift_address(office.mailbag, READER, by="Anna")
    assert view(office).state == "confirmed"
    with office.mailbag.database.read() as tx:
        assert not suppressing.is_suppressed(office.mailbag, tx, READER)


def test_who_never_confirmed_is_not_put_on_by_lifting(office: Office) -> None:
    subscribing.wish(office.mailbag, READER, Choice())
    office.run_jobs()
    token = the_link(office, READER, "/subscribe/")
    (delivery,) = office.deliveries()
    office.receive(HARD, to=office.mailbag.links.bounce_address(delivery), sender="")
    subscribing.confirm(office.mailbag, token)
    assert view(office).state == "unconfirmed", "nothing goes there any more"
    suppressing.lift_address(office.mailbag, READER, by="Anna")
    assert view(office).state == "unconfirmed"
    office.clock.pass_by(days=4)
    office.sweep()
    assert office_reader(office, READER) is None


def test_a_changed_key_keeps_what_was_suppressed(office: Office) -> None:
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, READER, SuppressionReason.COMPLAINT)
    changed = with_a_newer_key(office.mailbag)
    with office.mailbag.database.read() as tx:
        assert suppressing.is_suppressed(changed, tx, READER)
        assert suppressing.suppressed_among(changed, tx, [READER, OTHER]) == {READER}


def test_a_graver_reason_takes_the_place_of_another(office: Office) -> None:
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, READER, SuppressionReason.HARD_BOUNCE)
        suppressing.suppress(office.mailbag, tx, READER, SuppressionReason.ERASED)
        suppressing.suppress(office.mailbag, tx, READER, SuppressionReason.SOFT_BOUNCES)
        found = suppressing.find(office.mailbag, tx, READER)
    assert found is not None
    assert found.reason is SuppressionReason.ERASED


# After she moved to another address.


def move(office: Office, address: str) -> None:
    preferring.ask_to_move(
        office.mailbag, office.mailbag.links.signer.mint(Purpose.PREFERENCES, reader_id(office)), address
    )
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, READER, "/move/"))
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, address, "/move/"))


def test_a_bounce_of_the_former_address_says_nothing_of_the_new_one(office: Office) -> None:
    subscribe(office)
    with office.mailbag.database.write() as tx:
        subscriber = subscribers.at(tx, READER)
        assert subscriber is not None
        subscriber.bounce_softly(office.clock())
    before = a_copy(office)
    office.clock.pass_by(hours=1)
    move(office, OTHER)
    come_back(office, HARD, before)
    assert copy_state(office, before)[0] == "bounced"
    assert view(office, OTHER).state == "confirmed"
    moved = office_reader(office, OTHER)
    assert moved is not None
    assert (moved.soft_bounces, moved.bounced_at) == (0.0, None)
    office.clock.pass_by(hours=1)
    after = a_copy(office, OTHER)
    come_back(office, HARD, after)
    assert view(office, OTHER).left_because == "bounce"


def test_a_bounce_after_she_is_forgotten_suppresses_no_more(office: Office) -> None:
    subscribe(office)
    copy_id = a_copy(office)
    preferring.forget(office.mailbag, office.mailbag.links.signer.mint(Purpose.PREFERENCES, reader_id(office)))
    come_back(office, HARD, copy_id)
    with office.mailbag.database.read() as tx:
        assert [found.reason for found in subscribers.suppressions(tx)] == [SuppressionReason.ERASED]
