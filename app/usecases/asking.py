"""A reader asks: submit the letter, confirm it from the mail, expire what nobody confirmed."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.column import Column
from app.domain.errors import NotFound
from app.domain.event import Action, advance, record
from app.domain.letter import (
    ANONYMOUS,
    LONGEST_NAME,
    LONGEST_TEXT,
    SHORTEST_TEXT,
    BadLetter,
    Letter,
    Naming,
    Problem,
    clean_line,
    clean_text,
    fingerprint,
    holds_address,
    holds_link,
)
from app.domain.mail import DeliveryKind, DeliveryState
from app.domain.people import Topic
from app.domain.question import Question, QuestionState
from app.domain.suspicion import UNKNOWN, Doubt, Origin
from app.domain.telltale import Telltale, telltales
from app.domain.token import Genuine, Purpose
from app.mail.address import AddressProblem, BadAddress, normalise_address
from app.store import mail, people, questions
from app.store import similar as likest
from app.store.base import Transaction
from app.usecases import guarding, photographing, routing
from app.usecases.forgetting import forget_mail
from app.usecases.mailbag import Mailbag, random_id
from app.usecases.queueing import queue
from app.usecases.retrying import retried

MOST_UNCONFIRMED = 5  # letters with one address in a day that nobody has confirmed yet
MOST_CONFIRMATIONS = 3  # mails about one letter
PATIENCE = timedelta(minutes=10)  # a mail may take that long

_ADDRESS_PROBLEMS = {
    AddressProblem.MISSING: Problem.ADDRESS_MISSING,
    AddressProblem.NO_AT: Problem.ADDRESS_WITHOUT_AT,
    AddressProblem.NON_ASCII_LOCAL: Problem.ADDRESS_NOT_ASCII,
}


def submit(mailbag: Mailbag, letter: Letter, origin: Origin = UNKNOWN, doubts: tuple[Doubt, ...] = ()) -> Question:
    """Store the letter and queue the mail that asks for confirmation. One with doubts goes to no expert by itself.

    The same words from the same address again are the question that is there already; if its mail may have been
    lost, it gets another one. Raises BadLetter with every problem at once.
    """
    address, topic = check(mailbag, letter)
    return _store_once(mailbag, letter, origin, doubts, address=address, topic=topic)


@dataclass(frozen=True)
class LookedOver:
    """What an asker should see before her letter is posted: what gives her away, and what is like it."""

    telltales: tuple[Telltale, ...]
    similar: list[Question]
    mark: str  # of what was looked at: the same words under the same name have the same one


def look_over(mailbag: Mailbag, letter: Letter) -> LookedOver:
    """Changes nothing, and refuses nothing."""
    text = clean_text(letter.text)
    nobody = mailbag.column.anonymous
    name = letter.printed_name(nobody)
    told = telltales(text, "" if name == nobody else name, (mailbag.column.persona,))
    with mailbag.database.read() as tx:
        found = likest.similar(tx, text)
    mark = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:16]
    return LookedOver(told, found, mark)


@retried()  # two clicks at the same time: the other one was first, and is found now
def _store_once(
    mailbag: Mailbag, letter: Letter, origin: Origin, doubts: tuple[Doubt, ...], *, address: str, topic: Topic
) -> Question:
    text = clean_text(letter.text)
    mark = fingerprint(address, text)
    with mailbag.database.write() as tx:
        known = questions.by_fingerprint(tx, mark)
        if known is not None:
            _ask_again(mailbag, tx, known)
            if known.state is QuestionState.UNCONFIRMED:
                photographing.attach(tx, known, letter.form_key)
            return known
        _refuse_a_flood(mailbag, tx, address)
        guarding.count(mailbag, tx, origin)
        question = _store(mailbag, tx, letter, address=address, topic=topic, mark=mark)
        if doubts:
            record(question, Action.HOLD, at=mailbag.clock(), actor="mailbag", detail=" ".join(doubts))
        return question


def _store(mailbag: Mailbag, tx: Transaction, letter: Letter, *, address: str, topic: Topic, mark: str) -> Question:
    """A form that was sent before, and comes again with other words, is another letter: she went back."""
    now = mailbag.clock()
    is_taken = questions.by_form_key(tx, letter.form_key) is not None
    question = Question(
        public_id=random_id(6),
        public_name=letter.printed_name(mailbag.column.anonymous),
        topic=people.topic_named(tx, topic.name),
        text=clean_text(letter.text),
        made_at=now,
        form_key=f"{letter.form_key}:{mark[:12]}" if is_taken else letter.form_key,
        fingerprint=mark,
        asker=people.asker_at(tx, address),
        consent_version=mailbag.column.consent_version,
    )
    record(question, Action.SUBMIT, at=now, actor="asker")
    if letter.unlike:
        record(question, Action.CALL_DIFFERENT, at=now, actor="asker", detail=" ".join(letter.unlike))
    tx.add(question)
    photographing.attach(tx, question, letter.form_key)
    queue(mailbag, tx, DeliveryKind.CONFIRM, address, occasion=f"{question.id}", question=question)
    return question


def _ask_again(mailbag: Mailbag, tx: Transaction, question: Question) -> None:
    """She wrote the same once more, perhaps because our mail never came: it is sent anew, three times at most."""
    if question.state is not QuestionState.UNCONFIRMED or question.asker is None:
        return
    sent = [d for d in mail.deliveries_about(tx, question) if d.kind is DeliveryKind.CONFIRM]
    last = max(sent, key=lambda delivery: delivery.made_at)
    was_lost = last.state in (DeliveryState.FAILED, DeliveryState.BOUNCED)
    is_old = mailbag.clock() > last.made_at + PATIENCE
    if len(sent) < MOST_CONFIRMATIONS and (was_lost or is_old):
        occasion = f"{question.id}:{len(sent) + 1}"
        queue(mailbag, tx, DeliveryKind.CONFIRM, question.asker.address, occasion=occasion, question=question)


def _refuse_a_flood(mailbag: Mailbag, tx: Transaction, address: str) -> None:
    """The form is no way to fill somebody's mailbox. Raises BadLetter."""
    since = mailbag.clock() - timedelta(days=1)
    if questions.unconfirmed_from(tx, address, since) >= MOST_UNCONFIRMED:
        raise BadLetter({"address": Problem.TOO_MANY})


def find_topic(column: Column, wanted: str, topics: list[Topic]) -> Topic | None:
    """By what the form sends (the slug), or by its name, long or short, in any capitals."""
    key = clean_line(wanted).casefold()
    for topic in topics:
        if key in (topic.slug, topic.name.casefold(), column.short_topic(topic.name).casefold()):
            return topic
    return None


def check(mailbag: Mailbag, letter: Letter) -> tuple[str, Topic]:
    """The address as it goes on the wire, and the topic. Raises BadLetter."""
    with mailbag.database.read() as tx:
        topic = find_topic(mailbag.column, letter.topic, people.topics(tx))
    problems: dict[str, Problem] = {}
    address = _checked_address(letter.address, problems)
    found = {
        "public_name": _name_problem(letter),
        "topic": None if topic else Problem.TOPIC_MISSING,
        "text": _text_problem(clean_text(letter.text), address),
        "consent": None if letter.consent else Problem.CONSENT_MISSING,
    }
    problems |= {field: problem for field, problem in found.items() if problem}
    if problems or topic is None:
        raise BadLetter(problems)
    return address, topic


def _checked_address(typed: str, problems: dict[str, Problem]) -> str:
    try:
        return normalise_address(typed)
    except BadAddress as error:
        problems["address"] = problem_of(error)
        return ""


def problem_of(error: BadAddress) -> Problem:
    """What a form says of an address that we cannot write to."""
    return _ADDRESS_PROBLEMS.get(error.problem, Problem.ADDRESS_MALFORMED)


def _name_problem(letter: Letter) -> Problem | None:
    if letter.naming is Naming.ANONYMOUS:
        return None
    name = clean_line(letter.public_name)
    if not name and letter.naming is not Naming.UNSAID:
        return Problem.NAME_MISSING
    if len(name) > LONGEST_NAME:
        return Problem.NAME_TOO_LONG
    return Problem.NAME_NOT_A_NAME if holds_link(name) else None


def _text_problem(text: str, address: str) -> Problem | None:
    if not text:
        return Problem.TEXT_MISSING
    if len(text) < SHORTEST_TEXT:
        return Problem.TEXT_TOO_SHORT
    if len(text) > LONGEST_TEXT:
        return Problem.TEXT_TOO_LONG
    return Problem.TEXT_HAS_ADDRESS if address and holds_address(text, address) else None


def letter_to_confirm(mailbag: Mailbag, tx: Transaction, token: str) -> Question:
    """The question that a confirmation link is about; looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.CONFIRM, token)
    question = questions.by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if question is None:
        raise NotFound("no such letter")
    return question


@retried()  # a double click: the other one was first
def confirm(mailbag: Mailbag, token: str) -> Question:
    """The asker pressed the button. Pressing again changes nothing. Raises NotFound, ForbiddenTransition."""
    with mailbag.database.write() as tx:
        question = letter_to_confirm(mailbag, tx, token)
        if question.confirmed_at is None:
            now = mailbag.clock()
            advance(question, Action.CONFIRM, at=now, actor="asker")
            question.confirmed_at = now
            routing.route(mailbag, tx, question)
        return question


def expire(mailbag: Mailbag, at: datetime) -> int:
    """Throw away letters that nobody confirmed in time; how many. The same words may be sent anew.

    Words, name and address go, also from the mail that asked for confirmation; that there was one stays.
    """
    with mailbag.database.write() as tx:
        forgotten = questions.unconfirmed_since(tx, at - mailbag.column.time_to_confirm)
        for question in forgotten:
            advance(question, Action.EXPIRE, at=at, actor="mailbag")
            _forget(tx, question, at)
        return len(forgotten)


def _forget(tx: Transaction, question: Question, at: datetime) -> None:
    photographing.remove_all(tx, question)
    forget_mail(mail.deliveries_about(tx, question), at, why="its letter expired")
    asker, question.asker = question.asker, None
    question.text, question.public_name, question.fingerprint = "", ANONYMOUS, None
    if asker is not None:
        people.remove_asker_without_questions(tx, asker)
