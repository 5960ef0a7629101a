"""Held mail at the desk: an editor attaches it to a question, puts it away, or has it read again."""

import logging

from app import jobs
from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.event import Action, advance, record
from app.domain.mail import InboundMessage, InboundState, Reason
from app.domain.people import Decision
from app.domain.question import Assignment, Question, QuestionState
from app.mail.address import is_wire_address
from app.store import mail, people
from app.store.base import Transaction
from app.usecases import likewise, publishing, recognising
from app.usecases.capturing import capture, exchange_of
from app.usecases.mailbag import Mailbag
from app.usecases.routing import the_question
from app.usecases.was_it_you import ask_her

log = logging.getLogger(__name__)


def attach(mailbag: Mailbag, inbound_id: int, question_id: int, *, by: str, likewise_later: bool = False) -> None:
    """An editor knows better: a held mail is the answer to this question. She then approves it as any other.

    Raises NotFound, ForbiddenTransition.
    """
    with mailbag.database.read() as tx:
        message = the_message(tx, inbound_id)
        exchange = exchange_of(tx, message)
    text = capture(mailbag, exchange).published()
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        question = the_question(tx, question_id)
        _reopen(mailbag, tx, question, message, actor=f"editor {by}")
        if question.state not in (QuestionState.ASSIGNED, QuestionState.ANSWERED):
            raise ForbiddenTransition(question.NOUN, question.state, "take an answer")
        if likewise_later:
            likewise.remember(mailbag, tx, message, Decision.ATTACH, by=by)
        attach_to(mailbag, tx, message, question, text, actor=f"editor {by}")


def attach_to(
    mailbag: Mailbag, tx: Transaction, message: InboundMessage, question: Question, text: str, *, actor: str
) -> None:
    """Only an editor lets it through from here on."""
    advance(message, Action.ACCEPT, at=mailbag.clock(), actor=actor, detail=f"#{question.id}")
    message.reason = Reason.ATTACHED
    publishing.take_answer(mailbag, tx, question, text, message=message, for_editor="attached")


def learn_sender(mailbag: Mailbag, inbound_id: int, *, by: str) -> None:
    """An editor knows that this sender is the expert: mail from the address counts as hers from now on.

    Where her question is still open, the mail is attached to it. Raises NotFound where it is not clear who the
    sender or the expert is, ForbiddenTransition where the mail does not wait.
    """
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        expert = recognising.expert_of(tx, message.delivery)
        if expert is None or not is_wire_address(message.author) or message.reason is Reason.UNCLEAR_SENDER:
            raise NotFound("no expert, or no sender, to learn")
        if message.state is not InboundState.HELD:
            raise ForbiddenTransition(message.NOUN, message.state, Action.CONFIRM)
        recognising.learn_alias(mailbag, expert, message.author, by=f"editor {by}")
        record(message, Action.CONFIRM, at=mailbag.clock(), actor=f"editor {by}")
        question = message.delivery.question if message.delivery and message.delivery.assignment else None
        question_id = question.id if question and question.state is QuestionState.ASSIGNED else None
    if question_id is not None:
        attach(mailbag, inbound_id, question_id, by=by)


def ask_sender(mailbag: Mailbag, inbound_id: int, *, by: str) -> None:
    """An editor has the expert asked whether this mail is hers. Raises NotFound, ForbiddenTransition."""
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if message.state is not InboundState.HELD:
            raise ForbiddenTransition(message.NOUN, message.state, Action.ASK)
        ask_her(mailbag, tx, message, by=f"editor {by}")


def forget_profile(mailbag: Mailbag, expert_id: int, *, by: str) -> None:
    """Her provider changed: her next reply that passes says anew how her mail authenticates. Raises NotFound."""
    with mailbag.database.write() as tx:
        expert = people.expert(tx, expert_id)
        if expert is None:
            raise NotFound("no such expert")
        log.warning("editor %s reset how mail of expert %s authenticates", by, expert_id)
        expert.pinned = ""


def forget_alias(mailbag: Mailbag, expert_id: int, alias_id: int, *, by: str) -> None:
    """Mail from that address is somebody else's again. Raises NotFound."""
    with mailbag.database.write() as tx:
        expert = people.expert(tx, expert_id)
        alias = next((one for one in expert.aliases if one.id == alias_id), None) if expert else None
        if expert is None or alias is None:
            raise NotFound("no such address")
        log.warning("editor %s removed alias %s of expert %s", by, alias_id, expert_id)
        expert.aliases.remove(alias)


def _reopen(mailbag: Mailbag, tx: Transaction, question: Question, message: InboundMessage, *, actor: str) -> None:
    """A late reply to a question that was taken back: its expert gets it again, without another mail."""
    asked = message.delivery.assignment if message.delivery else None
    if question.state is not QuestionState.SUBMITTED or asked is None or asked.question is not question:
        return
    now = mailbag.clock()
    advance(question, Action.ASSIGN, at=now, actor=actor, detail=asked.expert.public_name)
    tx.add(Assignment(question=question, expert=asked.expert, made_at=now, due_at=now))


def discard(mailbag: Mailbag, inbound_id: int, *, by: str, likewise_later: bool = False) -> None:
    """An editor has seen it and needs it no more. The bytes stay; nobody is told."""
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if likewise_later:
            likewise.remember(mailbag, tx, message, Decision.DISCARD, by=by)
        advance(message, Action.DISCARD, at=mailbag.clock(), actor=f"editor {by}")
        message.reason = Reason.BY_EDITOR


def read_again(mailbag: Mailbag, inbound_id: int, *, by: str) -> None:
    """Try a mail again that could not be read, after the reader was mended."""
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        advance(message, Action.RETRY, at=mailbag.clock(), actor=f"editor {by}")
        message.attempts, message.taken_up_at = 0, None
        tx.ring(jobs.PROCESS, message.id)


def the_message(tx: Transaction, inbound_id: int) -> InboundMessage:
    message = mail.inbound_by_id(tx, inbound_id)
    if message is None:
        raise NotFound("no such mail")
    return message
