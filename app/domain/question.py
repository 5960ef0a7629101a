"""Questions, assignments, answers and their revisions: what they are, their states, and what moves them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from app.domain.event import Action, Event
from app.domain.people import Asker, Expert, Topic
from app.domain.photo import Photo


class QuestionState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # the asker has not yet pressed the button in the mail
    EXPIRED = "expired"  # was never confirmed
    SUBMITTED = "submitted"  # confirmed; waits for an editor, or for the policy, to assign it
    ASSIGNED = "assigned"  # with an expert
    ANSWERED = "answered"  # captured; waits for approval or for its hold window
    PUBLISHED = "published"  # has a page
    DECLINED = "declined"  # the editor said no, the asker was told
    WITHDRAWN = "withdrawn"  # had a page; answers 410 now


class AssignmentState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    PASSED = "passed"  # by the expert
    LAPSED = "lapsed"  # by the deadline
    CANCELLED = "cancelled"  # by the editor


@dataclass(eq=False)
class Assignment:
    """One question given to one expert, with a due time."""

    NOUN: ClassVar[str] = "assignment"
    TRANSITIONS: ClassVar[Mapping[tuple[AssignmentState, Action], AssignmentState]] = {
        (AssignmentState.OPEN, Action.ANSWER): AssignmentState.ANSWERED,
        (AssignmentState.OPEN, Action.PASS): AssignmentState.PASSED,
        (AssignmentState.OPEN, Action.LAPSE): AssignmentState.LAPSED,
        (AssignmentState.OPEN, Action.CANCEL): AssignmentState.CANCELLED,
    }

    question: "Question"
    expert: Expert
    made_at: datetime
    due_at: datetime
    note: str = ""  # the editor's words, when an answer was sent back
    state: AssignmentState = AssignmentState.OPEN
    away_until: date | None = None  # the last day that her absence note names; no note, or no day in it: None
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    def is_overdue(self, at: datetime) -> bool:
        return self.state is AssignmentState.OPEN and at > self.due_at


@dataclass(eq=False)
class Revision:
    """One text of an answer, and what let it be published: an editor, or the end of its hold window."""

    number: int
    text: str
    author: str  # "expert", "editor Anna" or "import"
    made_at: datetime
    inbound_id: int | None = None  # the reply that it was taken from
    reader_version: int = 0  # of the reader that took it from there; 0: typed, or imported
    note: str = ""  # of a correction: what readers are told about it
    hold_until: datetime | None = None  # None: only an editor can let it through
    hold_reason: str = ""  # why an editor has to look, where that is not simply the policy
    approved_at: datetime | None = None
    approved_by: str = ""
    published_at: datetime | None = None
    id: int | None = None

    def may_be_published(self, at: datetime) -> bool:
        """The policy edge: approved by a person, or the hold window is over."""
        return self.approved_at is not None or (self.hold_until is not None and self.hold_until <= at)


@dataclass(eq=False)
class Answer:
    """The expert's text as published; each change of it is a revision, the last one counts."""

    question: "Question"
    expert: Expert
    revisions: list[Revision] = field(default_factory=list)
    id: int | None = None

    @property
    def current(self) -> Revision:
        """The last text, whether or not anybody has let it through."""
        return self.revisions[-1]

    @property
    def printed(self) -> Revision:
        """What readers see: the last text that was published. Only a published question has one."""
        return next(revision for revision in reversed(self.revisions) if revision.published_at is not None)

    @property
    def corrections(self) -> list[Revision]:
        """What was printed in the place of an earlier text, oldest first."""
        return [revision for revision in self.revisions if revision.published_at is not None][1:]

    def revise(
        self, text: str, *, author: str, at: datetime, inbound_id: int | None = None, reader_version: int = 0
    ) -> Revision:
        revision = Revision(
            number=len(self.revisions) + 1,
            text=text,
            author=author,
            made_at=at,
            inbound_id=inbound_id,
            reader_version=reader_version,
        )
        self.revisions.append(revision)
        return revision


@dataclass(eq=False)
class Question:
    """A text from an asker, with the public name that the asker chose.

    `public_id` is the short random id in its address. `form_key` names the rendered form that it came from,
    `fingerprint` its asker and words: both are unique, so that the same letter sent twice is one question.
    One that `follows` another is what its asker wrote after the answer: printed on the page of the first.
    """

    NOUN: ClassVar[str] = "question"
    TRANSITIONS: ClassVar[Mapping[tuple[QuestionState, Action], QuestionState]] = {
        (QuestionState.UNCONFIRMED, Action.CONFIRM): QuestionState.SUBMITTED,
        (QuestionState.UNCONFIRMED, Action.EXPIRE): QuestionState.EXPIRED,
        (QuestionState.SUBMITTED, Action.ASSIGN): QuestionState.ASSIGNED,
        (QuestionState.SUBMITTED, Action.DECLINE): QuestionState.DECLINED,
        (QuestionState.ASSIGNED, Action.UNASSIGN): QuestionState.SUBMITTED,
        (QuestionState.ASSIGNED, Action.DECLINE): QuestionState.DECLINED,
        (QuestionState.ASSIGNED, Action.ANSWER): QuestionState.ANSWERED,
        (QuestionState.ANSWERED, Action.SEND_BACK): QuestionState.ASSIGNED,
        (QuestionState.ANSWERED, Action.DECLINE): QuestionState.DECLINED,
        (QuestionState.ANSWERED, Action.PUBLISH): QuestionState.PUBLISHED,
        (QuestionState.PUBLISHED, Action.CORRECT): QuestionState.PUBLISHED,
        (QuestionState.PUBLISHED, Action.WITHDRAW): QuestionState.WITHDRAWN,
    }

    public_id: str
    public_name: str
    topic: Topic
    text: str
    made_at: datetime
    form_key: str
    fingerprint: str | None
    asker: Asker | None = None  # None for an imported letter
    consent_version: str = ""
    state: QuestionState = QuestionState.UNCONFIRMED
    confirmed_at: datetime | None = None
    answered_at: datetime | None = None  # when the last text came in; a change of it is a change of the question
    published_at: datetime | None = None
    published_on: date | None = None  # the date that the page bears, in the column's time zone
    slug: str = ""
    decline_reason: str = ""
    follows: "Question | None" = None
    follow_ups: list["Question"] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    answer: Answer | None = None
    photos: list[Photo] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    @property
    def open_assignment(self) -> Assignment | None:
        """At most one: a question is with one expert at a time."""
        return next((a for a in self.assignments if a.state is AssignmentState.OPEN), None)

    @property
    def asked_at(self) -> datetime | None:
        """None for a letter of an old column that had one date only."""
        return self.made_at if self.asker is not None or self.made_at != self.published_at else None

    @property
    def path(self) -> str:
        """Where its page is, below the column's base address. Only a published question has one."""
        if self.follows is not None:
            return f"{self.follows.path}#{self.public_id}"
        assert self.published_on is not None
        return f"/{self.published_on:%Y/%m/%d}/{self.slug}-{self.public_id}"

    @property
    def exchange(self) -> list["Question"]:
        """What is printed below it on the same page, in the order in which it was."""
        printed = [q for q in self.follow_ups if q.state is QuestionState.PUBLISHED]
        return sorted(printed, key=lambda q: (q.published_at, q.id))

    @property
    def changed_at(self) -> datetime:
        """When anything on its page was last printed or corrected."""
        times = [q.answer.printed.published_at for q in (self, *self.exchange) if q.answer is not None]
        return max(at for at in times if at is not None)
