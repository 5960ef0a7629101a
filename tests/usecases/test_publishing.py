"""No text goes out that the policy has not let through, and none with a private address in it."""

from datetime import timedelta

import pytest

from app.domain.column import Publication
from app.domain.errors import ForbiddenTransition, NothingToPublish, PrivateText
from app.mail.programs import Program
from app.usecases import publishing
from tests.office import ANSWER, BECKY, GURU, Office, open_office
from tests.usecases.test_receiving import plain


def test_an_hour_of_hold_is_an_hour(database_url: str) -> None:
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        question = office.ask()
        office.receive(office.reply())
        assert office.question(question.id).state == "answered"
        office.clock.pass_by(minutes=59)
        office.sweep()
        assert office.question(question.id).state == "answered"
        office.clock.pass_by(minutes=2)
        office.sweep()
        assert office.question(question.id).state == "published"


def test_where_an_editor_approves_no_time_is_long_enough(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        office.clock.pass_by(days=365)
        office.sweep()
        assert office.question(question.id).state == "answered"
        assert question.id is not None
        publishing.publish_if_due(office.mailbag, question.id)
        assert office.question(question.id).state == "answered"
        publishing.approve(office.mailbag, question.id, None, by="Anna")
        assert office.question(question.id).state == "published"


def test_what_an_editor_changes_is_a_revision_in_her_name(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        assert question.id is not None
        publishing.approve(office.mailbag, question.id, "Shorter: rest.", by="Anna")
        assert office.question(question.id).text == "Shorter: rest."
        assert office.question(question.id).revisions == 2


def test_the_asker_gets_the_answer_and_the_link(office: Office) -> None:
    question = office.ask()
    office.receive(office.reply())
    mail = office.server.to(BECKY)[-1].raw
    path = office.question(question.id).path
    assert f"https://guru.example{path}".encode() in mail.replace(b"=\r\n", b"")


def test_the_expert_gets_a_receipt_with_every_word(office: Office) -> None:
    office.ask()
    office.receive(office.reply())
    receipt = next(d for d in office.deliveries() if d.kind == "receipt")
    assert receipt.address == GURU
    assert receipt.state == "sent"


def test_the_page_bears_the_day_in_the_columns_zone(office: Office) -> None:
    question = office.ask()
    office.receive(office.reply())
    assert office.question(question.id).path.startswith("/2026/11/22/i-ran-my-first-marathon-two-months-")


@pytest.mark.parametrize("address", [BECKY, GURU, GURU.upper()])
def test_a_private_address_in_the_answer_keeps_it_from_the_page(office: Office, address: str) -> None:
    question = office.ask()
    office.receive(plain(f"Rest, and then walk. Or write to me at {address} for more."))
    office.clock.pass_by(days=30)
    office.sweep()
    assert office.question(question.id).state == "answered"
    assert question.id is not None
    with pytest.raises(PrivateText):
        publishing.approve(office.mailbag, question.id, None, by="Anna")
    publishing.approve(office.mailbag, question.id, "Rest, and then walk.", by="Anna")
    assert office.question(question.id).state == "published"


def test_our_own_reply_address_is_private_too(office: Office) -> None:
    question = office.ask()
    office.receive(plain(f"Write to {office.reply_address()} and not to anybody else."))
    assert office.question(question.id).state == "answered"


def test_a_blank_text_is_never_published(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        assert question.id is not None
        with pytest.raises(NothingToPublish):
            publishing.approve(office.mailbag, question.id, "  \n", by="Anna")
        assert office.question(question.id).state == "answered"
        assert office.question(question.id).revisions == 1, "nothing of the refused text stays"


def test_sent_back_the_expert_simply_replies_again(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        assert question.id is not None
        publishing.send_back(office.mailbag, question.id, "A word about shoes, please?", by="Anna")
        office.run_jobs()
        assert office.question(question.id).state == "assigned"
        assert b"A word about shoes, please?" in office.server.to(GURU)[-1].raw
        office.receive(office.reply("Buy new shoes, and then rest."))
        assert office.question(question.id).state == "answered"
        assert office.question(question.id).text == "Buy new shoes, and then rest."
        assert office.question(question.id).revisions == 2


@pytest.mark.parametrize("program", Program)
def test_sent_back_she_may_repeat_her_answer_with_one_change(database_url: str, program: Program) -> None:
    """Our mail quoted her answer; what she writes anew, word for word the same, is still hers."""
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        assert question.id is not None
        publishing.send_back(office.mailbag, question.id, "A word about shoes, please?", by="Anna")
        office.run_jobs()
        changed = ANSWER.replace("I wouldn’t run.", "I wouldn’t run, and buy new shoes.")
        office.receive(office.reply(changed, program))
        assert office.question(question.id).text.split() == changed.split()


def test_a_reply_to_the_first_mail_serves_after_sending_back(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        first = office.reply_address()
        office.receive(office.reply(ANSWER))
        assert question.id is not None
        publishing.send_back(office.mailbag, question.id, "", by="Anna")
        office.receive(plain("Buy new shoes, and then rest."), to=first)
        assert office.question(question.id).text == "Buy new shoes, and then rest."


def test_publishing_twice_is_refused(office: Office) -> None:
    question = office.ask()
    office.receive(office.reply())
    assert question.id is not None
    with pytest.raises(ForbiddenTransition):
        publishing.approve(office.mailbag, question.id, None, by="Anna")
    publishing.publish_if_due(office.mailbag, question.id)
    assert len([d for d in office.deliveries() if d.kind == "answered"]) == 1
