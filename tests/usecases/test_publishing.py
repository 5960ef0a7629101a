"""No text goes out that the policy has not let through, and none with a private address in it."""

from datetime import timedelta

import pytest

from app.domain.column import Publication
from app.domain.errors import Conflict, ForbiddenTransition, NothingToPublish, PrivateText
from app.domain.question import Question
from app.mail.programs import Program
from app.store import people
from app.usecases import holding, publishing, routing, staffing
from tests.office import ANSWER, BECKY, GURU, Office, open_office
from tests.usecases.test_receiving import plain

TWO = "two@clinic.example"


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


@pytest.mark.parametrize("address", [BECKY, GURU, GURU.upper(), f"'{GURU}'", f"_{BECKY}_", f"...{GURU}"])
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


def second_expert(office: Office) -> int:
    staffing.add_expert(office.mailbag, "Dr Two", TWO)
    with office.mailbag.database.write() as tx:
        found = people.expert_named(tx, "Dr Two")
        assert found.id is not None
        return found.id


def answered_by(office: Office, question_id: int | None) -> str:
    with office.mailbag.database.read() as tx:
        found = tx.session.get(Question, question_id)
        assert found is not None
        assert found.answer is not None
        return found.answer.expert.public_name


def test_words_are_printed_under_the_name_of_who_wrote_them(database_url: str) -> None:
    """Answered, sent back, taken back, given to another expert, answered by her."""
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        two = second_expert(office)
        office.receive(office.reply())
        assert question.id is not None
        publishing.send_back(office.mailbag, question.id, "And shoes?", by="Anna")
        routing.unassign(office.mailbag, question.id, by="Anna")
        routing.assign(office.mailbag, question.id, two, by="Anna")
        office.run_jobs()
        receipts = len(office.server.to(GURU))
        office.receive(plain("I am the second one: walk.", sender=TWO), sender=TWO)
        assert answered_by(office, question.id) == "Dr Two"
        assert len(office.server.to(GURU)) == receipts, "her receipt is not his"
        assert b"second one" in office.server.to(TWO)[-1].raw


def test_a_late_reply_that_is_attached_stays_its_writers(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        raw, to = office.reply(), office.reply_address()
        two = second_expert(office)
        assert question.id is not None
        routing.unassign(office.mailbag, question.id, by="Anna")
        routing.assign(office.mailbag, question.id, two, by="Anna")
        late = office.receive(raw, to=to)
        holding.attach(office.mailbag, late, question.id, by="Anna")
        assert answered_by(office, question.id) == "The Guru"
        assert office.question(question.id).assignments == ["cancelled", "cancelled"]


def test_a_late_reply_to_a_question_that_was_taken_back_can_be_attached(office: Office) -> None:
    question = office.ask()
    raw, to = office.reply(), office.reply_address()
    assert question.id is not None
    routing.unassign(office.mailbag, question.id, by="Anna")
    late = office.receive(raw, to=to)
    holding.attach(office.mailbag, late, question.id, by="Anna")
    assert office.question(question.id).state == "answered"
    assert len(office.server.to(GURU)) == 1, "and nobody is written to again"


def test_an_editor_approves_what_she_has_seen_and_nothing_else(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        other = office.receive(plain("Quite another text.", sender="guru@home.example"))
        assert question.id is not None
        holding.attach(office.mailbag, other, question.id, by="Olga")
        with pytest.raises(Conflict):
            publishing.approve(office.mailbag, question.id, ANSWER, by="Anna", seen=1)
        assert office.question(question.id).state == "answered"


def test_a_second_word_of_hers_stops_the_clock(database_url: str) -> None:
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        question = office.ask()
        office.receive(office.reply())
        receipt = next(d for d in office.deliveries() if d.kind == "receipt")
        office.receive(plain("STOP, that was wrong."), to=office.mailbag.links.reply_address(receipt))
        office.clock.pass_by(days=2)
        office.sweep()
        assert office.question(question.id).state == "answered"


def test_a_word_from_another_address_does_so_too(database_url: str) -> None:
    """It may be she, from elsewhere: better an editor looks than that what she takes back goes live."""
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        question = office.ask()
        office.receive(office.reply())
        office.receive(plain("STOP it!", sender="mallory@evil.example"), to=office.reply_address())
        office.clock.pass_by(days=2)
        office.sweep()
        assert office.question(question.id).state == "answered"


@pytest.mark.parametrize("prints_passages", [False, True])
def test_an_answer_between_the_lines_is_printed_as_the_column_wants_it(
    database_url: str, *, prints_passages: bool
) -> None:
    with open_office(database_url, prints_passages=prints_passages) as office:
        question = office.ask()
        office.receive(office.reply(ANSWER, Program.INLINE))
        text = office.question(question.id).text
        passages = [line for line in text.split("\n") if line.startswith("> ")]
        assert bool(passages) is prints_passages
        hers = " ".join(line for line in text.split("\n") if line not in passages)
        assert hers.split() == ANSWER.split()
