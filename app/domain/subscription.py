"""Who gets the digest, of what and how often; and the addresses that must not be written to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from app.domain.event import Action, Event
from app.domain.people import Expert, Topic
from app.domain.question import Question


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SubscriptionState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # the button in the mail was not pressed
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


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
    left_because: str = ""  # how the unsubscribing came: "link", "one-click", "mail", "bounce", "complaint", "editor"
    paused_until: date | None = None  # the first day on which issues come again
    new_address: str | None = None  # asked for, and not yet confirmed at both
    soft_bounces: float = 0.0  # decays from `bounced_at` on
    bounced_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    id: int | None = None


class SuppressionReason(StrEnum):
    HARD_BOUNCE = "hard-bounce"
    SOFT_BOUNCES = "soft-bounces"
    COMPLAINT = "complaint"
    EDITOR = "editor"
    ERASED = "erased"  # the person asked to be forgotten


@dataclass(eq=False)
class Suppression:
    """An address that we must not write to, kept as a salted hash alone: it outlives the erasure of the person."""

    digest: str  # HMAC-SHA256 of the address, hexadecimal
    reason: SuppressionReason
    detail: str  # what the other server said, without addresses
    made_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""
    id: int | None = None
