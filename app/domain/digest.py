"""The digest: an Issue is one numbered mailing, an IssueCopy one subscriber's copy, a Variant what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.domain.bounce import BounceKind, BounceReason
from app.domain.event import Action, Event
from app.domain.mail import DeliveryState
from app.domain.question import Question, Revision
from app.domain.subscription import Frequency, Subscriber


class IssueState(StrEnum):
    DRAFT = "draft"  # an editor may change its words, order and items
    SENDING = "sending"  # its audience is frozen: one IssueCopy a subscriber
    SENT = "sent"  # no copy waits any more
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Issue:
    """One numbered mailing to those who chose its frequency: what was printed after `since`, up to `until`.

    `period` is the day, ISO week or month that it is for, in the column's time zone: "2026-11-22", "2026-W47",
    "2026-11". With the frequency it is unique, so that no period has two issues.
    """

    NOUN: ClassVar[str] = "issue"
    TRANSITIONS: ClassVar[Mapping[tuple[IssueState, Action], IssueState]] = {
        (IssueState.DRAFT, Action.FREEZE): IssueState.SENDING,
        (IssueState.DRAFT, Action.CANCEL): IssueState.CANCELLED,
        (IssueState.SENDING, Action.FINISH): IssueState.SENT,
    }

    frequency: Frequency
    period: str
    number: int  # counted for each frequency
    subject: str
    since: datetime
    until: datetime
    made_at: datetime
    introduction: str = ""  # an editor's words above the letters
    items: list[Question] = field(default_factory=list)  # in their order; written by `store.digest.set_items` alone
    sends_at: datetime | None = None  # when the draft goes out by itself; None: when an editor says so
    state: IssueState = IssueState.DRAFT
    frozen_at: datetime | None = None  # the Date of every copy
    sent_at: datetime | None = None
    paused_at: datetime | None = None  # no more copies are begun until it is resumed
    pause_reason: str = ""
    size: int = 0  # how many copies; known once it is frozen
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def correction(self, part: Question) -> Revision | None:
        """Why what was printed before stands in this issue; None for what is new."""
        assert part.published_at is not None
        assert part.answer is not None
        is_new = part.published_at > self.since
        return None if is_new or not part.answer.corrections else part.answer.corrections[-1]


@dataclass(eq=False)
class Variant:
    """One selection of an issue's letters, for all who get the same ones.

    `pattern` is the whole mail but for its personal parts, kept from the first use on: whatever is corrected or
    deployed while an issue goes out, a copy that is tried again is the same copy.
    """

    issue: Issue
    selection: str  # ids of its questions, in their order, with spaces between
    pattern: bytes | None = None
    id: int | None = None

    @property
    def question_ids(self) -> list[int]:
        return [int(word) for word in self.selection.split()]


@dataclass(eq=False)
class IssueCopy:
    """One row of the ledger: one subscriber's copy of one issue, and its fate. No address stands in it.

    Claimed by an `owner` (one run of a worker) with a batch, and his for as long as it is SENDING; `begun_at` is
    committed before its first octet of content goes out and taken back by nobody but the sweep. So of the rows of
    a dead owner only the begun ones are doubtful: at most one for each connection that it had open.
    """

    issue: Issue
    subscriber_id: int
    variant: Variant
    message_key: str  # of its Message-ID; made with the row, so that each try is the same mail
    due_at: datetime
    subscriber: Subscriber | None = None
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    owner: str | None = None
    claimed_at: datetime | None = None
    begun_at: datetime | None = None
    sent_at: datetime | None = None
    server_said: str = ""
    bounce_kind: BounceKind | None = None
    bounce_reason: BounceReason = BounceReason.NONE
    id: int | None = None

    def become(self, state: DeliveryState) -> None:
        """By what came back of it: whoever is still at it finds that it is not his any more."""
        self.state, self.owner = state, None


@dataclass(frozen=True)
class Progress:
    """How far an issue is. `rate` is copies a second over the last minutes, `left` how long the rest may take."""

    size: int
    waiting: int  # queued or being sent
    states: Mapping[DeliveryState, int]
    rate: float
    left_seconds: float | None  # None where nothing moves

    @property
    def done(self) -> int:
        return self.size - self.waiting
