"""Nothing reaches an expert that the policy has not let through."""

import pytest

from app.domain.column import Intake
from app.domain.errors import ForbiddenTransition, NoExpert, NotFound
from app.domain.people import Expert
from app.mail.transport import Fate, Handover
from app.store import people
from app.usecases import routing, staffing
from tests.office import BECKY, GURU, Office, open_office


def expert_id(office: Office, name: str = "The Guru") -> int:
    with office.mailbag.database.write() as tx:
        found = people.expert_named(tx, name).id
    assert found is not None
    return found


def test_an_editor_assigns_where_the_policy_says_so(database_url: str) -> None:
    with open_office(database_url, intake=Intake.EDITOR_ASSIGNS) as office:
        question = office.ask()
        assert office.question(question.id).state == "submitted"
        assert office.server.to(GURU) == []
        assert question.id is not None
        routing.assign(office.mailbag, question.id, expert_id(office), by="Anna")
        office.run_jobs()
        assert office.question(question.id).state == "assigned"
        assert len(office.server.to(GURU)) == 1


def test_without_an_expert_it_waits_for_the_editor(office: Office) -> None:
    with office.mailbag.database.write() as tx:
        people.expert_named(tx, "The Guru").topics = []
    assert office.question(office.ask().id).state == "submitted"


def test_the_expert_with_the_fewest_open_questions_gets_the_next(office: Office) -> None:
    office.ask()
    staffing.add_expert(office.mailbag, "Anna", "anna.k@clinic.example")
    office.ask(form_key="2", text="Another question about another knee of mine.")
    assert len(office.server.to(GURU)) == 1
    assert len(office.server.to("anna.k@clinic.example")) == 1


def test_an_expert_without_an_address_cannot_be_asked(database_url: str) -> None:
    with open_office(database_url, intake=Intake.EDITOR_ASSIGNS) as office:
        question = office.ask()
        with office.mailbag.database.write() as tx:
            tx.add(Expert(public_name="Of old", address=None))
        assert question.id is not None
        with pytest.raises(NoExpert):
            routing.assign(office.mailbag, question.id, expert_id(office, "Of old"), by="Anna")
        assert office.question(question.id).state == "submitted"


def test_what_is_taken_back_can_be_given_again(office: Office) -> None:
    question = office.ask()
    assert question.id is not None
    routing.unassign(office.mailbag, question.id, by="Anna")
    assert office.question(question.id).assignments == ["cancelled"]
    routing.assign(office.mailbag, question.id, expert_id(office), by="Anna")
    office.run_jobs()
    assert office.question(question.id).assignments == ["cancelled", "open"]
    assert len(office.server.to(GURU)) == 2


def test_a_declined_asker_is_told_why(office: Office) -> None:
    question = office.ask()
    assert question.id is not None
    routing.decline(office.mailbag, question.id, "We answer knees only.", by="Anna")
    office.run_jobs()
    assert office.question(question.id).state == "declined"
    assert b"We answer knees only." in office.server.to(BECKY)[-1].raw


@pytest.mark.parametrize("act", ["unassign", "decline"])
def test_the_expert_is_not_asked_about_what_was_taken_back(office: Office, act: str) -> None:
    office.server.answers = [Handover(Fate.TAKEN, "250 Ok"), Handover(Fate.LATER, "451 Greylisted")]
    question = office.ask()
    assert question.id is not None
    if act == "unassign":
        routing.unassign(office.mailbag, question.id, by="Anna")
    else:
        routing.decline(office.mailbag, question.id, "", by="Anna")
    office.clock.pass_by(hours=1)
    office.sweep()
    assert office.server.to(GURU) == []


def test_what_is_declined_cannot_be_assigned(office: Office) -> None:
    question = office.ask()
    assert question.id is not None
    routing.decline(office.mailbag, question.id, "", by="Anna")
    with pytest.raises(ForbiddenTransition):
        routing.assign(office.mailbag, question.id, expert_id(office), by="Anna")


def test_a_question_that_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        routing.assign(office.mailbag, 4711, expert_id(office), by="Anna")
