"""One imported letter becomes rows: published at once, under its own date, and never twice."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from app.domain.event import Action, record
from app.domain.letter import ANONYMOUS, clean_line, clean_text, slug
from app.domain.moved import path_of
from app.domain.question import Answer, Question, QuestionState
from app.store import moved, people, questions
from app.store.base import Transaction
from app.usecases.importing.letters import ImportedLetter, Problem, Skipped
from app.usecases.mailbag import random_id

LONGEST_NAME, LONGEST_PERSONA, LONGEST_TOPIC = 200, 100, 100
LONGEST_TEXT = 200_000


class Fate(StrEnum):
    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True)
class Imported:
    """One letter as it was, or would be, stored."""

    letter: ImportedLetter
    public_name: str
    persona: str
    topic: str
    question: str
    answer: str
    fate: Fate
    lost_addresses: int = 0  # old addresses that are no path, or that another letter has

    @property
    def is_new(self) -> bool:
        return self.fate is Fate.NEW


def cleaned(letter: ImportedLetter) -> Imported | Skipped:
    """As it is printed, or why it cannot be."""
    done = Imported(
        letter,
        public_name=clean_line(letter.public_name) or ANONYMOUS,
        persona=clean_line(letter.persona),
        topic=clean_line(letter.topic),
        question=clean_text(letter.question),
        answer=clean_text(letter.answer),
        fate=Fate.NEW,
    )
    if not (done.question and done.answer and done.persona and done.topic):
        return Skipped(letter.place, "blank", letter.place.item)
    lengths = (
        (done.public_name, LONGEST_NAME),
        (done.persona, LONGEST_PERSONA),
        (done.topic, LONGEST_TOPIC),
    )
    if any(len(text) > longest for text, longest in lengths):
        return Skipped(letter.place, Problem.NAME_TOO_LONG, letter.place.item)
    if max(len(done.question), len(done.answer)) > LONGEST_TEXT:
        return Skipped(letter.place, Problem.TOO_LONG, letter.place.item)
    return done


def is_there(tx: Transaction, letter: ImportedLetter) -> bool:
    return questions.by_form_key(tx, letter.key) is not None


def store(tx: Transaction, item: Imported) -> int:
    """Add the letter; how many of its old addresses lead nowhere."""
    letter = item.letter
    at = datetime.combine(letter.on, time(12), UTC)  # noon: the same day in nearly every time zone
    question = Question(
        public_id=random_id(6),
        public_name=item.public_name,
        topic=people.topic_named(tx, item.topic),
        text=item.question,
        made_at=min(letter.asked_at or at, at),
        form_key=letter.key,
        fingerprint=None,
        state=QuestionState.PUBLISHED,
        published_at=at,
        published_on=letter.on,
        slug=slug(item.question),
    )
    answer = Answer(question=question, expert=people.expert_named(tx, item.persona))
    revision = answer.revise(item.answer, author="import", at=at)
    revision.approved_at, revision.approved_by, revision.published_at = at, "import", at
    record(question, Action.IMPORT, at=at, actor="mailbag")
    tx.add(question)
    paths = [path_of(address) for address in letter.old_addresses]
    return sum(1 for path in paths if not path or not moved.remember(tx, path, question))
