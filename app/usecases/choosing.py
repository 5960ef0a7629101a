"""What a form ticks, by the words of its addresses, as a Choice; and all that can be ticked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.people import Expert, Topic
from app.domain.question import Question
from app.domain.subscription import Choice, Frequency
from app.store import archive, people
from app.store.base import Transaction

MOST = 200  # of each, in one choice


@dataclass(frozen=True)
class Ticked:
    """As a form sends it. What the column does not have is passed over."""

    frequency: str = ""
    what: str = ""  # "everything" or "some"; small forms do not ask
    had: str = ""  # which of them the form showed at first
    topics: Sequence[str] = ()  # slugs
    experts: Sequence[str] = ()  # slugs
    letters: Sequence[str] = ()  # public ids

    @property
    def everything(self) -> bool:
        """Whoever ticks a topic, and leaves "everything" chosen as it was, means the topic."""
        ticks_beside = self.had == "everything" and (self.topics or self.experts)
        return self.what == "everything" and not ticks_beside

    @property
    def is_nothing(self) -> bool:
        return self.what == "some" and not (self.topics or self.experts or self.letters)


@dataclass(frozen=True)
class Offered:
    """What can be ticked."""

    topics: list[Topic]
    experts: Mapping[str, Expert]


def offered(tx: Transaction) -> Offered:
    return Offered(people.topics(tx), archive.experts(tx))


def choice_of(tx: Transaction, ticked: Ticked) -> Choice:
    """Nothing ticked at all is everything: whoever gives an address wants to get something."""
    offer = offered(tx)
    topics = tuple(topic.id for topic in offer.topics if topic.slug in ticked.topics[:MOST] and topic.id)
    experts = tuple(one.id for slug, one in offer.experts.items() if slug in ticked.experts[:MOST] and one.id)
    letters = tuple(found.id for found in _letters(tx, ticked.letters[:MOST]) if found.id)
    frequency = Frequency(ticked.frequency) if ticked.frequency in list(Frequency) else Frequency.WEEKLY
    if ticked.everything or not (topics or experts or letters):
        return Choice(frequency, takes_all=True, questions=letters)
    return Choice(frequency, takes_all=False, topics=topics, experts=experts, questions=letters)


def _letters(tx: Transaction, public_ids: Sequence[str]) -> list[Question]:
    return [found for one in public_ids if (found := archive.published(tx, one)) is not None]
