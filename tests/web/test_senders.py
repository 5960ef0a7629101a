"""The desk about who writes: reasons in words, one-button decisions, and what is remembered of them."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.mail.authenticate import Border
from tests.office import GURU, Office, open_office
from tests.usecases.test_forgery import NAME, pin_hers, signed
from tests.usecases.test_guessing import guesses, is_welcome
from tests.usecases.test_was_it_you import HOME, aliases, asked, from_home, unproven
from tests.web.test_desk import press, signed_in


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url, Border((NAME,))) as opened:
        pin_hers(opened)
        opened.ask()
        yield opened


@pytest.fixture
def desk(office: Office) -> FlaskClient:
    return signed_in(office)


def test_an_alarm_stands_first_and_says_what_is_wrong(office: Office, desk: FlaskClient) -> None:
    to = office.reply_address()
    office.receive(signed(to).replace(b"dmarc=pass", b"dmarc=fail"), to=to)
    office.receive(unproven(to, "Something else.").replace(b"<one@", b"<two@"), to=to)
    queue = desk.get("/desk/").text
    assert queue.index("Alarm: forged, by all that can be told") < queue.index("nothing proves that it is from her")
    page = desk.get("/desk/mail/1").text
    assert 'role="alert"' in page
    assert "refuted: the domain in From did not send this" in page
    assert "signed by clinic.example" in page


def test_the_expert_is_asked_by_a_button(office: Office, desk: FlaskClient) -> None:
    to = office.reply_address()
    office.receive(signed(to).replace(b"dmarc=pass", b"dmarc=fail"), to=to)
    assert "Asked." in press(desk, "/desk/mail/1", "/desk/mail/1/ask")
    office.run_jobs()
    assert len(asked(office)) == 1


def test_an_address_is_learned_and_unlearned_by_a_button(office: Office, desk: FlaskClient) -> None:
    to = office.reply_address()
    office.receive(from_home(to), to=to, sender=HOME)
    page = desk.get("/desk/mail/1").text
    assert "known to others since" in page
    assert "proven: signed by home.example" in page
    assert "Learned:" in press(desk, "/desk/mail/1", "/desk/mail/1/learn")
    assert aliases(office) == [HOME]
    assert office.question(1).state == "answered"
    assert HOME in desk.get("/desk/senders").text
    assert "held again" in press(desk, "/desk/senders", "/desk/experts/1/aliases/1/forget")
    assert aliases(office) == []


def test_what_is_known_of_her_mail_starts_anew(office: Office, desk: FlaskClient) -> None:
    assert "signed by clinic.example" in desk.get("/desk/senders").text
    press(desk, "/desk/senders", "/desk/experts/1/forget-profile")
    assert "nothing known yet" in desk.get("/desk/senders").text


def test_likewise_is_remembered_shown_and_forgotten(office: Office, desk: FlaskClient) -> None:
    to = "column@column.example"
    office.receive(from_home(to), to=to, sender=HOME)
    assert f"Later mail of {HOME}: likewise" in desk.get("/desk/mail/1").text
    press(desk, "/desk/mail/1", "/desk/mail/1/discard", likewise="yes")
    later = office.receive(from_home(to, "Once more.", "<2@home.example>"), to=to, sender=HOME)
    assert office.inbound(later).reason == "by-rule"
    assert HOME in desk.get("/desk/senders").text
    assert "Forgotten." in press(desk, "/desk/senders", "/desk/senders/1/forget")
    assert HOME not in desk.get("/desk/senders").text


def test_likewise_is_not_offered_for_an_address_of_hers(office: Office, desk: FlaskClient) -> None:
    to = office.reply_address()
    office.receive(unproven(to), to=to)
    assert f"Later mail of {GURU}" not in desk.get("/desk/mail/1").text


def test_a_guess_by_the_thread_is_attached_by_one_click(office: Office, desk: FlaskClient) -> None:
    ours = office.deliveries()[1].message_id
    raw = signed("column@column.example").replace(b"Subject:", f"In-Reply-To: {ours}\r\nSubject:".encode())
    office.receive(raw, to="column@column.example")
    page = desk.get("/desk/mail/1").text
    assert "answers a mail that we sent her" in page
    assert "Perhaps about" in page
    assert "Attached." in press(desk, "/desk/mail/1", "/desk/mail/1/attach", question="1")
    assert office.question(1).state == "answered"


def test_guessing_is_seen(office: Office, desk: FlaskClient) -> None:
    assert "tries out reply addresses" not in desk.get("/desk/").text
    for guess in guesses(101):
        is_welcome(office, guess)
    assert "Somebody tries out reply addresses" in desk.get("/desk/").text
