"""Who gets the digest, of what and how often; and the addresses that must not be written to."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from app.domain.event import Action, Event, advance
from app.domain.people import Expert, Topic
from app.domain.question import Question

DAY = timedelta(days=1)
HALF_LIFE = timedelta(days=60)  # of a soft bounce: after that time it counts half
MOST_SOFT_BOUNCES = 3.0  # beyond: the fourth day or week in a row, the seventh month


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SubscriptionState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # the button in the mail was not pressed
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True)
class Choice:
    """What somebody would like to get: every letter, or those of some topics and experts; and what changes in some."""

    frequency: Frequency = Frequency.WEEKLY
    takes_all: bool = True
    topics: tuple[int, ...] = ()  # ids
    experts: tuple[int, ...] = ()
    questions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.takes_all and (self.topics or self.experts):
            raise ValueError("every letter, or some")

    @property
    def is_of_letters_alone(self) -> bool:
        """ "Tell me when this one changes": it is added to what somebody gets already."""
        return bool(self.questions) and not (self.takes_all or self.topics or self.experts)

    def after(self, former: "Choice") -> "Choice":
        """What somebody gets who got `former`: letters that she follows stay, the rest is as she says now."""
        questions = tuple(dict.fromkeys((*former.questions, *self.questions)))
        kept = replace(former, questions=questions)
        return kept if self.is_of_letters_alone else replace(self, questions=questions)

    def wire(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Self:
        stored = json.loads(text)
        lists = {name: tuple(stored[name]) for name in ("topics", "experts", "questions")}
        return cls(Frequency(stored["frequency"]), stored["takes_all"], **lists)


@dataclass(eq=False)
class Wish:
    """What a form asked for, as it came: the same row for every address, known or not. The worker takes it up."""

    address: str
    choice: str  # see Choice.wire
    consent_version: str
    made_at: datetime
    id: int | None = None


@dataclass(eq=False)
class Subscriber:
    """One address and what it wants. Without `takes_all`, what it gets is of these topics, experts and questions."""

    NOUN: ClassVar[str] = "subscription"
    TRANSITIONS: ClassVar[Mapping[tuple[SubscriptionState, Action], SubscriptionState]] = {
        (SubscriptionState.UNCONFIRMED, Action.CONFIRM): SubscriptionState.CONFIRMED,
        (SubscriptionState.UNCONFIRMED, Action.UNSUBSCRIBE): SubscriptionState.UNSUBSCRIBED,
        (SubscriptionState.CONFIRMED, Action.UNSUBSCRIBE): SubscriptionState.UNSUBSCRIBED,
        (SubscriptionState.UNSUBSCRIBED, Action.CONFIRM): SubscriptionState.CONFIRMED,
    }

    address: str  # as `address_of` spells it: one row an address
    made_at: datetime
    frequency: Frequency = Frequency.WEEKLY
    takes_all: bool = True
    topics: list[Topic] = field(default_factory=list)
    experts: list[Expert] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    state: SubscriptionState = SubscriptionState.UNCONFIRMED
    consent_version: str = ""
    consent_source: str = ""  # "form", or whose list it was imported from
    confirmed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    left_because: str = ""  # "link", "one-click", "mail", "bounce", "complaint", "editor", or "moved"
    paused_until: date | None = None  # the first day on which issues come again
    new_address: str | None = None  # asked for, and not yet confirmed at both
    soft_bounces: float = 0.0  # decays from `bounced_at` on
    bounced_at: datetime | None = None
    wish: str = ""  # what a form asked for last: a Choice, which counts when the button in the mail is pressed
    wished_at: datetime | None = None
    # what was printed up to then she has had, whatever the next issue begins with; None: she goes along with the others
    had_until: datetime | None = None
    changed_at: datetime | None = None  # when that was noted: she chose another frequency, or a pause
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    @property
    def choice(self) -> Choice:
        lists = (self.topics, self.experts, self.questions)
        topics, experts, questions = (tuple(one.id for one in chosen if one.id is not None) for chosen in lists)
        return Choice(self.frequency, self.takes_all, topics, experts, questions)

    def leave(self, *, because: str, at: datetime, actor: str, detail: str = "") -> None:
        """No copy is claimed for her from this commit on, and what she asked for last is over."""
        advance(self, Action.UNSUBSCRIBE, at=at, actor=actor, detail=detail or because)
        self.unsubscribed_at, self.left_because = at, because
        self.wish, self.wished_at, self.new_address = "", None, None

    def bounce_softly(self, at: datetime) -> float:
        """Count one more mail that came back for now; what the count is. Several in a day are one."""
        if self.bounced_at is None or at >= self.bounced_at + DAY:
            since = at - self.bounced_at if self.bounced_at else timedelta(0)
            self.soft_bounces = self.soft_bounces * 0.5 ** (since / HALF_LIFE) + 1
            self.bounced_at = at
        return self.soft_bounces


class SuppressionReason(StrEnum):
    """The graver ones stand below; a graver one takes the place of another."""

    SOFT_BOUNCES = "soft-bounces"
    HARD_BOUNCE = "hard-bounce"
    EDITOR = "editor"
    COMPLAINT = "complaint"
    ERASED = "erased"  # the person asked to be forgotten

    @property
    def gravity(self) -> int:
        return list(SuppressionReason).index(self)


@dataclass(eq=False)
class Suppression:
    """An address that we must not write to, kept as a salted hash alone: it outlives the erasure of the person."""

    digest: str  # HMAC-SHA256 of the address, hexadecimal
    reason: SuppressionReason
    detail: str  # what the other server said, without addresses
    made_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""
    asked_at: datetime | None = None  # when somebody last gave this address in a form; nothing was sent
    id: int | None = None
