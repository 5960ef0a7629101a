"""Letters for pages to show: imported, and with words as the database may hold them, whatever door they came in by."""

from collections.abc import Sequence

from app.domain.question import Question
from app.usecases.importing import import_text
from tests.office import Office


def letters(office: Office, number: int) -> None:
    text = "\n".join(
        f"Jan {day}th, 2014\n\nTom{day} asked The Guru for the following Running Advice:\n\n"
        f"My heel number {day} hurts.\n\nThe Guru Responded:\n\nRest it for {day} days.\n"
        for day in range(4, 4 + number)
    )
    assert import_text(office.mailbag, text, is_html=False).new == number


def reword(office: Office, texts: Sequence[str]) -> None:
    """Each of the first letters is one of these: its question, its asker's name and its answer."""
    with office.mailbag.database.write() as tx:
        for number, text in enumerate(texts, 1):
            question = tx.session.get(Question, number)
            assert question is not None
            assert question.answer is not None
            question.text, question.public_name, question.answer.printed.text = text, text[:60], text
