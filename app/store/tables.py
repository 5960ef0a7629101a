"""The tables as SQLAlchemy sees them, and which class of the domain each row becomes.

The schema itself is made by the migrations alone; a test holds the two together.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import deferred, foreign, registry, relationship

from app.domain.bounce import BounceKind, BounceReason
from app.domain.digest import Issue, IssueCopy, IssueState, Variant
from app.domain.event import Event
from app.domain.mail import Delivery, DeliveryKind, DeliveryState, InboundMessage, InboundState, Reason
from app.domain.moved import OldAddress
from app.domain.people import Alias, Asker, Decision, DeskSession, Editor, Expert, SenderRule, SignIn, Topic
from app.domain.photo import Photo
from app.domain.question import Answer, Assignment, AssignmentState, Question, QuestionState, Revision
from app.domain.subscription import Frequency, Subscriber, SubscriptionState, Suppression, SuppressionReason, Wish
from app.domain.watched import WatchedFolder

metadata = MetaData(
    naming_convention={  # constraints need names that migrations can find again
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
mapper_registry = registry(metadata=metadata)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in and out; SQLite stores none of their zones, so all are UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(kind: type[StrEnum]) -> Enum:
    """A StrEnum stored by its value as plain text: a new word needs no change of a database type."""
    return Enum(
        kind,
        native_enum=False,
        length=24,
        validate_strings=True,
        values_callable=lambda e: [m.value for m in e],
    )


def row_id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def big_row_id() -> Column[int]:
    """For rows that come by the million. SQLite counts on only where it reads INTEGER, which has 64 bits there."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def version() -> Column[int]:
    """Every update says which version it read; a second writer finds nothing to update, and is told."""
    return Column("version", Integer, nullable=False)


def when(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime(), nullable=optional)


def reference(name: str, target: str, *, optional: bool = False) -> Column[int]:
    return Column(name, ForeignKey(f"{target}.id"), nullable=optional, index=True)


topic = Table(
    "topic",
    metadata,
    row_id(),
    Column("name", String(100), nullable=False, unique=True),
    Column("slug", String(80), nullable=False, unique=True),
)
asker = Table(
    "asker",
    metadata,
    row_id(),
    Column("address", String(320), nullable=False, unique=True),
)
expert = Table(
    "expert",
    metadata,
    row_id(),
    Column("public_name", String(100), nullable=False, unique=True),
    Column("address", String(320), nullable=True),
    Column("pinned", Text, nullable=False),
    Column("credentials", String(200), nullable=False),
    Column("about", Text, nullable=False),
    Column("portrait", LargeBinary, nullable=True),
    Column("portrait_digest", String(64), nullable=False),
)
expert_alias = Table(
    "expert_alias",
    metadata,
    row_id(),
    reference("expert_id", "expert"),
    Column("address", String(320), nullable=False),
    Column("pinned", Text, nullable=False),
    when("learned_at"),
    Column("learned_by", String(120), nullable=False),
    UniqueConstraint("expert_id", "address"),
)
sender_rule = Table(
    "sender_rule",
    metadata,
    row_id(),
    Column("address", String(320), nullable=False, unique=True),
    Column("decision", word(Decision), nullable=False),
    when("made_at"),
    Column("made_by", String(120), nullable=False),
)
expert_topic = Table(
    "expert_topic",
    metadata,
    Column("expert_id", ForeignKey("expert.id"), primary_key=True),
    Column("topic_id", ForeignKey("topic.id"), primary_key=True),
)
editor = Table(
    "editor",
    metadata,
    row_id(),
    Column("name", String(100), nullable=False),
    Column("address", String(320), nullable=False, unique=True),
)
sign_in = Table(
    "sign_in",
    metadata,
    row_id(),
    version(),
    reference("editor_id", "editor"),
    when("made_at"),
    when("expires_at"),
    when("used_at", optional=True),
)
desk_session = Table(
    "desk_session",
    metadata,
    row_id(),
    Column("digest", String(64), nullable=False, unique=True),
    reference("editor_id", "editor"),
    when("made_at"),
    when("expires_at"),
    when("ended_at", optional=True),
)
question = Table(
    "question",
    metadata,
    row_id(),
    version(),
    Column("public_id", String(12), nullable=False, unique=True),
    Column("public_name", String(200), nullable=False),
    reference("topic_id", "topic"),
    reference("asker_id", "asker", optional=True),
    Column("text", Text, nullable=False),
    Column("state", word(QuestionState), nullable=False),
    Column("form_key", String(80), nullable=False, unique=True),
    Column("fingerprint", String(64), nullable=True, unique=True),
    Column("consent_version", String(20), nullable=False),
    when("made_at"),
    when("confirmed_at", optional=True),
    when("answered_at", optional=True),
    when("published_at", optional=True),
    Column("published_on", Date, nullable=True),
    Column("slug", String(80), nullable=False),
    Column("decline_reason", Text, nullable=False),
    reference("follows_id", "question", optional=True),
    Index("ix_question_state_published", "state", "published_on", "id"),
    Index("ix_question_topic_published", "topic_id", "state", "published_on", "id"),
)
assignment = Table(
    "assignment",
    metadata,
    row_id(),
    version(),
    reference("question_id", "question"),
    reference("expert_id", "expert"),
    Column("state", word(AssignmentState), nullable=False),
    Column("note", Text, nullable=False),
    Column("away_until", Date, nullable=True),
    when("made_at"),
    when("due_at"),
)
answer = Table(
    "answer",
    metadata,
    row_id(),
    Column("question_id", ForeignKey("question.id"), nullable=False, unique=True),
    reference("expert_id", "expert"),
)
revision = Table(
    "revision",
    metadata,
    row_id(),
    version(),
    reference("answer_id", "answer"),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Column("inbound_id", ForeignKey("inbound_message.id"), nullable=True),
    Column("reader_version", Integer, nullable=False),
    Column("note", Text, nullable=False),
    when("made_at"),
    when("hold_until", optional=True),
    Column("hold_reason", String(40), nullable=False),
    when("approved_at", optional=True),
    Column("approved_by", String(120), nullable=False),
    when("published_at", optional=True),
    UniqueConstraint("answer_id", "number"),
)
old_address = Table(
    "old_address",
    metadata,
    row_id(),
    Column("path", String(400), nullable=False, unique=True),
    Column("question_id", ForeignKey("question.id", ondelete="CASCADE"), nullable=False, index=True),
)
subscriber = Table(
    "subscriber",
    metadata,
    row_id(),
    version(),
    Column("address", String(320), nullable=False, unique=True),
    Column("state", word(SubscriptionState), nullable=False),
    Column("frequency", word(Frequency), nullable=False),
    Column("takes_all", Boolean, nullable=False),
    Column("consent_version", String(20), nullable=False),
    Column("consent_source", String(120), nullable=False),
    when("made_at"),
    when("confirmed_at", optional=True),
    when("unsubscribed_at", optional=True),
    Column("left_because", String(24), nullable=False),
    Column("paused_until", Date, nullable=True),
    Column("new_address", String(320), nullable=True),
    Column("soft_bounces", Float, nullable=False),
    when("bounced_at", optional=True),
    Column("wish", Text, nullable=False),
    when("wished_at", optional=True),
    when("had_until", optional=True),
    when("changed_at", optional=True),
    Index("ix_subscriber_state_frequency", "state", "frequency", "id"),
)
subscriber_topic = Table(
    "subscriber_topic",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topic.id"), primary_key=True),
)
subscriber_expert = Table(
    "subscriber_expert",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("expert_id", ForeignKey("expert.id"), primary_key=True),
)
subscriber_question = Table(
    "subscriber_question",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("question_id", ForeignKey("question.id"), primary_key=True),
)
suppression = Table(
    "suppression",
    metadata,
    row_id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("reason", word(SuppressionReason), nullable=False),
    Column("detail", Text, nullable=False),
    when("made_at"),
    when("lifted_at", optional=True),
    Column("lifted_by", String(120), nullable=False),
    when("asked_at", optional=True),
)
wish = Table(
    "wish",
    metadata,
    row_id(),
    Column("address", String(320), nullable=False),
    Column("choice", Text, nullable=False),
    Column("consent_version", String(20), nullable=False),
    when("made_at"),
)
delivery = Table(
    "delivery",
    metadata,
    row_id(),
    version(),
    Column("kind", word(DeliveryKind), nullable=False),
    Column("state", word(DeliveryState), nullable=False),
    Column("address", String(320), nullable=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("occasion", String(120), nullable=False, unique=True),
    reference("question_id", "question", optional=True),
    reference("assignment_id", "assignment", optional=True),
    reference("sign_in_id", "sign_in", optional=True),
    reference("subscriber_id", "subscriber", optional=True),
    # the two tables point at each other, so this one's constraint is added when both are there
    Column("inbound_id", ForeignKey("inbound_message.id", use_alter=True), nullable=True),
    Column("raw", LargeBinary, nullable=True),
    Column("attempts", Integer, nullable=False),
    when("made_at"),
    when("due_at"),
    when("claimed_at", optional=True),
    when("sent_at", optional=True),
    Column("server_said", Text, nullable=False),
    Column("bounce_kind", word(BounceKind), nullable=True),
    Column("bounce_reason", word(BounceReason), nullable=False),
    when("put_away_at", optional=True),
    when("exposed_at", optional=True),
    Column("is_doubtful", Boolean, nullable=False),
    Index("ix_delivery_state_due_at", "state", "due_at"),
    Index("ix_delivery_address_made_at", "address", "made_at"),
)
issue = Table(
    "issue",
    metadata,
    row_id(),
    version(),
    Column("frequency", word(Frequency), nullable=False),
    Column("period", String(10), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", word(IssueState), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("introduction", Text, nullable=False),
    when("since"),
    when("until"),
    when("made_at"),
    when("sends_at", optional=True),
    when("frozen_at", optional=True),
    when("sent_at", optional=True),
    when("paused_at", optional=True),
    Column("pause_reason", Text, nullable=False),
    Column("size", Integer, nullable=False),
    UniqueConstraint("frequency", "period"),
    UniqueConstraint("frequency", "number"),
    Index("ix_issue_state", "state"),
)
issue_item = Table(
    "issue_item",
    metadata,
    Column("issue_id", ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    Column("question_id", ForeignKey("question.id"), primary_key=True),
    Column("position", Integer, nullable=False),
)
issue_variant = Table(
    "issue_variant",
    metadata,
    row_id(),
    Column("issue_id", ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    Column("selection", Text, nullable=False),
    Column("pattern", LargeBinary, nullable=True),
    UniqueConstraint("issue_id", "selection"),
)
issue_copy = Table(  # the ledger: rows by the million, so no more columns and indexes than sending needs
    "issue_copy",
    metadata,
    big_row_id(),
    Column("issue_id", ForeignKey("issue.id"), nullable=False),
    # no foreign key: the ledger stands when a subscriber was erased, and erasing one must not search all of it
    Column("subscriber_id", Integer, nullable=False),
    Column("variant_id", ForeignKey("issue_variant.id"), nullable=False),
    Column("message_key", String(32), nullable=False),
    Column("state", word(DeliveryState), nullable=False),
    Column("attempts", Integer, nullable=False),
    when("due_at"),
    Column("owner", String(32), nullable=True),
    when("claimed_at", optional=True),
    when("begun_at", optional=True),
    when("sent_at", optional=True),
    Column("server_said", Text, nullable=False),
    Column("bounce_kind", word(BounceKind), nullable=True),
    Column("bounce_reason", word(BounceReason), nullable=False),
    UniqueConstraint("issue_id", "subscriber_id"),
    Index(
        "ix_issue_copy_queued",
        *("issue_id", "due_at", "id"),
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_issue_copy_sending",
        *("issue_id", "claimed_at"),
        sqlite_where=text("state = 'sending'"),
        postgresql_where=text("state = 'sending'"),
    ),
)
pace = Table(  # of sending, shared by all workers: nothing more to this domain ("" is all of them) before `free_at`
    "pace",
    metadata,
    Column("domain", String(255), primary_key=True),
    when("free_at"),
)
inbound_message = Table(
    "inbound_message",
    metadata,
    row_id(),
    version(),
    Column("door", String(20), nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", word(InboundState), nullable=False),
    Column("reason", word(Reason), nullable=False),
    Column("attempts", Integer, nullable=False),
    when("taken_up_at", optional=True),
    Column("words_digest", String(64), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("dated", String(100), nullable=False),
    Column("authentication", Text, nullable=False),
    reference("delivery_id", "delivery", optional=True),
    when("received_at"),
    UniqueConstraint("digest", "recipient"),
    Index("ix_inbound_message_state_received_at", "state", "received_at"),
    Index("ix_inbound_message_words_digest", "words_digest"),
    # as long as a sender likes: too long for a B-tree of PostgreSQL's
    Index("ix_inbound_message_message_id", "message_id", postgresql_using="hash"),
)
nonce = Table(
    "nonce",
    metadata,
    row_id(),
    Column("door", String(20), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("content", String(64), nullable=False),
    when("spent_at"),
    UniqueConstraint("door", "nonce"),
)
event = Table(
    "event",
    metadata,
    row_id(),
    when("at"),
    Column("name", String(60), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    reference("question_id", "question", optional=True),
    reference("assignment_id", "assignment", optional=True),
    reference("delivery_id", "delivery", optional=True),
    reference("inbound_message_id", "inbound_message", optional=True),
    reference("subscriber_id", "subscriber", optional=True),
    reference("issue_id", "issue", optional=True),
)
watched_folder = Table(
    "watched_folder",
    metadata,
    row_id(),
    Column("account", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),  # 32 bits without a sign: more than an Integer holds
    Column("uid", BigInteger, nullable=False),
    when("looked_at", optional=True),
    Column("trouble", Text, nullable=False),
    when("troubled_at", optional=True),
    Column("refresh_token", Text, nullable=False),
    UniqueConstraint("account", "folder"),
)
photo = Table(
    "photo",
    metadata,
    row_id(),
    version(),
    Column("public_id", String(24), nullable=False, unique=True),
    Column("form_key", String(80), nullable=True),
    Column("slot", Integer, nullable=False),
    reference("question_id", "question", optional=True),
    Column("alt", Text, nullable=False),
    Column("large", LargeBinary, nullable=False),
    Column("small", LargeBinary, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    when("made_at"),
    when("approved_at", optional=True),
    Column("approved_by", String(120), nullable=False),
    UniqueConstraint("form_key", "slot"),
)
tally = Table(  # how many letters came in an hour from one place, whose name is in no column
    "tally",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("hour", UtcDateTime(), primary_key=True),
    Column("number", Integer, nullable=False),
)
edition = Table(  # one row: counts what was printed, corrected and withdrawn
    "edition",
    metadata,
    row_id(),
    Column("number", Integer, nullable=False),
)
indexed_letter = Table(  # what of the index a letter has to take back when it changes
    "indexed_letter",
    metadata,
    Column("question_id", Integer, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)
indexed_word = Table(
    "indexed_word",
    metadata,
    Column("word", String(40), primary_key=True),
    Column("letters", Integer, nullable=False),
)
LETTER_INDEX = "letter_index"  # FTS5 on SQLite, tsvector on PostgreSQL: of no type that both know


def _map(kind: type[Any], table: Table, **properties: Any) -> None:
    versioned = {"version_id_col": table.c.version} if "version" in table.c else {}
    mapper_registry.map_imperatively(kind, table, properties=properties, **versioned)


_map(Topic, topic)
_map(Asker, asker)
_map(
    Expert,
    expert,
    topics=relationship(Topic, secondary=expert_topic, order_by=topic.c.name),
    aliases=relationship(Alias, order_by=expert_alias.c.id, cascade="all, delete-orphan"),
    portrait=deferred(expert.c.portrait),  # lists of letters name her, and do without
)
_map(Alias, expert_alias)
_map(SenderRule, sender_rule)
_map(Editor, editor)
_map(SignIn, sign_in, editor=relationship(Editor))
_map(DeskSession, desk_session, editor=relationship(Editor))
_map(Event, event)
_map(WatchedFolder, watched_folder)
_map(Photo, photo, large=deferred(photo.c.large), small=deferred(photo.c.small))
_map(
    Question,
    question,
    photos=relationship(Photo, order_by=photo.c.slot, passive_deletes="all"),
    asker=relationship(Asker),
    topic=relationship(Topic),
    assignments=relationship(Assignment, back_populates="question", order_by=assignment.c.id),
    answer=relationship(Answer, back_populates="question", uselist=False),
    follows=relationship(Question, back_populates="follow_ups", remote_side=question.c.id),
    follow_ups=relationship(Question, back_populates="follows", order_by=question.c.id),
    events=relationship(Event, order_by=event.c.id),
)
_map(
    Assignment,
    assignment,
    question=relationship(Question, back_populates="assignments"),
    expert=relationship(Expert),
    events=relationship(Event, order_by=event.c.id),
)
_map(
    Answer,
    answer,
    question=relationship(Question, back_populates="answer"),
    expert=relationship(Expert),
    revisions=relationship(Revision, order_by=revision.c.number),
)
_map(Revision, revision)
_map(OldAddress, old_address)
_map(
    Subscriber,
    subscriber,
    topics=relationship(Topic, secondary=subscriber_topic, order_by=topic.c.name),
    experts=relationship(Expert, secondary=subscriber_expert, order_by=expert.c.public_name),
    questions=relationship(Question, secondary=subscriber_question, order_by=question.c.id),
    events=relationship(Event, order_by=event.c.id),
)
_map(Suppression, suppression)
_map(Wish, wish)
_map(
    Delivery,
    delivery,
    subscriber=relationship(Subscriber),
    question=relationship(Question),
    assignment=relationship(Assignment),
    sign_in=relationship(SignIn),
    events=relationship(Event, order_by=event.c.id),
)
_map(
    Issue,
    issue,
    items=relationship(Question, secondary=issue_item, order_by=issue_item.c.position, viewonly=True),
    events=relationship(Event, order_by=event.c.id),
)
_map(Variant, issue_variant, issue=relationship(Issue))
_map(
    IssueCopy,
    issue_copy,
    issue=relationship(Issue),
    variant=relationship(Variant),
    subscriber=relationship(
        Subscriber, primaryjoin=foreign(issue_copy.c.subscriber_id) == subscriber.c.id, uselist=False, viewonly=True
    ),
)
_map(
    InboundMessage,
    inbound_message,
    delivery=relationship(Delivery, foreign_keys=[inbound_message.c.delivery_id]),
    raw=deferred(inbound_message.c.raw),  # up to 25 MB each: lists of mails do without
    events=relationship(Event, order_by=event.c.id),
)
