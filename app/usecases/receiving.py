"""Mail comes in: store the raw bytes (`accept`), decide later in a job (`process`), settle what is held."""

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from app import jobs
from app.domain.errors import Conflict, ForbiddenTransition, NotFound
from app.domain.event import Action, advance, record
from app.domain.mail import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    InboundMessage,
    InboundState,
    Once,
    Reason,
)
from app.domain.question import Assignment, AssignmentState, Question, QuestionState
from app.domain.token import Genuine, Mistyped, Purpose, Resolution
from app.domain.verdict import (
    Facts,
    MailKind,
    Outcome,
    SenderFact,
    TargetFact,
    TokenFact,
    Verdict,
    judge,
)
from app.mail.address import same_address
from app.mail.parse import InboundMail, Unreadable, parse_mail
from app.mail.reply import Reply
from app.mail.reply.absence import is_absence_note
from app.mail.reply.outcome import Outcome as ReplyOutcome
from app.store import mail
from app.store.base import Transaction
from app.usecases import publishing
from app.usecases.capturing import capture
from app.usecases.mailbag import Mailbag
from app.usecases.routing import the_question

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
READING_TAKES = timedelta(seconds=20)  # far longer than it does; two at the same mail are harmless, only idle
CORRECTIONS = (Reason.ABOUT_RECEIPT, Reason.ALREADY_ANSWERED)


def is_ours(mailbag: Mailbag, recipient: str) -> bool:
    """Whether a door should take mail for this envelope recipient at all."""
    return mailbag.links.read(recipient) is not None


def accept(mailbag: Mailbag, raw: bytes, *, door: str, sender: str, recipient: str, once: Once | None = None) -> int:
    """Commit the raw bytes and return the row's id: only after this may a door say 250.

    The same bytes to the same recipient again (a server that never saw our 250) are the same row. `once` is spent
    in the same transaction; raises Conflict where it was spent on another mail.
    """
    digest = hashlib.sha256(raw).hexdigest()
    try:
        with mailbag.database.write() as tx:
            if once is not None:
                mail.spend(tx, once, mailbag.clock())
            message = mail.inbound_by_digest(tx, digest, recipient)
            if message is None:
                message = _stored(mailbag, raw, digest, door=door, sender=sender, recipient=recipient)
                tx.add(message)
                tx.ring(jobs.PROCESS, message.id)
    except Conflict:
        with mailbag.database.read() as tx:
            message = mail.inbound_by_digest(tx, digest, recipient)
        if message is None:
            raise
    assert message.id is not None
    return message.id


def refuse_oversized(mailbag: Mailbag, *, door: str, sender: str, recipient: str, said: str) -> None:
    """Record a mail that the door refused for its size: each try is a row, without bytes.

    Its sender is told by her own server.
    """
    with mailbag.database.write() as tx:
        message = _stored(mailbag, b"", secrets.token_hex(32), door=door, sender=sender, recipient=recipient)
        message.reason = Reason.OVERSIZED
        message.author = sender
        advance(message, Action.REJECT, at=mailbag.clock(), actor="mailbag", detail=said)
        tx.add(message)


def _stored(mailbag: Mailbag, raw: bytes, digest: str, *, door: str, sender: str, recipient: str) -> InboundMessage:
    now = mailbag.clock()
    message = InboundMessage(door=door, sender=sender, recipient=recipient, raw=raw, digest=digest, received_at=now)
    record(message, Action.RECEIVE, at=now, actor=door)
    return message


@dataclass(frozen=True)
class _Read:
    """What could be read of a mail without a decision: the header, the reply, whom it answers."""

    inbound: InboundMail
    reply: Reply | None  # None where it could not be an answer
    token: TokenFact
    purpose: Purpose | None
    delivery_id: int | None  # of a genuine token, or the guess of a mistyped one


def process(mailbag: Mailbag, inbound_id: int) -> None:
    """Decide what a stored mail is. Safe to run twice: one worker takes it up, and only a RECEIVED row is decided."""
    taken = _take_up(mailbag, inbound_id)
    if taken is None:
        return
    raw, sender, recipient = taken
    try:
        read = _read(mailbag, raw, sender=sender, recipient=recipient)
    except Exception as error:  # whatever a mail can make the reader do: its bytes are kept, and a person sees it
        log.exception("mail %s cannot be read", inbound_id)
        _set_aside(mailbag, inbound_id, f"{type(error).__name__}: {error}")
        return
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if message.state is InboundState.RECEIVED:
            _decide(mailbag, tx, message, read)


def _take_up(mailbag: Mailbag, inbound_id: int) -> tuple[bytes, str, str] | None:
    """Its bytes and envelope, where nobody else is at it. A mail that was the end of three workers is set aside."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        if not mail.take_up(tx, inbound_id, now, again_before=now - READING_TAKES):
            return None
        message = the_message(tx, inbound_id)
        if message.attempts <= MOST_ATTEMPTS:
            return message.raw, message.sender, message.recipient
    _set_aside(mailbag, inbound_id, "its reader stopped three times")
    return None


def _set_aside(mailbag: Mailbag, inbound_id: int, why: str) -> None:
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if message.state is InboundState.RECEIVED:
            message.reason = Reason.UNREADABLE
            advance(message, Action.FAIL, at=mailbag.clock(), actor="mailbag", detail=why[:500])


def _read(mailbag: Mailbag, raw: bytes, *, sender: str, recipient: str) -> _Read:
    """Everything that takes long happens here, outside of the writing transaction.

    The words are read only where they could be an answer: whoever invents a token gives us no work.
    """
    inbound = parse_mail(raw, sender=sender)
    addressed = mailbag.links.read(recipient)
    purpose = addressed.purpose if addressed else None
    token, delivery_id = _token_fact(addressed.resolution if addressed else None)
    reply = None
    if token is TokenFact.GENUINE and inbound.kind is MailKind.PERSONAL:
        with mailbag.database.read() as tx:
            delivery = mail.delivery_by_id(tx, delivery_id) if delivery_id is not None else None
            sent = delivery.raw if delivery else None
        reply = capture(mailbag, raw, sent=sent)
        if reply.outcome is ReplyOutcome.UNREADABLE:
            raise Unreadable("hostile, or broken beyond reading")
        if is_absence_note(inbound.subject, reply.published()):  # some programs do not mark theirs as automatic
            inbound = replace(inbound, kind=MailKind.AUTOMATIC)
    return _Read(inbound, reply, token, purpose, delivery_id)


def _token_fact(resolution: Resolution | None) -> tuple[TokenFact, int | None]:
    """What kind of token it is, and the delivery that it names, or nearly names."""
    if resolution is None:
        return TokenFact.NONE, None
    if isinstance(resolution, Genuine):
        return TokenFact.GENUINE, resolution.id
    if isinstance(resolution, Mistyped):
        return TokenFact.MISTYPED, resolution.guess
    return TokenFact.INVENTED, None


def _decide(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: _Read) -> None:
    inbound = read.inbound
    message.message_id = inbound.message_id
    message.author = inbound.authors[0] if len(inbound.authors) == 1 else inbound.shown_author
    message.subject = inbound.subject
    message.delivery = mail.delivery_by_id(tx, read.delivery_id) if read.delivery_id else None
    facts = _facts(mailbag, tx, message, read)
    verdict = judge(facts)
    message.reason = verdict.reason
    _carry_out(mailbag, tx, message, read, verdict)


def _facts(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: _Read) -> Facts:
    genuine = read.token is TokenFact.GENUINE and message.delivery is not None
    message.words_digest = _words_digest(read.reply)
    earlier = mail.earlier_with_message_id(tx, message) if message.message_id and read.reply else []
    is_duplicate = any(e.words_digest == message.words_digest for e in earlier)
    return Facts(
        kind=read.inbound.kind,
        token=TokenFact.INVENTED if read.token is TokenFact.GENUINE and not genuine else read.token,
        to_bounce_address=read.purpose is Purpose.BOUNCE,
        sender=_sender_fact(read.inbound, message.delivery),
        target=_target_fact(message.delivery) if genuine else TargetFact.NONE,
        is_exposed=_is_exposed(mailbag, message, read.inbound),
        nothing_new=_nothing_new(read.reply),
        is_duplicate=is_duplicate,
        has_reused_id=bool(earlier) and not is_duplicate,
    )


_NOTHING_NEW = {
    ReplyOutcome.SUBJECT_ONLY: Reason.SUBJECT_ONLY,
    ReplyOutcome.ATTACHMENT_ONLY: Reason.ATTACHMENT_ONLY,
    ReplyOutcome.CALENDAR: Reason.CALENDAR,
    ReplyOutcome.ENCRYPTED: Reason.ENCRYPTED,
    ReplyOutcome.WINMAIL: Reason.WINMAIL,
}


def _nothing_new(reply: Reply | None) -> Reason:
    if reply is not None and reply.outcome.has_answer and not reply.is_empty:
        return Reason.NONE
    return _NOTHING_NEW.get(reply.outcome, Reason.EMPTY) if reply else Reason.EMPTY


def _words_digest(reply: Reply | None) -> str:
    """By the words alone: the same mail on another way has other Received lines and line ends."""
    return hashlib.sha256(" ".join(reply.text.split()).encode("utf-8", "replace")).hexdigest() if reply else ""


def _is_exposed(mailbag: Mailbag, message: InboundMessage, inbound: InboundMail) -> bool:
    """Whether anybody but the column and the expert herself (who replied to all) got this mail too."""
    hers = message.delivery.address if message.delivery else ""
    ours = f"@{mailbag.links.mail_domain}"
    return any(not same_address(address, hers) and not address.lower().endswith(ours) for address in inbound.recipients)


def _sender_fact(inbound: InboundMail, delivery: Delivery | None) -> SenderFact:
    if len(inbound.authors) != 1:
        return SenderFact.UNCLEAR
    if delivery is not None and same_address(inbound.authors[0], delivery.address):
        return SenderFact.ADDRESSEE
    return SenderFact.OTHER


def _target_fact(delivery: Delivery | None) -> TargetFact:
    if delivery is None:
        return TargetFact.NONE
    if delivery.kind is DeliveryKind.RECEIPT:
        return TargetFact.RECEIPT
    if delivery.assignment is None:
        return TargetFact.ASKER
    question = delivery.assignment.question
    if _open_for(question, delivery):
        return TargetFact.OPEN
    answered = delivery.assignment.state is AssignmentState.ANSWERED
    return TargetFact.ANSWERED if answered else TargetFact.CLOSED


def _open_for(question: Question, delivery: Delivery) -> bool:
    """After "send back" the assignment is a new one; a reply to the first mail serves it as well."""
    current = question.open_assignment
    assert delivery.assignment is not None
    return current is not None and current.expert is delivery.assignment.expert


def _carry_out(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: _Read, verdict: Verdict) -> None:
    now = mailbag.clock()
    match verdict.outcome:
        case Outcome.DISCARD:
            advance(message, Action.DISCARD, at=now, actor="mailbag", detail=verdict.reason)
        case Outcome.HOLD:
            advance(message, Action.HOLD, at=now, actor="mailbag", detail=verdict.reason)
            if verdict.reason in CORRECTIONS and message.delivery and message.delivery.question:
                publishing.stop_the_clock(message.delivery.question)
        case Outcome.SETTLE_BOUNCE:
            _settle_bounce(mailbag, message, read.inbound)
        case Outcome.ANSWER | Outcome.ANSWER_FOR_EDITOR:
            advance(message, Action.ACCEPT, at=now, actor="mailbag")
            assert message.delivery is not None
            assert message.delivery.question is not None
            assert read.reply is not None
            publishing.take_answer(
                mailbag,
                tx,
                message.delivery.question,
                read.reply.published(),
                message=message,
                for_editor="exposed" if verdict.outcome is Outcome.ANSWER_FOR_EDITOR else "",
            )


def _settle_bounce(mailbag: Mailbag, message: InboundMessage, inbound: InboundMail) -> None:
    """A report of failure settles the one mail that its address was made for; other reports are recorded."""
    now = mailbag.clock()
    delivery = message.delivery
    assert delivery is not None
    settled = delivery.state in (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)
    if inbound.failed and settled:
        advance(delivery, Action.BOUNCE, at=now, actor="mailbag", detail=inbound.subject)
        delivery.server_said = f"bounced: {inbound.subject}"
        delivery.is_doubtful = False
        advance(message, Action.ACCEPT, at=now, actor="mailbag")
    elif inbound.failed:
        message.reason = Reason.BOUNCE_UNCLEAR
        advance(message, Action.HOLD, at=now, actor="mailbag")
    else:
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail="a delay, not a failure")


def attach(mailbag: Mailbag, inbound_id: int, question_id: int, *, by: str) -> None:
    """An editor knows better: a held mail is the answer to this question. She then approves it as any other.

    Raises NotFound, ForbiddenTransition.
    """
    with mailbag.database.read() as tx:
        message = the_message(tx, inbound_id)
        raw, sent = message.raw, message.delivery.raw if message.delivery else None
    text = capture(mailbag, raw, sent=sent).published()
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
