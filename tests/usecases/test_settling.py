"""What a provider tells settles the mail it is about, whichever report comes first and however often."""

import itertools
from collections.abc import Iterable

import pytest

from app.domain.errors import Conflict, ForbiddenTransition
from app.domain.event import Action
from app.domain.mail import Delivery, DeliveryState, Once
from app.mail.transport import Fate, Handover
from app.store import mail
from app.usecases import delivering, settling
from app.usecases.settling import Fact, Report, Settled
from tests.office import ANNA, GURU, Office

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def question_mail(office: Office) -> Delivery:
    office.ask()
    return next(delivery for delivery in office.deliveries() if delivery.address == GURU)


def again(office: Office, delivery: Delivery) -> Delivery:
    return next(one for one in office.deliveries() if one.id == delivery.id)


def tell(office: Office, delivery: Delivery, *facts: Fact, detail: str = "550 5.1.1 no such user") -> list[Settled]:
    reports = [Report(fact, by="mailgun", message_id=delivery.message_id, detail=detail) for fact in facts]
    return [settling.settle(office.mailbag, report) for report in reports]


def events(office: Office, delivery: Delivery) -> list[str]:
    with office.mailbag.database.read() as tx:
        found = mail.delivery_by_id(tx, delivery.id or 0)
        assert found is not None
        return [event.name for event in found.events]


@ON_SQLITE
@pytest.mark.parametrize(
    ("fact", "state"),
    [(Fact.ARRIVED, "delivered"), (Fact.BOUNCED, "bounced"), (Fact.COMPLAINED, "complained"), (Fact.DELAYED, "sent")],
)
def test_each_fact_has_its_state_and_leaves_an_event(office: Office, fact: Fact, state: str) -> None:
    delivery = question_mail(office)
    before = len(events(office, delivery))
    assert tell(office, delivery, fact) == [Settled.CHANGED]
    assert again(office, delivery).state == state
    assert len(events(office, delivery)) == before + 1
    assert tell(office, delivery, fact) == [Settled.UNCHANGED]
    assert len(events(office, delivery)) == before + 1, "told again, nothing is written"


@ON_SQLITE
def test_the_desk_shows_why_a_mail_came_back(office: Office) -> None:
    delivery = question_mail(office)
    tell(office, delivery, Fact.BOUNCED)
    with office.mailbag.database.read() as tx:
        assert [one.server_said for one in mail.troubled_deliveries(tx)] == ["bounced: 550 5.1.1 no such user"]


@ON_SQLITE
def test_every_reason_of_a_delay_is_noted_once(office: Office) -> None:
    delivery = question_mail(office)
    for reason in ("greylisted", "greylisted", "mailbox full", "greylisted"):
        tell(office, delivery, Fact.DELAYED, detail=reason)
    assert events(office, delivery).count("delivery delayed") == 2


# In any order.


def orders() -> Iterable[tuple[object, ...]]:
    """Our own 250, and everything that a provider may tell, in every order; what came first comes again."""
    settling_ones = ["250", Fact.ARRIVED, Fact.BOUNCED, Fact.COMPLAINED]
    for length in (1, 2, 3, 4):
        yield from itertools.permutations(settling_ones, length)
    yield from itertools.permutations([Fact.DELAYED, Fact.ARRIVED, Fact.BOUNCED])


GRAVEST = [(Fact.COMPLAINED, "complained"), (Fact.BOUNCED, "bounced"), (Fact.ARRIVED, "delivered"), ("250", "sent")]


@ON_SQLITE
def test_the_gravest_report_stays_whatever_the_order(office: Office) -> None:
    """One mail is put back to the moment before its 250, and told everything again in another order."""
    delivery = question_mail(office)
    for order in orders():
        with office.mailbag.database.write() as tx:
            one = mail.delivery_by_id(tx, delivery.id or 0)
            assert one is not None
            one.state, one.events, one.is_doubtful, one.sent_at = DeliveryState.SENDING, [], False, None
        for told in (*order, order[0]):
            if isinstance(told, Fact):
                tell(office, delivery, told)
                continue
            with office.mailbag.database.write() as tx:
                one = mail.delivery_by_id(tx, delivery.id or 0)
                assert one is not None
                delivering._settle(office.mailbag, one, Handover(Fate.TAKEN, "250 2.0.0 Ok"))
        expected = next((state for told, state in GRAVEST if told in order), "sending")
        after = again(office, delivery)
        assert after.state == expected, order
        assert (after.sent_at is None) == (expected == "sending"), order


@ON_SQLITE
def test_a_mail_that_we_were_in_doubt_about_is_in_doubt_no_more(office: Office) -> None:
    office.server.answers = [Handover(Fate.TAKEN, "250"), Handover(Fate.UNKNOWN, "no answer")]
    delivery = question_mail(office)
    assert (delivery.state, delivery.is_doubtful) == ("sending", True)
    tell(office, delivery, Fact.ARRIVED)
    after = again(office, delivery)
    assert (after.state, after.is_doubtful) == ("delivered", False)


def test_what_is_told_while_we_wait_for_the_250_is_not_undone_by_it(office: Office) -> None:
    """A fast provider calls before our own transaction is through."""
    hand_over = office.server.hand_over

    def told_first(message: bytes, *, sender: str, recipient: str) -> Handover:
        if recipient == GURU:
            settling.settle(office.mailbag, Report(Fact.BOUNCED, by="ses", sender=sender))
        return hand_over(message, sender=sender, recipient=recipient)

    office.server.hand_over = told_first  # type: ignore[method-assign]
    assert question_mail(office).state == "bounced"


# Of which mail.


@ON_SQLITE
def test_a_mail_is_known_by_its_message_id_or_its_envelope_sender(office: Office) -> None:
    delivery = question_mail(office)
    bare = delivery.message_id.strip("<>")
    bounce_address = office.mailbag.links.bounce_address(delivery)
    for message_id, sender in (
        (f" {delivery.message_id} ", ""),
        (bare, ""),
        (bare.partition("@")[0], ""),
        ("", bounce_address),
        ("", bounce_address.upper()),
        ("<0100014644fe5ef6@email.amazonses.com>", bounce_address),
        (delivery.message_id, "column@column.example"),
    ):
        report = Report(Fact.DELAYED, by="ses", message_id=message_id, sender=sender, detail=f"{message_id}{sender}")
        assert settling.settle(office.mailbag, report) is Settled.CHANGED


def test_what_is_no_mail_of_ours_is_let_be(office: Office) -> None:
    delivery = question_mail(office)
    other = next(one for one in office.deliveries() if one.address != GURU)
    reply_address = office.mailbag.links.reply_address(delivery)
    mistyped = office.mailbag.links.bounce_address(delivery).replace("@", "0@")
    before = [one.state for one in office.deliveries()]
    for message_id, sender in (
        ("", ""),
        ("<>", ""),
        ("<invented@column.example>", ""),
        ("", reply_address),
        ("", mistyped),
        ("", GURU),
        (delivery.message_id, office.mailbag.links.bounce_address(other)),
    ):
        report = Report(Fact.BOUNCED, by="ses", message_id=message_id, sender=sender)
        assert settling.settle(office.mailbag, report) is Settled.UNKNOWN
    assert [one.state for one in office.deliveries()] == before


@ON_SQLITE
def test_a_mail_that_never_went_out_cannot_have_arrived(office: Office) -> None:
    office.server.answers = [Handover(Fate.TAKEN, "250"), Handover(Fate.REFUSED, "550 no")]
    delivery = question_mail(office)
    assert tell(office, delivery, *Fact) == [
        Settled.CHANGED if fact is Fact.DELAYED else Settled.UNCHANGED for fact in Fact
    ]
    assert again(office, delivery).state == "failed"


# Once.


def test_a_nonce_settles_one_thing(office: Office) -> None:
    delivery = question_mail(office)
    once = Once("mailgun", "1" * 64, "2" * 64)
    arrived = Report(Fact.ARRIVED, by="mailgun", message_id=delivery.message_id)
    assert settling.settle(office.mailbag, arrived, once=once) is Settled.CHANGED
    assert settling.settle(office.mailbag, arrived, once=once) is Settled.UNCHANGED
    with pytest.raises(Conflict):
        settling.settle(office.mailbag, arrived, once=Once("mailgun", "1" * 64, "3" * 64))


def test_two_reports_at_the_same_time_are_both_heard(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one finds the row changed beneath it, and looks again."""
    delivery = question_mail(office)
    found = settling._advance
    others = [Fact.ARRIVED]

    def with_another_first(*arguments: object) -> Settled:
        if others and office.mailbag.database.engine.dialect.name == "postgresql":
            tell(office, delivery, others.pop())
        return found(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "_advance", with_another_first)
    assert tell(office, delivery, Fact.BOUNCED) == [Settled.CHANGED]
    assert again(office, delivery).state == "bounced"


@ON_SQLITE
def test_an_editor_may_put_away_what_was_told(office: Office) -> None:
    delivery = question_mail(office)
    tell(office, delivery, Fact.BOUNCED)
    assert delivery.id is not None
    delivering.put_away(office.mailbag, delivery.id, by=ANNA)
    with office.mailbag.database.read() as tx:
        assert mail.troubled_deliveries(tx) == []


@ON_SQLITE
def test_a_complaint_about_what_was_put_away_is_shown(office: Office) -> None:
    delivery = question_mail(office)
    tell(office, delivery, Fact.BOUNCED)
    assert delivery.id is not None
    delivering.put_away(office.mailbag, delivery.id, by=ANNA)
    tell(office, delivery, Fact.COMPLAINED, detail="abuse")
    with office.mailbag.database.read() as tx:
        (shown,) = mail.troubled_deliveries(tx)
    assert (shown.state, shown.server_said, shown.bounce_kind) == ("complained", "complained: abuse", None)


@ON_SQLITE
@pytest.mark.parametrize(
    ("detail", "kind", "reason"),
    [
        ("550 5.1.1 no such user", "hard", "unknown-user"),
        ("Permanent, General", "hard", ""),
        ("", "hard", ""),
        ("552 5.2.2 mailbox full", "soft", "mailbox-full"),
    ],
)
def test_what_came_back_for_good_is_not_sent_again(office: Office, detail: str, kind: str, reason: str) -> None:
    delivery = question_mail(office)
    tell(office, delivery, Fact.BOUNCED, detail=detail)
    after = again(office, delivery)
    assert (after.bounce_kind, after.bounce_reason) == (kind, reason)
    assert after.may_go_again == (kind == "soft")
    assert delivery.id is not None
    if kind == "hard":
        with pytest.raises(ForbiddenTransition):
            delivering.send_again(office.mailbag, delivery.id, by=ANNA)


def test_only_these_ways_lead_on_from_a_mail_that_came_back() -> None:
    ways = {action for state, action in Delivery.TRANSITIONS if state is DeliveryState.BOUNCED}
    assert ways == {Action.COMPLAIN, Action.RETRY}
    assert not [action for state, action in Delivery.TRANSITIONS if state is DeliveryState.COMPLAINED]
