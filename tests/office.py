"""A whole Mailbag for tests: a real database and real mail bytes; only the clock and the next server are ours."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select

from app import jobs
from app.domain.column import Column, Intake, Publication
from app.domain.letter import Letter
from app.domain.mail import Delivery, DeliveryKind
from app.domain.people import Editor
from app.domain.question import Question
from app.domain.token import Purpose, Signer
from app.language import ENGLISH, Language
from app.mail.authenticate import Authenticator, trust_the_token
from app.mail.compose import Composer
from app.mail.links import Links
from app.mail.lint import Envelope, lint_outgoing
from app.mail.programs import Program, compose_reply
from app.mail.transport import Fate, Handover
from app.store import mail, people, tables
from app.store.base import Database
from app.usecases import asking, delivering, mailing, publishing, receiving, staffing, subscribing, sweeping
from app.usecases.mailbag import Mailbag
from tests.compiled import compiled_once

TEMPLATES = Path(__file__).parent.parent / "templates"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

BECKY = "becky@asker.example"
GURU = "guru@clinic.example"
ANNA = "anna@column.example"
QUESTION = (
    "Hi there,\n\nI ran my first marathon two months ago – and have had knee discomfort from two days after"
    " the run.\n\nI have decided not to run until it feels ok again. Would love to hear your thoughts!"
)
ANSWER = (
    "Hi Becky\n\nThat is far more common than you think… Your kneecap sits in a groove, and tracks.\n\n"
    "I wouldn’t run. Go for form and not for numbers.\n\nThis is really pain, no gain."
)

COLUMN = Column(
    title="Ask The Guru",
    tagline="Physiotherapy advice, answered by letter",
    persona="The Guru",
    noun="Advice",
    date_format="{month} {day}{th}, {year}",
    time_zone=ZoneInfo("Europe/London"),
    disclaimer="General advice.",
    caution="",
    intake=Intake.STRAIGHT_TO_EXPERT,
    publication=Publication.AUTO_AFTER_HOLD,
    prints_passages=False,
    hold=timedelta(0),
    time_to_answer=timedelta(days=4),
    time_to_confirm=timedelta(days=3),
    consent_version="1",
)


class Compiled(BytecodeCache):
    """Templates that another test has compiled already: a third of the time of most tests."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Sent:
    """One message as the next server saw it."""

    envelope: Envelope
    raw: bytes


@dataclass
class NextServer:
    """Takes every mail, after the answers that it was told to give first. Lints each message."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[Handover] = field(default_factory=list)

    def hand_over(self, message: bytes, *, sender: str, recipient: str) -> Handover:
        envelope = Envelope(sender=sender, recipient=recipient)
        assert lint_outgoing(message, envelope) == []
        answer = self.answers.pop(0) if self.answers else Handover(Fate.TAKEN, "250 2.0.0 Ok")
        if answer.fate in (Fate.TAKEN, Fate.UNKNOWN):
            self.sent.append(Sent(envelope, message))
        return answer

    def open_line(self) -> "NextLine":
        return NextLine(self)

    def to(self, address: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.envelope.recipient == address]


class NextLine:
    """A warm connection to the next server."""

    def __init__(self, server: NextServer) -> None:
        self._server = server
        self._announced: Envelope | None = None
        self._open: Envelope | None = None
        self._answer = Handover(Fate.UNKNOWN, "")
        self.is_broken = False
        self.patience = 100.0

    def announce(self, envelope: Envelope) -> None:
        self._announced = envelope

    def opened(self) -> Handover | None:
        self._open, self._announced = self._announced, None
        return None

    def send(self, message: bytes, following: Envelope | None) -> None:
        assert self._open is not None
        self._answer = self._server.hand_over(message, sender=self._open.sender, recipient=self._open.recipient)
        self._announced = following

    def result(self) -> Handover:
        return self._answer

    def close(self) -> None:
        self.is_broken = True

    drop = close


class Office:
    """The Mailbag, and short words for what tests do with it."""

    def __init__(
        self,
        database_url: str,
        column: Column = COLUMN,
        authenticator: Authenticator = trust_the_token,
        language: Language = ENGLISH,
    ) -> None:
        column = replace(
            column,
            language=language.tag,
            date_format=column.date_format if language.is_english else language.date_pattern,
            months=language.months,
            anonymous=language.anonymous,
        )
        self.bells: list[tuple[str, int]] = []
        self.clock = Clock()
        self.server = NextServer()
        links = Links(base_url="https://guru.example", mail_domain="column.example", signer=Signer((b"k" * 32,)))
        with compiled_once():
            database = Database(database_url, lambda job, row_id: self.bells.append((job, row_id)))
        self.mailbag = Mailbag(
            column=column,
            database=database,
            links=links,
            composer=Composer(templates=TEMPLATES / "mail", column=column, links=links, language=language),
            transport=self.server,
            authenticator=authenticator,
            clock=self.clock,
            language=language,
        )
        self.mailbag.composer._environment.bytecode_cache = COMPILED
        staffing.add_topic(self.mailbag, "Physiotherapy Advice")
        staffing.add_expert(self.mailbag, "The Guru", GURU)
        staffing.add_editor(self.mailbag, "Anna", ANNA)

    def stored(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        with self.mailbag.database.read() as tx:
            return {
                table.name: [tuple(row) for row in tx.session.execute(table.select().order_by(*table.primary_key))]
                for table in tables.metadata.sorted_tables
            }

    def run_jobs(self) -> None:
        """What a worker would do, until nothing rings any more."""
        work = {
            jobs.DELIVER: delivering.deliver,
            jobs.PROCESS: receiving.process,
            jobs.PROCESS_OTHER: receiving.process,
            jobs.PUBLISH: publishing.publish_if_due,
            jobs.WISH: subscribing.take_up,
            jobs.SEND_ISSUE: mailing.send_issue,
        }
        while self.bells:
            job, row_id = self.bells.pop(0)
            work[job](self.mailbag, row_id)

    def sweep(self) -> None:
        sweeping.sweep(self.mailbag)
        self.run_jobs()

    def letter(self, **changes: object) -> Letter:
        key = self.mailbag.links.signer.mint(Purpose.FORM, 1)
        letter = Letter(
            public_name="Becky",
            address=BECKY,
            topic="physiotherapy-advice",
            text=QUESTION,
            consent=True,
            form_key=key,
        )
        return replace(letter, **changes)  # type: ignore[arg-type]

    def ask(self, **changes: object) -> Question:
        """A question, confirmed, with all its mail sent."""
        question = asking.submit(self.mailbag, self.letter(**changes))
        assert question.id is not None
        asking.confirm(self.mailbag, self.mailbag.links.signer.mint(Purpose.CONFIRM, question.id))
        self.run_jobs()
        return question

    def reply(self, text: str = ANSWER, program: Program = Program.PLAIN69, sender: str = GURU) -> bytes:
        """What the expert's program makes of the last mail that she got."""
        original = self.server.to(GURU)[-1].raw
        _, raw = compose_reply(
            program, original=original, sender_name="The Guru", sender=sender, text=text, at=self.clock()
        )
        return raw

    def receive(self, raw: bytes, *, to: str | None = None, sender: str = GURU) -> int:
        """Hand a mail to a door, and let the worker decide."""
        recipient = to or self.reply_address()
        inbound_id = receiving.accept(self.mailbag, raw, door="smtp", sender=sender, recipient=recipient)
        self.run_jobs()
        return inbound_id

    def reply_address(self) -> str:
        """Of the last question that went to the expert."""
        kinds = (DeliveryKind.QUESTION, DeliveryKind.SENT_BACK)
        last = [delivery for delivery in self.deliveries() if delivery.kind in kinds][-1]
        return self.mailbag.links.reply_address(last)

    def deliveries(self) -> list[Delivery]:
        with self.mailbag.database.read() as tx:
            return list(tx.session.scalars(select(Delivery).order_by(tables.delivery.c.id)))

    def question(self, question_id: int | None) -> "QuestionView":
        assert question_id is not None
        with self.mailbag.database.read() as tx:
            found = tx.session.get(Question, question_id)
            assert found is not None
            return QuestionView(
                state=found.state,
                text=found.answer.current.text if found.answer else "",
                revisions=len(found.answer.revisions) if found.answer else 0,
                events=[event.name for event in found.events],
                path=found.path if found.published_on else "",
                assignments=[assignment.state for assignment in found.assignments],
            )

    def inbound(self, inbound_id: int) -> "InboundView":
        with self.mailbag.database.read() as tx:
            found = mail.inbound_by_id(tx, inbound_id)
            assert found is not None
            return InboundView(found.state, found.reason, found.raw, [event.name for event in found.events])

    def editor(self) -> Editor:
        with self.mailbag.database.read() as tx:
            found = people.editor_at(tx, ANNA)
            assert found is not None
            return found


@dataclass(frozen=True)
class QuestionView:
    """What tests ask of a question, read in one transaction."""

    state: str
    text: str
    revisions: int
    events: list[str]
    path: str
    assignments: list[str]


@dataclass(frozen=True)
class InboundView:
    """What tests ask of a stored mail."""

    state: str
    reason: str
    raw: bytes
    events: list[str]


@contextmanager
def open_office(
    database_url: str,
    authenticator: Authenticator = trust_the_token,
    language: Language = ENGLISH,
    **column: object,
) -> Iterator[Office]:
    office = Office(database_url, replace(COLUMN, **column), authenticator, language)  # type: ignore[arg-type]
    try:
        yield office
    finally:
        office.mailbag.database.close()


@contextmanager
def open_copy(
    template: Path, path: Path, authenticator: Authenticator = trust_the_token, **column: Any
) -> Iterator[Office]:
    """On SQLite, in a new file with the schema of `template`: for what no kind of database makes a difference to."""
    shutil.copyfile(template, path)
    with open_office(f"sqlite:///{path}", authenticator, **column) as office:
        yield office


def with_a_newer_key(mailbag: Mailbag) -> Mailbag:
    """As it is configured after its secret key was changed; the one before still counts."""
    signer = Signer((b"n" * 32, b"k" * 32))
    links = Links(base_url=mailbag.links.base_url, mail_domain=mailbag.links.mail_domain, signer=signer)
    return replace(mailbag, links=links)
