"""What becomes of a mail that was read: the facts are collected, judged by the decision table, and carried out."""

import hashlib
from dataclasses import replace

from app.domain.event import Action, advance
from app.domain.mail import Delivery, DeliveryKind, InboundMessage, Reason
from app.domain.mailkind import ABSENCES, PROVEN, MailKind, Outcome
from app.domain.question import AssignmentState, Question
from app.domain.token import Purpose
from app.domain.verdict import Facts, SenderFact, TargetFact, TokenFact, Verdict, judge
from app.mail.address import same_address
from app.mail.parse import InboundMail
from app.mail.reply import Reply
from app.mail.reply.outcome import Outcome as ReplyOutcome
from app.store import mail
from app.store.base import Transaction
from app.usecases import noticing, publishing
from app.usecases.bouncing import note_absence, quoted_delivery, settle_bounce, settle_complaint
from app.usecases.mailbag import Mailbag
from app.usecases.reading import ReadMail

CORRECTIONS = (Reason.ABOUT_RECEIPT, Reason.ALREADY_ANSWERED)


def decide(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail) -> None:
    inbound = read.inbound
    message.message_id = inbound.message_id
    message.author = inbound.authors[0] if len(inbound.authors) == 1 else inbound.shown_author
    message.subject = inbound.subject
    message.delivery = mail.delivery_by_id(tx, read.delivery_id) if read.delivery_id else None
    facts = _facts(mailbag, tx, message, read)
    if inbound.kind in PROVEN and not (facts.to_bounce_address and facts.token is TokenFact.GENUINE):
        quoted = quoted_delivery(tx, inbound)
        message.delivery = quoted or message.delivery
        facts = replace(facts, is_proven=quoted is not None)
    verdict = judge(facts)
    if inbound.kind in ABSENCES and facts.token is TokenFact.GENUINE:
        note_absence(mailbag, message, read.away_until)
    message.reason = verdict.reason
    _carry_out(mailbag, tx, message, read, verdict)


def _facts(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail) -> Facts:
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


def _carry_out(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail, verdict: Verdict) -> None:
    now = mailbag.clock()
    match verdict.outcome:
        case Outcome.DISCARD:
            advance(message, Action.DISCARD, at=now, actor="mailbag", detail=verdict.reason)
        case Outcome.HOLD:
            advance(message, Action.HOLD, at=now, actor="mailbag", detail=verdict.reason)
            if verdict.reason in CORRECTIONS and message.delivery and message.delivery.question:
                publishing.stop_the_clock(message.delivery.question)
            if read.inbound.kind is MailKind.PERSONAL and verdict.reason in noticing.COULD_NOT_READ:
                noticing.tell_unread(mailbag, tx, message)
        case Outcome.SETTLE_BOUNCE:
            settle_bounce(mailbag, message, read.inbound)
        case Outcome.SETTLE_COMPLAINT:
            settle_complaint(mailbag, message)
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
