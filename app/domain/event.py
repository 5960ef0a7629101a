"""Events and the one way to change a state: a table of transitions, and `advance`, which writes the Event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

from app.domain.errors import ForbiddenTransition


class Action(StrEnum):
    """What can be done to a question, an assignment, a delivery or an inbound message.

    The value is the imperative, `past` the name of the Event that it leaves behind.
    """

    past: str

    def __new__(cls, value: str, past: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.past = past
        return member

    SUBMIT = "submit", "submitted"
    CALL_DIFFERENT = "call different", "called different"
    CONFIRM = "confirm", "confirmed"
    EXPIRE = "expire", "expired"
    ASSIGN = "assign", "assigned"
    UNASSIGN = "unassign", "unassigned"
    PASS = "pass", "passed"
    LAPSE = "lapse", "lapsed"
    CANCEL = "cancel", "cancelled"
    ANSWER = "answer", "answered"
    SEND_BACK = "send back", "sent back"
    REREAD = "reread", "reread"
    DECLINE = "decline", "declined"
    PUBLISH = "publish", "published"
    CORRECT = "correct", "corrected"
    APPROVE_PHOTO = "approve a photo of", "photo approved"
    REMOVE_PHOTO = "remove a photo of", "photo removed"
    WITHDRAW = "withdraw", "withdrawn"
    IMPORT = "import", "imported"
    QUEUE = "queue", "queued"
    CLAIM = "claim", "claimed"
    DELAY = "delay", "delayed"
    DELIVER = "deliver", "delivered"
    ARRIVE = "arrive", "arrived"
    BOUNCE = "bounce", "bounced"
    COMPLAIN = "complain", "complained"
    FAIL = "fail", "failed"
    SUPPRESS = "suppress", "suppressed"
    RECEIVE = "receive", "received"
    ACCEPT = "accept", "accepted"
    HOLD = "hold", "held"
    REJECT = "reject", "rejected"
    DISCARD = "discard", "discarded"
    RETRY = "retry", "retried"
    PUT_AWAY = "put away", "put away"
    ASK = "ask about", "asked about"
    DISOWN = "disown", "disowned"
    NOTE_ABSENCE = "note absence", "noted absence"
    WITHHOLD = "withhold", "withheld"
    SUBSCRIBE = "subscribe", "subscribed"
    UNSUBSCRIBE = "unsubscribe", "unsubscribed"
    PREFER = "prefer", "changed"
    MOVE = "move", "moved"
    LIFT = "lift", "lifted"
    DRAFT = "draft", "drafted"
    FREEZE = "freeze", "frozen"
    FINISH = "finish", "finished"
    PAUSE = "pause", "paused"
    RESUME = "resume", "resumed"


@dataclass(eq=False)
class Event:
    """A past-tense fact about one row; append-only.

    `actor` says who: `asker`, `reader`, `expert`, `editor Anna`, `mailbag`. `detail` is free text for people.
    """

    at: datetime
    name: str
    actor: str
    detail: str = ""
    id: int | None = None


class Stateful(Protocol):
    """Anything that moves through states by its own table."""

    NOUN: ClassVar[str]
    TRANSITIONS: ClassVar[Mapping[tuple[Any, Action], Any]]
    state: Any
    events: list[Event]


def advance(thing: Stateful, action: Action, *, at: datetime, actor: str, detail: str = "") -> Event:
    """Move `thing` along its table and append the Event; both are written in the caller's transaction.

    Raises ForbiddenTransition, with nothing changed, where the table has no such edge.
    """
    after = thing.TRANSITIONS.get((thing.state, action))
    if after is None:
        raise ForbiddenTransition(thing.NOUN, thing.state, action)
    thing.state = after
    event = Event(at=at, name=f"{thing.NOUN} {action.past}", actor=actor, detail=detail)
    thing.events.append(event)
    return event


def record(thing: Stateful, action: Action, *, at: datetime, actor: str, detail: str = "") -> Event:
    """Append an Event that changes no state: the first one of a new row, or a note for whoever looks later."""
    event = Event(at=at, name=f"{thing.NOUN} {action.past}", actor=actor, detail=detail)
    thing.events.append(event)
    return event
