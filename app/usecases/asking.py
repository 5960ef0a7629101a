"""A reader asks: submit the letter, confirm it from the mail, expire what nobody confirmed."""

from datetime import datetime

from app.domain.column import Column
from app.domain.errors import Conflict, NotFound
from app.domain.event import Action, advance, begin
from app.domain.letter import (
    ANONYMOUS,
    LONGEST_NAME,
    LONGEST_TEXT,
    SHORTEST_TEXT,
    BadLetter,
    Letter,
    Problem,
    addresses_in,
    clean_line,
    clean_text,
    fingerprint,
)
from app.domain.mail import DeliveryKind, DeliveryState
from app.domain.people import Topic
from app.domain.question import Question
from app.domain.token import Genuine, Purpose
from app.mail.address import AddressProblem, BadAddress, normalise_address, same_address
from app.store import mail, people, questions
from app.store.base import Transaction
from app.usecases import routing
from app.usecases.mailbag import Mailbag, random_id
from app.usecases.queueing import queue

_ADDRESS_PROBLEMS = {
    AddressProblem.MISSING: Problem.ADDRESS_MISSING,
    AddressProblem.NO_AT: Problem.ADDRESS_WITHOUT_AT,
    AddressProblem.NON_ASCII_LOCAL: Problem.ADDRESS_NOT_ASCII,
}


def submit(mailbag: Mailbag, letter: Letter) -> Question:
    """Store the letter and queue the mail that asks for confirmation.

    The same form, or the same words from the same address, sent again: the question that is there already.
    Raises BadLetter with every problem at once.
    """
    with mailbag.database.read() as tx:
        topics = people.topics(tx)
    address, topic = _checked(mailbag.column, letter, topics)
    mark = fingerprint(address, clean_text(letter.text))
    try:
        with mailbag.database.write() as tx:
            known = _known(tx, letter.form_key, mark)
            return known or _store(mailbag, tx, letter, address=address, topic=topic)
    except Conflict:  # two clicks at the same time: the other one was first
        with mailbag.database.read() as tx:
            known = _known(tx, letter.form_key, mark)
        if known is None:
            raise
        return known


def _known(tx: Transaction, form_key: str, mark: str) -> Question | None:
    return questions.by_form_key(tx, form_key) or questions.by_fingerprint(tx, mark)


def _store(mailbag: Mailbag, tx: Transaction, letter: Letter, *, address: str, topic: Topic) -> Question:
    now = mailbag.clock()
    text = clean_text(letter.text)
    question = Question(
        public_id=random_id(6),
        public_name=clean_line(letter.public_name) or ANONYMOUS,
        topic=people.topic_named(tx, topic.name),
        text=text,
        made_at=now,
        form_key=letter.form_key,
        fingerprint=fingerprint(address, text),
        asker=people.asker_at(tx, address),
        consent_version=mailbag.column.consent_version,
    )
    begin(question, Action.SUBMIT, at=now, actor="asker")
    tx.add(question)
    queue(mailbag, tx, DeliveryKind.CONFIRM, address, occasion=f"{question.id}", question=question)
    return question


def find_topic(column: Column, wanted: str, topics: list[Topic]) -> Topic | None:
    """By what the form sends (the slug), or by its name, long or short, in any capitals."""
    key = clean_line(wanted).casefold()
    for topic in topics:
        if key in (topic.slug, topic.name.casefold(), column.short_topic(topic.name).casefold()):
            return topic
    return None


def _checked(column: Column, letter: Letter, topics: list[Topic]) -> tuple[str, Topic]:
    """The address as it goes on the wire, and the topic. Raises BadLetter."""
    problems: dict[str, Problem] = {}
    address = _checked_address(letter.address, problems)
    topic = find_topic(column, letter.topic, topics)
    found = {
        "public_name": _name_problem(clean_line(letter.public_name)),
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
        problems["address"] = _ADDRESS_PROBLEMS.get(error.problem, Problem.ADDRESS_MALFORMED)
        return ""


def _name_problem(name: str) -> Problem | None:
    if len(name) > LONGEST_NAME:
        return Problem.NAME_TOO_LONG
    return Problem.NAME_NOT_A_NAME if addresses_in(name) or "://" in name else None


def _text_problem(text: str, address: str) -> Problem | None:
    if not text:
        return Problem.TEXT_MISSING
    if len(text) < SHORTEST_TEXT:
        return Problem.TEXT_TOO_SHORT
    if len(text) > LONGEST_TEXT:
        return Problem.TEXT_TOO_LONG
    if any(same_address(found, address) for found in addresses_in(text)):
        return Problem.TEXT_HAS_ADDRESS
    return None


def letter_to_confirm(mailbag: Mailbag, tx: Transaction, token: str) -> Question:
    """The question that a confirmation link is about; looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.CONFIRM, token)
    question = questions.by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if question is None:
        raise NotFound("no such letter")
    return question


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
    for delivery in mail.deliveries_about(tx, question):
        if delivery.state is DeliveryState.QUEUED:
            advance(delivery, Action.SUPPRESS, at=at, actor="mailbag", detail="its letter expired")
        delivery.raw, delivery.address = None, ""
    asker, question.asker = question.asker, None
    question.text, question.public_name, question.fingerprint = "", ANONYMOUS, None
    if asker is not None:
        people.remove_asker_without_questions(tx, asker)
