"""Each mail goes out once; a retry is the same bytes; what is uncertain waits for a person."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app import jobs
from app.domain.errors import ForbiddenTransition
from app.domain.mail import Delivery
from app.mail.transport import Fate, Handover
from app.store import mail
from app.usecases import asking, delivering, settling
from app.usecases.settling import Fact, Report
from tests.office import BECKY, Office, open_office

LATER = Handover(Fate.LATER, "451 4.7.1 Greylisted")
REFUSED = Handover(Fate.REFUSED, "550 5.1.1 No such user")
UNKNOWN = Handover(Fate.UNKNOWN, "no answer after the message")


@pytest.fixture
def delivery(office: Office) -> Delivery:
    asking.submit(office.mailbag, office.letter())
    return office.deliveries()[0]


def state(office: Office) -> tuple[str, bool]:
    delivery = office.deliveries()[0]
    return delivery.state, delivery.is_doubtful


def test_a_mail_is_queued_with_its_message_id_and_rung(office: Office, delivery: Delivery) -> None:
    assert office.bells == [(jobs.DELIVER, delivery.id)]
    assert delivery.message_id.endswith("@column.example>")
    assert BECKY.partition("@")[0] not in delivery.message_id


def test_what_the_next_server_takes_is_sent(office: Office, delivery: Delivery) -> None:
    office.run_jobs()
    sent = office.deliveries()[0]
    assert sent.state == "sent"
    assert sent.server_said == "250 2.0.0 Ok"
    assert sent.raw == office.server.sent[0].raw, "the exact bytes are kept"


def test_ringing_again_sends_nothing(office: Office, delivery: Delivery) -> None:
    office.bells *= 3
    office.run_jobs()
    assert len(office.server.sent) == 1


def test_of_many_workers_one_sends(office: Office, delivery: Delivery) -> None:
    assert delivery.id is not None
    workers = [threading.Thread(target=delivering.deliver, args=(office.mailbag, delivery.id)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(office.server.sent) == 1


def test_a_temporary_failure_is_tried_again_later_with_the_same_bytes(office: Office, delivery: Delivery) -> None:
    office.server.answers = [LATER, UNKNOWN]
    office.run_jobs()
    assert state(office) == ("queued", False)
    first = office.deliveries()[0].raw
    office.sweep()
    assert office.deliveries()[0].attempts == 1, "not before its time"
    office.clock.pass_by(minutes=2)
    office.sweep()
    assert office.deliveries()[0].attempts == 2
    assert office.server.sent[0].raw == first


def test_the_waits_grow_and_the_end_is_a_failure(database_url: str) -> None:
    with open_office(database_url, time_to_confirm=timedelta(days=30)) as office:
        asking.submit(office.mailbag, office.letter())
        office.server.answers = [LATER] * delivering.ATTEMPTS
        office.run_jobs()
        for _ in range(delivering.ATTEMPTS - 1):
            office.clock.pass_by(hours=6)
            office.sweep()
        assert state(office) == ("failed", False)
    waits = [delivering.wait_after(attempts) for attempts in range(1, delivering.ATTEMPTS)]
    assert waits == sorted(waits)
    assert sum(wait.total_seconds() for wait in waits) > 4 * 24 * 3600, "RFC 5321, 4.5.4.1: four to five days"


def test_a_refused_mail_fails_with_what_the_server_said(office: Office, delivery: Delivery) -> None:
    office.server.answers = [REFUSED]
    office.run_jobs()
    assert state(office) == ("failed", False)
    assert office.deliveries()[0].server_said == "550 5.1.1 No such user"


def test_a_lost_answer_is_doubtful_and_never_sent_again_by_itself(office: Office, delivery: Delivery) -> None:
    office.server.answers = [UNKNOWN]
    office.run_jobs()
    assert state(office) == ("sending", True)
    office.clock.pass_by(days=2)
    office.sweep()
    assert len(office.server.sent) == 1


def test_a_worker_that_died_leaves_a_doubtful_mail(office: Office, delivery: Delivery) -> None:
    def die(*args: object, **kwargs: object) -> Handover:
        raise KeyboardInterrupt

    office.server.hand_over = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        office.run_jobs()
    assert state(office) == ("sending", False)
    office.sweep()
    assert state(office) == ("sending", False), "it may still be on its way"
    office.clock.pass_by(minutes=11)
    office.sweep()
    assert state(office) == ("sending", True)


def test_an_editor_may_send_it_again_as_the_same_message(office: Office, delivery: Delivery) -> None:
    office.server.answers = [UNKNOWN]
    office.run_jobs()
    assert delivery.id is not None
    delivering.send_again(office.mailbag, delivery.id, by="Anna")
    office.run_jobs()
    assert state(office) == ("sent", False)
    assert office.server.sent[0].raw == office.server.sent[1].raw


def test_an_editor_may_say_that_it_arrived(office: Office, delivery: Delivery) -> None:
    office.server.answers = [UNKNOWN]
    office.run_jobs()
    assert delivery.id is not None
    delivering.call_it_sent(office.mailbag, delivery.id, by="Anna")
    assert state(office) == ("sent", False)
    with pytest.raises(ForbiddenTransition):
        delivering.send_again(office.mailbag, delivery.id, by="Anna")


@pytest.mark.parametrize("act", [delivering.send_again, delivering.call_it_sent])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_press_while_it_is_handed_over_is_refused(
    office: Office, delivery: Delivery, act: Callable[..., None]
) -> None:
    office.server.answers = [UNKNOWN]
    office.run_jobs()
    assert delivery.id is not None
    delivering.send_again(office.mailbag, delivery.id, by="Anna")
    hand_over, refused = office.server.hand_over, []

    def pressed_meanwhile(message: bytes, *, sender: str, recipient: str) -> Handover:
        with pytest.raises(ForbiddenTransition) as caught:
            act(office.mailbag, delivery.id, by="Anna")
        refused.append(caught.value)
        return hand_over(message, sender=sender, recipient=recipient)

    office.server.hand_over = pressed_meanwhile  # type: ignore[method-assign]
    office.run_jobs()
    assert len(refused) == 1
    assert len(office.server.sent) == 2, "the doubtful one, and the one that an editor risked"
    assert state(office) == ("sent", False)


def test_what_failed_is_put_away_once_it_was_seen(office: Office, delivery: Delivery) -> None:
    office.server.answers = [REFUSED]
    office.run_jobs()
    assert delivery.id is not None
    with office.mailbag.database.read() as tx:
        assert len(mail.troubled_deliveries(tx)) == 1
    delivering.put_away(office.mailbag, delivery.id, by="Anna")
    with office.mailbag.database.read() as tx:
        assert mail.troubled_deliveries(tx) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sent_again_it_bears_nothing_of_the_time_before(office: Office, delivery: Delivery) -> None:
    office.run_jobs()
    assert delivery.id is not None
    settling.settle(
        office.mailbag, Report(Fact.BOUNCED, by="ses", message_id=delivery.message_id, detail="mailbox full")
    )
    assert office.deliveries()[0].bounce_reason == "mailbox-full"
    delivering.put_away(office.mailbag, delivery.id, by="Anna")
    delivering.send_again(office.mailbag, delivery.id, by="Anna")
    office.server.answers = [REFUSED]
    office.run_jobs()
    with office.mailbag.database.read() as tx:
        (shown,) = mail.troubled_deliveries(tx)
    assert (shown.state, shown.bounce_kind, shown.bounce_reason) == ("failed", None, "")


def test_what_is_doubtful_is_not_put_away(office: Office, delivery: Delivery) -> None:
    office.server.answers = [UNKNOWN]
    office.run_jobs()
    assert delivery.id is not None
    with pytest.raises(ForbiddenTransition):
        delivering.put_away(office.mailbag, delivery.id, by="Anna")


def test_sent_again_by_hand_it_has_all_its_tries_again(database_url: str) -> None:
    with open_office(database_url, time_to_confirm=timedelta(days=30)) as office:
        asking.submit(office.mailbag, office.letter())
        office.server.answers = [LATER] * (delivering.ATTEMPTS + 1)
        office.run_jobs()
        for _ in range(delivering.ATTEMPTS - 1):
            office.clock.pass_by(hours=6)
            office.sweep()
        delivering.send_again(office.mailbag, 1, by="Anna")
        office.run_jobs()
        assert state(office) == ("queued", False)


def test_a_mail_that_breaks_the_rules_is_not_sent(office: Office, delivery: Delivery) -> None:
    with office.mailbag.database.write() as tx:
        found = tx.session.get(Delivery, delivery.id)
        assert found is not None
        found.raw = b"From: a@b.example\r\nBcc: evil@x.example\r\n\r\nhello\r\n"
    office.run_jobs()
    assert state(office) == ("failed", False)
    assert "header-" in office.deliveries()[0].server_said
    assert office.server.sent == []


def test_a_mail_that_cannot_be_composed_is_shown_not_tried_for_ever(office: Office, delivery: Delivery) -> None:
    with office.mailbag.database.write() as tx:
        found = tx.session.get(Delivery, delivery.id)
        assert found is not None
        found.question = None
    office.run_jobs()
    assert state(office) == ("failed", False)
    assert office.deliveries()[0].server_said.startswith("not fit to be sent")


def test_a_lost_doorbell_is_rung_by_the_sweep(office: Office, delivery: Delivery) -> None:
    office.bells.clear()
    office.sweep()
    assert state(office) == ("queued", False), "its bell may still be answered"
    office.clock.pass_by(seconds=11)
    office.sweep()
    assert state(office) == ("sent", False)
