"""A printed letter: its correction is a revision with a note, and a withdrawal takes everything of it along."""

import pytest

from app.domain.errors import Conflict, ForbiddenTransition, NothingChanged, NothingToPublish, PrivateText
from app.domain.question import Question
from app.usecases import correcting
from tests.office import ANSWER, BECKY, Office
from tests.web.kinds import ON_SQLITE


@pytest.fixture
def printed(office: Office) -> int:
    question = office.ask()
    office.receive(office.reply())
    assert question.id is not None
    return question.id


def correct(office: Office, question_id: int, text: str = "Rest it.", note: str = "", seen: int | None = None) -> None:
    correcting.correct(office.mailbag, question_id, text, note, by="Anna", seen=seen)


def test_a_correction_is_a_revision_with_its_note_and_the_earlier_text_stays(office: Office, printed: int) -> None:
    correct(office, printed, note="A dose was wrong.", seen=1)
    with office.mailbag.database.read() as tx:
        question = tx.session.get(Question, printed)
        assert question is not None
        assert question.answer is not None
        first, second = question.answer.revisions
        assert (first.text, second.text, second.note) == (ANSWER, "Rest it.", "A dose was wrong.")
        assert question.answer.printed is second
        assert question.answer.corrections == [second]
        assert second.approved_by == "Anna"
        assert question.events[-1].name == "question corrected"


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": ANSWER}, NothingChanged),
        ({"text": " \n"}, NothingToPublish),
        ({"text": f"Write to {BECKY}."}, PrivateText),
        ({"note": f"{BECKY} told us."}, PrivateText),
        ({"seen": 7}, Conflict),
    ],
)
def test_what_may_not_be_printed_changes_nothing(
    office: Office, printed: int, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        correct(office, printed, **change)  # type: ignore[arg-type]
    assert office.question(printed).revisions == 1
    assert "question corrected" not in office.question(printed).events


@ON_SQLITE
def test_only_what_is_printed_is_corrected_or_withdrawn(office: Office) -> None:
    question = office.ask()
    assert question.id is not None
    with pytest.raises(ForbiddenTransition):
        correct(office, question.id)
    with pytest.raises(ForbiddenTransition):
        correcting.withdraw(office.mailbag, question.id, "", by="Anna")


@ON_SQLITE
def test_a_reason_with_a_private_address_is_not_shown_to_everybody(office: Office, printed: int) -> None:
    with pytest.raises(PrivateText):
        correcting.withdraw(office.mailbag, printed, f"{BECKY} asked for it.", by="Anna")
    assert office.question(printed).state == "published"
    correcting.withdraw(office.mailbag, printed, "Its asker wished so.", by="Anna")
    assert office.question(printed).state == "withdrawn"
