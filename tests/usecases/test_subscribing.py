"""Subscribing: the form's wish, one mail a day, nothing before the button; bounced and erased addresses get nothing."""

from contextlib import suppress

import pytest
from sqlalchemy import update

from app.domain.errors import Unavailable
from app.domain.mail import DeliveryKind
from app.domain.subscription import Choice, Frequency, Subscriber, SuppressionReason
from app.domain.token import Purpose
from app.mail.address import BadAddress
from app.store import subscribers, tables
from app.store.base import Transaction
from app.store.tables import metadata
from app.usecases import preferring, subscribing, suppressing, unsubscribing
from tests.office import BECKY, Office
from tests.readers import READER, links_in, office_reader, reader_id, subscribe, the_link, view

WEEKLY = Choice()


def test_a_wish_becomes_one_mail_and_the_button_a_subscription(office: Office) -> None:
    subscribing.wish(office.mailbag, READER, Choice(Frequency.MONTHLY))
    assert office_reader(office, READER) is None, "the form does the same work for every address"
    office.run_jobs()
    assert view(office, READER).state == "unconfirmed"
    token = the_link(office, READER, "/subscribe/")
    subscribing.confirm(office.mailbag, token)
    subscribing.confirm(office.mailbag, token)
    reader = view(office, READER)
    assert (reader.state, reader.frequency, reader.takes_all) == ("confirmed", "monthly", True)
    assert (reader.consent_version, reader.consent_source) == ("1", "form")
    assert reader.events == ["subscription subscribed", "subscription confirmed"]


def test_spellings_of_one_address_are_one_subscriber(office: Office) -> None:
    subscribe(office, "Rita@Reader.Example")
    assert view(office, "rita@reader.example").state == "confirmed"
    assert len(office.server.sent) == 1


def test_an_address_that_no_mail_could_go_to_is_told_at_once(office: Office) -> None:
    with pytest.raises(BadAddress):
        subscribing.wish(office.mailbag, "nobody", WEEKLY)
    assert office.bells == []


def test_any_number_of_wishes_is_one_mail_a_day(office: Office) -> None:
    for _ in range(30):
        subscribing.wish(office.mailbag, READER, WEEKLY)
    office.run_jobs()
    assert len(office.server.to(READER)) == 1
    office.clock.pass_by(hours=25)
    subscribing.wish(office.mailbag, READER, WEEKLY)
    office.run_jobs()
    assert len(office.server.to(READER)) == 2


def test_a_wish_whose_bell_was_lost_is_taken_up_by_the_sweep(office: Office) -> None:
    subscribing.wish(office.mailbag, READER, WEEKLY)
    office.bells.clear()
    office.clock.pass_by(seconds=30)
    office.sweep()
    assert len(office.server.to(READER)) == 1


def test_what_nobody_confirms_is_forgotten_with_its_address(office: Office) -> None:
    subscribing.wish(office.mailbag, READER, WEEKLY)
    office.run_jobs()
    token = the_link(office, READER, "/subscribe/")
    office.clock.pass_by(days=3, hours=1)
    office.sweep()
    assert office_reader(office, READER) is None
    assert READER not in repr([(d.address, d.raw) for d in office.deliveries()])
    subscribing.confirm(office.mailbag, token)
    assert office_reader(office, READER) is None


def test_a_known_subscriber_changes_nothing_before_she_presses(office: Office) -> None:
    subscribe(office, READER)
    office.clock.pass_by(days=2)
    subscribing.wish(office.mailbag, READER, Choice(Frequency.DAILY))
    office.run_jobs()
    assert view(office, READER).frequency == "weekly"
    mail = office.server.to(READER)[-1].raw.replace(b"=\r\n", b"").decode()
    assert "already" in mail
    assert "/preferences/" in mail
    subscribing.confirm(office.mailbag, the_link(office, READER, "/subscribe/"))
    assert view(office, READER).frequency == "daily"


def test_a_letter_to_follow_is_added_to_what_comes_already(office: Office) -> None:
    subscribe(office, READER)
    office.clock.pass_by(days=2)
    question = office.ask()
    office.receive(office.reply())
    assert question.id is not None
    subscribe(office, READER, Choice(takes_all=False, questions=(question.id,)))
    reader = view(office, READER)
    assert reader.takes_all
    assert reader.questions == [question.id]


def test_an_old_link_does_not_undo_that_she_left(office: Office) -> None:
    token = subscribe(office, READER)
    unsubscribing.leave(office.mailbag, leave_token(office), how="link")
    subscribing.confirm(office.mailbag, token)
    assert view(office, READER).state == "unsubscribed"


def test_who_left_may_come_back_by_the_form(office: Office) -> None:
    subscribe(office, READER)
    unsubscribing.leave(office.mailbag, leave_token(office), how="link")
    office.clock.pass_by(days=2)
    subscribe(office, READER)
    assert view(office, READER).state == "confirmed"


def leave_token(office: Office) -> str:
    reader = office_reader(office, READER)
    assert reader is not None
    assert reader.id is not None
    return office.mailbag.links.unsubscribe(reader.id).rpartition("/")[2]


def preferences_token(office: Office, address: str = READER) -> str:
    reader = office_reader(office, address)
    assert reader is not None
    assert reader.id is not None
    return office.mailbag.links.preferences(reader.id).rpartition("/")[2]


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.ERASED])
def test_nothing_goes_to_a_suppressed_address_whoever_asks(office: Office, reason: SuppressionReason) -> None:
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, READER, reason)
    subscribing.wish(office.mailbag, READER, WEEKLY)
    office.run_jobs()
    assert office.server.sent == []
    assert office_reader(office, READER) is None, "the address is not stored anew"
    with office.mailbag.database.read() as tx:
        found = suppressing.find(office.mailbag, tx, READER)
        assert found is not None
        assert found.asked_at is not None


def test_erasing_leaves_a_digest_alone(office: Office) -> None:
    subscribe(office, READER)
    assert office_reader(office, READER)
    preferring.forget(office.mailbag, preferences_token(office))
    assert office_reader(office, READER) is None
    assert office_dump(office).count(READER) == 0
    with office.mailbag.database.read() as tx:
        found = suppressing.find(office.mailbag, tx, READER)
    assert found is not None
    assert found.reason is SuppressionReason.ERASED
    subscribing.wish(office.mailbag, READER, WEEKLY)
    office.run_jobs()
    assert len(office.server.sent) == 1, "only the mail from before"


def test_what_came_from_her_is_erased_with_her(office: Office) -> None:
    subscribe(office, READER)
    reader = office_reader(office, READER)
    assert reader is not None
    assert reader.id is not None
    raw = f"From: {READER}\r\nSubject: stop\r\nMessage-ID: <x@reader.example>\r\n\r\nPlease.\r\n".encode()
    token = preferences_token(office)
    office.receive(raw, to=office.mailbag.links.unsubscribe_address(reader.id), sender=READER)
    assert READER in office_dump(office)
    preferring.forget(office.mailbag, token)
    assert READER not in office_dump(office)


def office_dump(office: Office) -> str:
    """Every value of every row, mail decoded."""
    found: list[str] = []
    with office.mailbag.database.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.session.execute(table.select()):
                found += [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(found).replace("=\r\n", "")


# Another address.


def test_another_address_is_agreed_to_at_both(office: Office) -> None:
    subscribe(office, READER, Choice(Frequency.DAILY))
    preferring.ask_to_move(office.mailbag, preferences_token(office), "Rita@New.example")
    office.run_jobs()
    assert office.server.to("rita@new.example") == [], "not before the former one agrees"
    preferring.agree_to_move(office.mailbag, the_link(office, READER, "/move/"))
    office.run_jobs()
    assert view(office, READER).state == "confirmed"
    token = the_link(office, "rita@new.example", "/move/")
    preferring.agree_to_move(office.mailbag, token)
    preferring.agree_to_move(office.mailbag, token)
    assert office_reader(office, READER) is None
    moved = view(office, "rita@new.example")
    assert (moved.state, moved.frequency) == ("confirmed", "daily")


def test_moving_to_an_address_that_has_a_subscription_makes_one_of_two(office: Office) -> None:
    subscribe(office, READER, Choice(Frequency.DAILY))
    subscribe(office, "rita@new.example", Choice(Frequency.MONTHLY))
    preferring.ask_to_move(office.mailbag, preferences_token(office), "rita@new.example")
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, READER, "/move/"))
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, "rita@new.example", "/move/"))
    assert view(office, READER).state == "unsubscribed"
    assert view(office, "rita@new.example").frequency == "daily"


def test_the_former_address_alone_moves_nothing(office: Office) -> None:
    subscribe(office, READER)
    preferring.ask_to_move(office.mailbag, preferences_token(office), "mallory@evil.example")
    office.run_jobs()
    office.clock.pass_by(days=4)
    token = the_link(office, READER, "/move/")
    preferring.agree_to_move(office.mailbag, token)
    office.run_jobs()
    assert office.server.to("mallory@evil.example") == [], "the link is too old"


def test_nobody_moves_to_an_address_that_was_suppressed_meanwhile(office: Office) -> None:
    subscribe(office, READER)
    preferring.ask_to_move(office.mailbag, preferences_token(office), "rita@new.example")
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, READER, "/move/"))
    office.run_jobs()
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, "rita@new.example", SuppressionReason.COMPLAINT)
    preferring.agree_to_move(office.mailbag, the_link(office, "rita@new.example", "/move/"))
    assert view(office, READER).state == "confirmed"
    assert office_reader(office, "rita@new.example") is None


# Links.


def test_an_answer_to_the_mail_waits_for_an_editor(office: Office) -> None:
    subscribe(office)
    (delivery,) = [d for d in office.deliveries() if d.kind is DeliveryKind.SUBSCRIBE]
    raw = f"From: {READER}\r\nSubject: Re: letters\r\nMessage-ID: <a@reader.example>\r\n\r\nStop it!\r\n".encode()
    inbound_id = office.receive(raw, to=office.mailbag.links.reply_address(delivery), sender=READER)
    assert (office.inbound(inbound_id).state, office.inbound(inbound_id).reason) == ("held", "from-subscriber")


def test_every_link_of_a_mail_is_of_one_purpose(office: Office) -> None:
    subscribe(office, READER)
    reader = office_reader(office, READER)
    assert reader is not None
    token = the_link(office, READER, "/subscribe/")
    for other in (preferring.leave, preferring.forget, preferring.come_back):
        with pytest.raises(Exception, match="no such link"):
            other(office.mailbag, token)
    with pytest.raises(Exception, match="no such link"):
        unsubscribing.leave(office.mailbag, preferences_token(office), how="link")
    assert links_in(office.server.to(READER)[-1].raw)


def test_mail_to_an_asker_whose_address_came_back_for_good_stands_as_suppressed(office: Office) -> None:
    with office.mailbag.database.write() as tx:
        suppressing.suppress(
            office.mailbag, tx, BECKY, SuppressionReason.HARD_BOUNCE, detail=f"<{BECKY}>: no such user"
        )
    office.ask()
    (delivery,) = [d for d in office.deliveries() if d.kind is DeliveryKind.CONFIRM]
    assert (delivery.state, delivery.server_said) == ("suppressed", "suppressed: hard-bounce")
    assert office.server.to(BECKY) == []


@pytest.mark.parametrize("how", ["one click", "button", "forget"])
def test_who_leaves_while_her_row_is_written_by_another_has_left(
    office: Office, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """As freezing does, which notes how far she is."""
    subscribe(office)
    row_id = reader_id(office)
    find, changed = subscribers.by_id, []

    def overtaken(tx: Transaction, subscriber_id: int) -> Subscriber | None:
        found = find(tx, subscriber_id)
        if not changed:
            changed.append(1)
            with suppress(Unavailable), office.mailbag.database.write() as other:
                other.session.execute(update(tables.subscriber).values(version=tables.subscriber.c.version + 1))
        return found

    if office.mailbag.database.engine.dialect.name == "sqlite":
        pytest.skip("it has one writer at a time")
    monkeypatch.setattr(subscribers, "by_id", overtaken)
    signer = office.mailbag.links.signer
    if how == "one click":
        unsubscribing.leave(office.mailbag, signer.mint(Purpose.UNSUBSCRIBE, row_id), how="one-click")
    else:
        act = preferring.leave if how == "button" else preferring.forget
        act(office.mailbag, signer.mint(Purpose.PREFERENCES, row_id))
    with office.mailbag.database.read() as tx:
        left = find(tx, row_id)
    assert left is not None
    assert left.state == "unsubscribed"
