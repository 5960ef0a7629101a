"""What each provider posts of a mail of ours, from HTTP to the state of the Delivery."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete
from werkzeug.test import TestResponse

from app.domain.mail import Delivery, DeliveryState
from app.store import tables
from app.usecases.settling import Fact
from tests.ingress import posts
from tests.ingress.posts import REPORTS, Post, Told
from tests.office import GURU, NOON, Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Send = Callable[[Post], TestResponse]
BY_PROVIDER = pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
STATES = {Fact.ARRIVED: "delivered", Fact.BOUNCED: "bounced", Fact.COMPLAINED: "complained", Fact.DELAYED: "sent"}


def of_the_question(office: Office, *facts: Fact) -> list[Told]:
    """As the provider would tell it of the mail that went to the expert."""
    delivery = the_delivery(office)
    bounce_address = office.server.to(GURU)[-1].envelope.sender
    return [Told(fact, delivery.message_id, bounce_address) for fact in facts]


def the_delivery(office: Office) -> Delivery:
    return next(delivery for delivery in office.deliveries() if delivery.address == GURU)


def put_back(office: Office) -> None:
    """As it was when its 250 came."""
    with office.mailbag.database.write() as tx:
        tx.session.execute(tables.delivery.update().values(state=DeliveryState.SENT))
        tx.session.execute(delete(tables.event))
        tx.session.execute(delete(tables.nonce))


@BY_PROVIDER
def test_what_a_provider_tells_settles_the_mail(office: Office, post: Send, make: Callable[[Told], Post]) -> None:
    office.ask()
    for told in of_the_question(office, *Fact):
        put_back(office)
        answer = post(make(told))
        assert (answer.status_code, answer.text) == (200, "1 changed.\n")
        assert the_delivery(office).state == STATES[told.fact]
        assert post(make(told)).text == "1 unchanged.\n"


@BY_PROVIDER
def test_in_every_order_it_ends_the_same(office: Office, post: Send, make: Callable[[Told], Post]) -> None:
    office.ask()
    for order in itertools.permutations(of_the_question(office, *Fact)):
        put_back(office)
        assert [post(make(told)).status_code for told in order] == [200] * 4
        assert the_delivery(office).state == "complained"
    for order in itertools.permutations(of_the_question(office, Fact.ARRIVED, Fact.BOUNCED, Fact.DELAYED)):
        put_back(office)
        assert [post(make(told)).status_code for told in order] == [200] * 3
        assert the_delivery(office).state == "bounced"


@BY_PROVIDER
def test_of_a_mail_that_is_not_ours_nothing_is_known(office: Office, post: Send, make: Callable[[Told], Post]) -> None:
    """It is about the same person: her address alone proves nothing."""
    office.ask()
    answer = post(make(Told(Fact.BOUNCED, "<another@column.example>", "newsletter@column.example")))
    assert (answer.status_code, answer.text) == (200, "1 unknown.\n")
    assert the_delivery(office).state == "sent"


def test_a_batch_is_settled_one_by_one(office: Office, post: Send) -> None:
    office.ask()
    told = of_the_question(office, Fact.ARRIVED, Fact.DELAYED)
    stranger = Told(Fact.BOUNCED, "<another@else.example>", "")
    assert post(posts.sendgrid_report(*told, stranger, told[0])).text == "2 changed, 1 unchanged, 1 unknown.\n"


def test_mailguns_token_lets_no_other_report_in(office: Office, post: Send) -> None:
    """Its signature covers the token alone: whoever has seen one could put other words to it."""
    office.ask()
    arrived, bounced = of_the_question(office, Fact.ARRIVED, Fact.BOUNCED)
    seen = posts.mailgun_report(arrived)
    assert post(seen).status_code == 200
    forged = json.loads(posts.mailgun_report(bounced).body) | {"signature": json.loads(seen.body)["signature"]}
    assert post(seen.but(body=json.dumps(forged).encode())).status_code == 403
    assert the_delivery(office).state == "delivered"


def test_events_of_ses_are_read_in_both_their_forms(office: Office, post: Send) -> None:
    office.ask()
    (told,) = of_the_question(office, Fact.BOUNCED)
    assert post(posts.ses_report(told, "eventType")).text == "1 changed.\n"
    assert the_delivery(office).server_said == "bounced: smtp; 550 5.1.1"


def test_postmark_brings_back_what_went_out_in_the_header(office: Office, post: Send) -> None:
    """It reports neither our Message-ID nor our envelope sender."""
    office.mailbag.composer._for_postmark = True
    office.ask()
    raw = office.server.to(GURU)[-1].raw
    (name,) = [line.split(b": ")[1] for line in raw.split(b"\r\n") if line.startswith(b"X-PM-Metadata-mailbag: ")]
    assert b"\r\nX-PM-KeepID: true\r\n" in raw
    assert len(name) <= 80
    assert post(posts.postmark_report(Told(Fact.BOUNCED, name.decode(), ""))).text == "1 changed.\n"


def test_a_report_that_is_old_is_not_believed(office: Office, post: Send) -> None:
    office.ask()
    (told,) = of_the_question(office, Fact.BOUNCED)
    old = Told(told.fact, told.message_id, told.sender, at=NOON - timedelta(days=4))
    for name in ("mailgun", "sendgrid", "ses"):
        assert post(REPORTS[name](old)).status_code == 401
    assert the_delivery(office).state == "sent"
