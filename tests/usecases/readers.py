"""Subscribers and printed letters for tests of the digest."""

from datetime import date

from sqlalchemy import select

from app.domain.letter import slug
from app.domain.people import Expert, Topic
from app.domain.question import Answer, Question, QuestionState
from app.domain.subscription import Frequency, Subscriber, SubscriptionState
from app.store import people
from app.usecases.mailbag import random_id
from tests.office import ANSWER, NOON, QUESTION, Office


def publish(
    office: Office,
    *,
    text: str = QUESTION,
    topic: str = "physiotherapy-advice",
    answer: str = ANSWER,
    follows: int | None = None,
) -> int:
    """A letter, or a follow-up, that is printed at this moment; its id. How it comes there is tested elsewhere."""
    now = office.clock()
    with office.mailbag.database.write() as tx:
        found = people.topic_by_slug(tx, topic)
        assert found is not None
        question = Question(
            public_id=random_id(6),
            public_name="Becky",
            topic=found,
            text=text,
            made_at=now,
            form_key=random_id(20),
            fingerprint=None,
            state=QuestionState.PUBLISHED,
            published_at=now,
            published_on=office.mailbag.column.day(now),
            slug=slug(text),
        )
        question.answer = Answer(question, people.expert_named(tx, "The Guru"))
        question.answer.revise(answer, author="expert", at=now).published_at = now
        tx.add(question)
        question.follows = tx.session.get(Question, follows) if follows else None
        assert question.id is not None
        return question.id


def correct(office: Office, question_id: int, text: str = "Rest it longer.", note: str = "It was too short.") -> None:
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, question_id)
        assert question is not None
        assert question.answer is not None
        revision = question.answer.revise(text, author="editor Anna", at=office.clock())
        revision.note, revision.published_at = note, office.clock()


def subscribe(
    office: Office,
    address: str,
    *,
    frequency: Frequency = Frequency.WEEKLY,
    state: SubscriptionState = SubscriptionState.CONFIRMED,
    topics: list[str] | None = None,
    experts: list[str] | None = None,
    questions: list[int] | None = None,
    paused_until: date | None = None,
) -> int:
    with office.mailbag.database.write() as tx:
        subscriber = Subscriber(
            address=address,
            made_at=NOON,
            frequency=frequency,
            state=state,
            takes_all=not (topics or experts or questions),
            topics=list(tx.session.scalars(select(Topic).where(Topic.name.in_(topics or [])))),  # type: ignore[attr-defined]
            experts=list(tx.session.scalars(select(Expert).where(Expert.public_name.in_(experts or [])))),  # type: ignore[attr-defined]
            questions=list(tx.session.scalars(select(Question).where(Question.id.in_(questions or [])))),  # type: ignore[union-attr]
            confirmed_at=NOON,
            paused_until=paused_until,
        )
        tx.add(subscriber)
        assert subscriber.id is not None
        return subscriber.id
