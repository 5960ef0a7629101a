"""Mail as rows: what we send (Delivery) and what comes in (InboundMessage), with states and reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.domain.authentication import Authentication
from app.domain.bounce import BounceKind, BounceReason
from app.domain.event import Action, Event
from app.domain.people import SignIn
from app.domain.question import Assignment, Question
from app.domain.subscription import Subscriber


class DeliveryKind(StrEnum):
    """Every mail that Mailbag sends. The value names its templates."""

    CONFIRM = "confirm"  # to the asker: press once, and your letter is posted
    QUESTION = "question"  # to the expert: just reply
    SENT_BACK = "sent-back"  # to the expert: the editor asks for something, just reply
    RECEIPT = "receipt"  # to the expert: what we took, what we cut, and why
    ANSWERED = "answered"  # to the asker: the answer, and where it is printed
    DECLINED = "declined"  # to the asker: we cannot answer this one
    COULD_NOT_READ = "could-not-read"  # to the expert: nothing could be taken from her reply, and what to do
    SIGN_IN = "sign-in"  # to an editor: a link to the desk
    WAS_IT_YOU = "was-it-you"  # to an expert: a mail came in her name; is it hers?
    SUBSCRIBE = "subscribe"  # to whose address was given: press once, and the digest comes
    MOVE_FROM = "move-from"  # to a subscriber: shall it go to another address?
    MOVE_TO = "move-to"  # to that other address, when the first one has agreed


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # claimed by one worker; one that stays so is doubtful
    SENT = "sent"  # the next server said 250
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"  # refused for good, or given up, or not fit to be sent
    SUPPRESSED = "suppressed"


TO_READERS = frozenset(
    {
        *(DeliveryKind.CONFIRM, DeliveryKind.ANSWERED, DeliveryKind.DECLINED),
        *(DeliveryKind.SUBSCRIBE, DeliveryKind.MOVE_FROM, DeliveryKind.MOVE_TO),
    }
)
"""What a suppressed address does not get. Experts and editors work here: what comes back of theirs, the desk shows."""


@dataclass(eq=False)
class Delivery:
    """One mail from us to one address, and its fate.

    `message_id` is made with the row and `raw` is kept from the first attempt on, so a retry is the same
    message, byte for byte. `occasion` is unique: what was queued once is not queued again.
    """

    NOUN: ClassVar[str] = "delivery"
    TRANSITIONS: ClassVar[Mapping[tuple[DeliveryState, Action], DeliveryState]] = {
        (DeliveryState.QUEUED, Action.CLAIM): DeliveryState.SENDING,
        (DeliveryState.QUEUED, Action.SUPPRESS): DeliveryState.SUPPRESSED,
        (DeliveryState.SENDING, Action.DELAY): DeliveryState.QUEUED,
        (DeliveryState.SENDING, Action.DELIVER): DeliveryState.SENT,
        (DeliveryState.SENDING, Action.FAIL): DeliveryState.FAILED,
        (DeliveryState.SENDING, Action.RETRY): DeliveryState.QUEUED,
        # what came of it may be told before its 250 was seen
        (DeliveryState.SENDING, Action.ARRIVE): DeliveryState.DELIVERED,
        (DeliveryState.SENDING, Action.BOUNCE): DeliveryState.BOUNCED,
        (DeliveryState.SENDING, Action.COMPLAIN): DeliveryState.COMPLAINED,
        (DeliveryState.FAILED, Action.RETRY): DeliveryState.QUEUED,
        (DeliveryState.BOUNCED, Action.RETRY): DeliveryState.QUEUED,  # her mailbox has room again
        (DeliveryState.SENT, Action.ARRIVE): DeliveryState.DELIVERED,
        (DeliveryState.SENT, Action.BOUNCE): DeliveryState.BOUNCED,
        (DeliveryState.SENT, Action.COMPLAIN): DeliveryState.COMPLAINED,
        (DeliveryState.DELIVERED, Action.BOUNCE): DeliveryState.BOUNCED,
        (DeliveryState.DELIVERED, Action.COMPLAIN): DeliveryState.COMPLAINED,
        (DeliveryState.BOUNCED, Action.COMPLAIN): DeliveryState.COMPLAINED,  # graver; it cannot be sent again
    }

    kind: DeliveryKind
    address: str
    message_id: str
    occasion: str
    made_at: datetime
    due_at: datetime  # not before this time; moved on by each temporary failure
    question: Question | None = None
    assignment: Assignment | None = None
    sign_in: SignIn | None = None
    subscriber: Subscriber | None = None
    inbound_id: int | None = None  # the mail that came in, of a receipt, a could-not-read or a was-it-you
    state: DeliveryState = DeliveryState.QUEUED
    raw: bytes | None = None
    attempts: int = 0
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    server_said: str = ""  # the last line of the other server, or our own reason
    bounce_kind: BounceKind | None = None  # of the report that it failed
    bounce_reason: BounceReason = BounceReason.NONE
    put_away_at: datetime | None = None  # an editor has seen that it failed
    exposed_at: datetime | None = None  # since then others know its reply address
    is_doubtful: bool = False  # the whole mail went out, but the other server's answer never came
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    @property
    def may_go_again(self) -> bool:
        """Whether another try is worth it: it failed here, or came back from an address that may work later."""
        if self.state is DeliveryState.BOUNCED:
            return self.bounce_kind is not BounceKind.HARD
        return self.state is DeliveryState.FAILED


@dataclass(frozen=True)
class Once:
    """A nonce that came with something signed: good for that one thing, however often it is handed over."""

    door: str
    nonce: str  # SHA-256, hexadecimal, of what the other side calls it
    content: str  # SHA-256, hexadecimal, of what it was spent on


class InboundState(StrEnum):
    RECEIVED = "received"  # committed, not yet looked at
    ACCEPTED = "accepted"  # became an answer, or settled a delivery
    HELD = "held"  # waits for an editor, because we are not sure
    REJECTED = "rejected"  # refused at the door; its sender was told
    DISCARDED = "discarded"  # recorded; nobody was told
    FAILED = "failed"  # could not be read, or fetched: waits for a mended reader, or a person


class Reason(StrEnum):
    """Why an inbound message is in its state; templates have the sentence for each."""

    NONE = ""
    ANSWER = "answer"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"
    ATTACHED = "attached"
    DUPLICATE = "duplicate"
    OVERSIZED = "oversized"
    UNREADABLE = "unreadable"
    NO_TOKEN = "no-token"
    MISTYPED_TOKEN = "mistyped-token"
    UNKNOWN_TOKEN = "unknown-token"
    UNCLEAR_SENDER = "unclear-sender"
    OTHER_SENDER = "other-sender"
    AUTOMATIC = "automatic"
    LIKELY_AUTOMATIC = "likely-automatic"
    ABSENCE = "absence"
    LIKELY_ABSENCE = "likely-absence"
    READ_RECEIPT = "read-receipt"
    CHALLENGE = "challenge"
    LIST_MAIL = "list-mail"
    RECALL = "recall"
    SPAM = "spam"
    OUR_OWN = "our-own"
    COMPLAINT = "complaint"
    COMPLAINT_UNCLEAR = "complaint-unclear"
    EMPTY = "empty"
    SUBJECT_ONLY = "subject-only"
    ATTACHMENT_ONLY = "attachment-only"
    CALENDAR = "calendar"
    ENCRYPTED = "encrypted"
    WINMAIL = "winmail"
    ALREADY_ANSWERED = "already-answered"
    ASSIGNMENT_CLOSED = "assignment-closed"
    FROM_ASKER = "from-asker"
    FOLLOW_UP = "follow-up"
    FROM_SUBSCRIBER = "from-subscriber"
    ABOUT_RECEIPT = "about-receipt"
    REUSED_MESSAGE_ID = "reused-message-id"
    BOUNCE_UNCLEAR = "bounce-unclear"
    NO_FAILURE = "no-failure"
    BY_EDITOR = "by-editor"
    BY_RULE = "by-rule"
    BY_THREAD = "by-thread"
    UNAUTHENTICATED = "unauthenticated"
    FORGED = "forged"
    WEAKER = "weaker"
    DISOWNED = "disowned"
    REPLAY = "replay"
    PARTLY_SIGNED = "partly-signed"
    ABOUT_WAS_IT_YOU = "about-was-it-you"
    GUESSING = "guessing"


ALARMS = (Reason.FORGED, Reason.WEAKER, Reason.DISOWNED, Reason.REPLAY)
"""Somebody seems to try something; the desk shows these first."""


@dataclass(eq=False)
class InboundMessage:
    """One mail to one of our addresses: the raw bytes first, what we made of them later.

    Unique by the bytes and the recipient, so the same mail handed over twice is one row.
    """

    NOUN: ClassVar[str] = "mail"
    TRANSITIONS: ClassVar[Mapping[tuple[InboundState, Action], InboundState]] = {
        (InboundState.RECEIVED, Action.ACCEPT): InboundState.ACCEPTED,
        (InboundState.RECEIVED, Action.HOLD): InboundState.HELD,
        (InboundState.RECEIVED, Action.REJECT): InboundState.REJECTED,
        (InboundState.RECEIVED, Action.DISCARD): InboundState.DISCARDED,
        (InboundState.RECEIVED, Action.FAIL): InboundState.FAILED,
        (InboundState.FAILED, Action.RETRY): InboundState.RECEIVED,
        (InboundState.FAILED, Action.DISCARD): InboundState.DISCARDED,
        (InboundState.HELD, Action.ACCEPT): InboundState.ACCEPTED,
        (InboundState.HELD, Action.DISCARD): InboundState.DISCARDED,
    }

    door: str  # smtp, lmtp, pipe, imap, or the name of a webhook's provider
    sender: str  # envelope; empty for a bounce
    recipient: str  # envelope
    raw: bytes
    digest: str  # SHA-256 of raw, hexadecimal; without raw, of something else that tells it apart
    received_at: datetime
    state: InboundState = InboundState.RECEIVED
    reason: Reason = Reason.NONE
    attempts: int = 0  # to read it; one that stops its reader every time is given up
    taken_up_at: datetime | None = None
    words_digest: str = ""  # of its decoded words, once it was read
    message_id: str = ""  # as its header has it; may be empty, may be a lie
    author: str = ""  # the address in From, as far as it could be read
    subject: str = ""
    dated: str = ""  # its Date, as it stands
    authentication: str = ""  # see Authentication.wire
    delivery: Delivery | None = None  # the mail of ours that it answers, or that a guess points to
    events: list[Event] = field(default_factory=list)
    id: int | None = None

    @property
    def authenticated(self) -> Authentication | None:
        return Authentication.read(self.authentication)

    @property
    def is_alarming(self) -> bool:
        return self.state is InboundState.HELD and self.reason in ALARMS
