"""Held mail at the desk: an editor attaches it to a question, puts it away, or has it read again."""

from app import jobs
from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.event import Action, advance
from app.domain.mail import InboundMessage, Reason
from app.domain.question import Assignment, Question, QuestionState
from app.store import mail
from app.store.base import Transaction
from app.usecases import publishing
from app.usecases.capturing import capture, signature_of
from app.usecases.mailbag import Mailbag
from app.usecases.routing import the_question


def attach(mailbag: Mailbag, inbound_id: int, question_id: int, *, by: str) -> None:
    """An editor knows better: a held mail is the answer to this question. She then approves it as any other.

    Raises NotFound, ForbiddenTransition.
    """
    with mailbag.database.read() as tx:
        message = the_message(tx, inbound_id)
        raw, sent = message.raw, message.delivery.raw if message.delivery else None
        signature = signature_of(tx, message)
    text = capture(mailbag, raw, sent=sent, signature=signature).published()
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        question = the_question(tx, question_id)
        _reopen(mailbag, tx, question, message, actor=f"editor {by}")
        if question.state not in (QuestionState.ASSIGNED, QuestionState.ANSWERED):
            raise ForbiddenTransition(question.NOUN, question.state, "take an answer")
        advance(message, Action.ACCEPT, at=mailbag.clock(), actor=f"editor {by}", detail=f"#{question_id}")
        message.reason = Reason.ATTACHED
        publishing.take_answer(mailbag, tx, question, text, message=message, for_editor="attached")


def _reopen(mailbag: Mailbag, tx: Transaction, question: Question, message: InboundMessage, *, actor: str) -> None:
    """A late reply to a question that was taken back: its expert gets it again, without another mail."""
    asked = message.delivery.assignment if message.delivery else None
    if question.state is not QuestionState.SUBMITTED or asked is None or asked.question is not question:
        return
    now = mailbag.clock()
    advance(question, Action.ASSIGN, at=now, actor=actor, detail=asked.expert.public_name)
    tx.add(Assignment(question=question, expert=asked.expert, made_at=now, due_at=now))


def discard(mailbag: Mailbag, inbound_id: int, *, by: str) -> None:
    """An editor has seen it and needs it no more. The bytes stay; nobody is told."""
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
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
