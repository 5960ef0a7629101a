"""One imported letter becomes rows: published at once, under its own date, and never twice."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from enum import StrEnum

from app.domain.event import Action, record
from app.domain.letter import ANONYMOUS, clean_line, clean_text, slug
from app.domain.moved import path_of
from app.domain.people import Topic
from app.domain.question import Answer, Question, QuestionState
from app.store import moved, people, questions
from app.store.base import Transaction
from app.usecases.importing.letters import ImportedFollowUp, ImportedLetter, Problem, Skipped
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
    later: tuple[ImportedFollowUp, ...] = ()
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
        later=tuple(_cleaned(one) for one in letter.later),
    )
    later = [text for one in done.later for text in (one.question, one.answer, one.persona)]
    if not all((done.question, done.answer, done.persona, done.topic, *later)):
        return Skipped(letter.place, "blank", letter.place.item)
    lengths = (
        (done.public_name, LONGEST_NAME),
        (done.persona, LONGEST_PERSONA),
        (done.topic, LONGEST_TOPIC),
        *((one.persona, LONGEST_PERSONA) for one in done.later),
    )
    if any(len(text) > longest for text, longest in lengths):
        return Skipped(letter.place, Problem.NAME_TOO_LONG, letter.place.item)
    if max(map(len, (done.question, done.answer, *later))) > LONGEST_TEXT:
        return Skipped(letter.place, Problem.TOO_LONG, letter.place.item)
    return done


def _cleaned(one: ImportedFollowUp) -> ImportedFollowUp:
    persona, question, answer = clean_line(one.persona), clean_text(one.question), clean_text(one.answer)
    return replace(one, persona=persona, question=question, answer=answer)


def is_there(tx: Transaction, letter: ImportedLetter) -> bool:
    return questions.by_form_key(tx, letter.key) is not None


def store(tx: Transaction, item: Imported) -> int:
    """Add the letter; how many of its old addresses lead nowhere."""
    letter = item.letter
    topic = people.topic_named(tx, item.topic)
    question = _store(
        tx, item, topic, letter, asked_at=letter.asked_at, words=(item.persona, item.question, item.answer)
    )
    for one in item.later:
        if questions.by_form_key(tx, one.key) is None:
            again = _store(tx, item, topic, one, words=(one.persona, one.question, one.answer))
            again.follows = question
    paths = [path_of(address) for address in letter.old_addresses]
    return sum(1 for path in paths if not path or not moved.remember(tx, path, question))


def _store(
    tx: Transaction,
    item: Imported,
    topic: Topic,
    part: ImportedLetter | ImportedFollowUp,
    *,
    words: tuple[str, str, str],
    asked_at: datetime | None = None,
) -> Question:
    """`words`: who answers, what is asked, the answer."""
    persona, text, reply = words
    at = datetime.combine(part.on, time(12), UTC)  # noon: the same day in nearly every time zone
    question = Question(
        public_id=random_id(6),
        public_name=item.public_name,
        topic=topic,
        text=text,
        made_at=min(asked_at or at, at),
        form_key=part.key,
        fingerprint=None,
        state=QuestionState.PUBLISHED,
        published_at=at,
        published_on=part.on,
        slug=slug(text),
    )
    answer = Answer(question=question, expert=people.expert_named(tx, persona))
    revision = answer.revise(reply, author="import", at=at)
    revision.approved_at, revision.approved_by, revision.published_at = at, "import", at
    record(question, Action.IMPORT, at=at, actor="mailbag")
    tx.add(question)
    return question
