"""From a captured answer to a page: take the answer, wait for the policy, publish, or send it back."""

from app.domain.column import Publication
from app.domain.errors import Conflict, ForbiddenTransition, NothingToPublish, PolicyNotSatisfied, PrivateText
from app.domain.event import Action, advance, record
from app.domain.letter import addresses_in, clean_text, holds_address, slug
from app.domain.mail import DeliveryKind, InboundMessage, Reason
from app.domain.people import Expert
from app.domain.question import Answer, Question, QuestionState, Revision
from app.mail.reply import READER_VERSION
from app.store.base import Transaction
from app.usecases import noticing
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue
from app.usecases.routing import give, the_question


def take_answer(
    mailbag: Mailbag,
    tx: Transaction,
    question: Question,
    text: str,
    *,
    message: InboundMessage,
    for_editor: str = "",
) -> None:
    """Store a reply as the answer, thank its writer with a receipt, and start the hold window.

    `for_editor` is the reason why no policy but only an editor may let it through; empty for none.
    """
    now = mailbag.clock()
    writer = _writer(question, message)
    _close_assignment(mailbag, question, writer)
    answer = question.answer
    if answer is None:
        answer = Answer(question=question, expert=writer)
        tx.add(answer)
    answer.expert = writer
    question.answered_at = now  # so that whoever approves another text at this moment is told
    revision = answer.revise(text, author="expert", at=now, inbound_id=message.id, reader_version=READER_VERSION)
    revision.hold_reason = for_editor or ("private" if private_addresses(mailbag, question) else "")
    automatic = mailbag.column.publication is Publication.AUTO_AFTER_HOLD
    if automatic and not revision.hold_reason:
        revision.hold_until = now + mailbag.column.hold
    if revision.may_be_published(now) and text.strip() and _has_a_place(question):
        _publish(mailbag, tx, question, actor="mailbag")
    if message.reason is not Reason.ATTACHED:  # an attached mail may be somebody else's: its text is not quoted
        _thank(mailbag, tx, question, writer, message)


def _writer(question: Question, message: InboundMessage) -> Expert:
    """Whom the mail of ours went to that this one answers; else who has the question, or had it last."""
    asked = message.delivery.assignment if message.delivery else None
    assignment = asked or question.open_assignment or question.assignments[-1]
    return assignment.expert


def _close_assignment(mailbag: Mailbag, question: Question, writer: Expert) -> None:
    """The writer's assignment is answered; somebody else's is cancelled: the question has its answer."""
    assignment = question.open_assignment
    if assignment is None:
        return
    now = mailbag.clock()
    advance(question, Action.ANSWER, at=now, actor="expert")
    is_hers = assignment.expert is writer
    advance(assignment, Action.ANSWER if is_hers else Action.CANCEL, at=now, actor="expert")


def _thank(mailbag: Mailbag, tx: Transaction, question: Question, writer: Expert, message: InboundMessage) -> None:
    """The receipt goes to the expert's known address, never to whatever stood in From."""
    if writer.address is None:
        return
    if not noticing.may_answer(mailbag, tx, writer.address):
        detail = "the receipt: enough automatic mail for today"
        record(question, Action.WITHHOLD, at=mailbag.clock(), actor="mailbag", detail=detail)
    else:
        queue(
            mailbag,
            tx,
            DeliveryKind.RECEIPT,
            writer.address,
            occasion=f"{message.id}",
            question=question,
            inbound_id=message.id,
        )


def stop_the_clock(question: Question) -> None:
    """The expert wrote once more before her answer went live: now only an editor lets it through."""
    if question.state is QuestionState.ANSWERED and question.answer is not None:
        question.answer.current.hold_until = None
        question.answer.current.hold_reason = "correction"


def private_addresses(mailbag: Mailbag, question: Question) -> list[str]:
    """What of a page must not be printed: the asker's and the experts' addresses, and ours with tokens."""
    current = question.answer.current if question.answer else None
    answer = f"{current.text}\n{current.note}" if current else ""
    return private_in(mailbag, question, f"{question.public_name}\n{question.text}\n{answer}")


def private_in(mailbag: Mailbag, question: Question, text: str) -> list[str]:
    """The same for any text that is to be printed about it."""
    private = {question.asker.address} if question.asker else set()
    asked = [*question.assignments, *(question.follows.assignments if question.follows else ())]
    private |= {address for assignment in asked for address in assignment.expert.addresses}
    ours = [found for found in addresses_in(text) if mailbag.links.has_token(found)]
    return sorted(address for address in private if holds_address(text, address)) + ours


def publish_if_due(mailbag: Mailbag, question_id: int) -> None:
    """Publish an answered question whose policy edge is satisfied; else leave it. Safe to run twice."""
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        if question.state is not QuestionState.ANSWERED or question.answer is None or not _has_a_place(question):
            return
        if question.answer.current.may_be_published(mailbag.clock()):
            _publish(mailbag, tx, question, actor="mailbag")


def approve(mailbag: Mailbag, question_id: int, text: str | None, *, by: str, seen: int | None = None) -> None:
    """An editor publishes, with her own changes to the text where there are any: those are a new revision.

    `seen` is the number of the revision that she looked at. Raises Conflict where there is a newer one, NotFound,
    ForbiddenTransition, NothingToPublish, PrivateText.
    """
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        if question.answer is None:
            raise NothingToPublish("there is no answer yet")
        revision = question.answer.current
        if seen is not None and seen != revision.number:
            raise Conflict("another text has come in meanwhile")
        if text is not None and text != clean_text(revision.text):
            revision = question.answer.revise(text, author=f"editor {by}", at=mailbag.clock())
        revision.approved_at = mailbag.clock()
        revision.approved_by = by
        _publish(mailbag, tx, question, actor=f"editor {by}")


def _publish(mailbag: Mailbag, tx: Transaction, question: Question, *, actor: str) -> None:
    now = mailbag.clock()
    assert question.answer is not None
    revision = question.answer.current
    check(mailbag, question, revision)
    if not _has_a_place(question):
        raise ForbiddenTransition(question.NOUN, question.state, Action.PUBLISH)
    advance(question, Action.PUBLISH, at=now, actor=actor)
    question.published_at = now
    question.published_on = mailbag.column.day(now)
    question.slug = slug(question.text)
    revision.published_at = now
    if question.asker is not None:
        queue(
            mailbag,
            tx,
            DeliveryKind.ANSWERED,
            question.asker.address,
            occasion=f"{question.id}",
            question=question,
        )


def _has_a_place(question: Question) -> bool:
    """A follow-up is printed on the page of the first letter, and nowhere where that is withdrawn."""
    return question.follows is None or question.follows.state is QuestionState.PUBLISHED


def check(mailbag: Mailbag, question: Question, revision: Revision) -> None:
    """The last gate before a page: a policy edge, words, and no private address in any of them."""
    if not revision.may_be_published(mailbag.clock()):
        raise PolicyNotSatisfied("neither approved nor past its hold window")
    if not revision.text.strip():
        raise NothingToPublish("the answer is blank")
    if found := private_addresses(mailbag, question):
        raise PrivateText(found)


def send_back(mailbag: Mailbag, question_id: int, note: str, *, by: str) -> None:
    """An editor asks the expert for something: a new assignment, and a mail that she simply replies to.

    Raises NotFound, ForbiddenTransition, NothingToPublish.
    """
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        if question.answer is None:
            raise NothingToPublish("there is no answer to send back")
        give(
            mailbag,
            tx,
            question,
            question.answer.expert,
            actor=f"editor {by}",
            action=Action.SEND_BACK,
            note=note,
        )
