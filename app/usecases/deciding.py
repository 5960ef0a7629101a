"""What becomes of a mail that was read: the facts are collected, judged by the decision table, and carried out."""

import hashlib
from dataclasses import replace

from app.domain.event import Action, advance, record
from app.domain.mail import Delivery, DeliveryKind, InboundMessage, InboundState, Reason
from app.domain.mailkind import ABSENCES, PROVEN, MailKind, Outcome
from app.domain.question import AssignmentState, Question
from app.domain.token import Genuine, Purpose
from app.domain.verdict import Facts, SenderFact, TargetFact, TokenFact, Verdict, judge
from app.mail.address import same_address
from app.mail.parse import InboundMail
from app.mail.reply import Reply
from app.mail.reply.outcome import Outcome as ReplyOutcome
from app.store import mail
from app.store.base import Transaction
from app.usecases import likewise, noticing, publishing, recognising, returning
from app.usecases.bouncing import note_absence, quoted_delivery, settle_bounce, settle_complaint
from app.usecases.holding import attach_to
from app.usecases.mailbag import Mailbag
from app.usecases.reading import OF_THE_DIGEST, ReadMail
from app.usecases.unsubscribing import leave_by_mail
from app.usecases.was_it_you import ask_her

LONGEST_DATE = 100
_BY_PERSONS = frozenset(
    {MailKind.PERSONAL, MailKind.LIKELY_AUTOMATIC, MailKind.LIKELY_ABSENCE, MailKind.LIKELY_READ_RECEIPT}
)
# To an unsubscribe address nobody answers and no server reports: whatever comes there was sent there to leave.
_WANTED_TO_LEAVE = _BY_PERSONS | {MailKind.LIST, MailKind.SPAM, MailKind.CALENDAR, MailKind.RECALL}


def decide(
    mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail, *, is_confirmed: bool = False
) -> None:
    """`is_confirmed`: the expert herself said that a held mail is hers, and it is judged once more."""
    inbound = read.inbound
    message.message_id = inbound.message_id
    message.author = inbound.authors[0] if len(inbound.authors) == 1 else inbound.shown_author
    message.subject = inbound.subject
    message.dated = inbound.date[:LONGEST_DATE]
    message.authentication = read.authentication.wire() if read.authentication else ""
    message.delivery = mail.delivery_by_id(tx, read.delivery_id) if read.delivery_id else None
    message.words_digest = _words_digest(read.reply)
    if read.purpose in OF_THE_DIGEST and read.token is TokenFact.GENUINE and _settle_digest(mailbag, tx, message, read):
        return
    facts = _facts(mailbag, tx, message, read, is_confirmed=is_confirmed)
    if inbound.kind in PROVEN and not (facts.to_bounce_address and facts.token is TokenFact.GENUINE):
        if returning.settle_quoted(mailbag, tx, message, inbound):
            return
        quoted = quoted_delivery(tx, inbound)
        message.delivery = quoted or message.delivery
        facts = replace(facts, is_proven=quoted is not None)
    verdict = judge(facts)
    is_her_note = facts.token is TokenFact.GENUINE and facts.sender is SenderFact.ADDRESSEE
    if inbound.kind in ABSENCES and is_her_note and not is_confirmed:
        note_absence(mailbag, message, read.away_until)
    message.reason = verdict.reason
    if verdict.outcome is Outcome.HOLD and _may_correct(facts) and message.delivery and message.delivery.question:
        publishing.stop_the_clock(message.delivery.question)
    _carry_out(mailbag, tx, message, read, verdict, is_confirmed=is_confirmed)
    if verdict.exposes and message.delivery and message.delivery.exposed_at is None:
        message.delivery.exposed_at = mailbag.clock()


def _settle_digest(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail) -> bool:
    """A mail to an address that one subscriber, or one copy of an issue, has alone. False: judge it like any other."""
    assert read.digest_row is not None
    match read.purpose, read.inbound.kind:
        case Purpose.UNSUBSCRIBE, kind if kind in _WANTED_TO_LEAVE:
            leave_by_mail(mailbag, tx, read.digest_row, message)
        case Purpose.COPY_BOUNCE, MailKind.BOUNCE:
            returning.settle_report(mailbag, tx, message, read.inbound, read.digest_row)
        case Purpose.COPY_BOUNCE, MailKind.COMPLAINT:
            returning.settle_complaint(mailbag, tx, message, read.digest_row)
        case Purpose.COPY_BOUNCE, kind if kind in _BY_PERSONS:  # perhaps a report in a form of its own
            message.reason = Reason.BOUNCE_UNCLEAR
            advance(message, Action.HOLD, at=mailbag.clock(), actor="mailbag", detail=message.reason)
        case _:
            return False
    return True


def _facts(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail, *, is_confirmed: bool) -> Facts:
    genuine = read.token is TokenFact.GENUINE and message.delivery is not None
    expert = recognising.expert_of(tx, message.delivery)
    earlier = mail.earlier_with_message_id(tx, message) if message.message_id and read.reply else []
    same_words = [e for e in earlier if e.words_digest == message.words_digest]
    return Facts(
        kind=read.inbound.kind,
        token=TokenFact.INVENTED if read.token is TokenFact.GENUINE and not genuine else read.token,
        to_bounce_address=read.purpose is Purpose.BOUNCE,
        sender=recognising.sender_fact(read.inbound, message.delivery, expert),
        target=_target_fact(message.delivery) if genuine else TargetFact.NONE,
        authentication=recognising.auth_fact(read.authentication, message.author, expert),
        is_confirmed=is_confirmed,
        answers_by_thread=read.answers_by_thread and expert is not None,
        is_exposed=_is_exposed(mailbag, message, read.inbound),
        is_replay=_is_for_another(mailbag, message, read.inbound) or mail.was_seen_elsewhere(tx, message),
        is_partly_signed=read.authentication is not None and read.authentication.has_length_limit,
        nothing_new=_nothing_new(read.reply),
        is_duplicate=any(_says_as_much(e, message) for e in same_words),
        has_reused_id=len(same_words) < len(earlier),
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


def _says_as_much(earlier: InboundMessage, message: InboundMessage) -> bool:
    """A held copy that nobody vouched for must not make the one that passes a duplicate."""
    return earlier.state is InboundState.ACCEPTED or earlier.authentication == message.authentication


def _is_for_another(mailbag: Mailbag, message: InboundMessage, inbound: InboundMail) -> bool:
    """To and Cc name other reply addresses of ours, and not this one: it was written for there."""
    if message.delivery is None:
        return False
    named = [mailbag.links.read(address) for address in inbound.recipients]
    tokens = [to.resolution.id for to in named if to is not None and isinstance(to.resolution, Genuine)]
    return bool(tokens) and message.delivery.id not in tokens


def _is_exposed(mailbag: Mailbag, message: InboundMessage, inbound: InboundMail) -> bool:
    """Whether anybody but the column and the expert herself (who replied to all) got this mail, or had the address."""
    if message.delivery is not None and message.delivery.exposed_at is not None:
        return True
    hers = message.delivery.address if message.delivery else ""
    ours = f"@{mailbag.links.mail_domain}"
    return any(not same_address(address, hers) and not address.lower().endswith(ours) for address in inbound.recipients)


_BY_KIND = {DeliveryKind.RECEIPT: TargetFact.RECEIPT, DeliveryKind.WAS_IT_YOU: TargetFact.WAS_IT_YOU}


def _target_fact(delivery: Delivery | None) -> TargetFact:
    if delivery is None:
        return TargetFact.NONE
    if delivery.kind in _BY_KIND:
        return _BY_KIND[delivery.kind]
    if delivery.assignment is None:
        return TargetFact.SUBSCRIBER if delivery.subscriber is not None else TargetFact.ASKER
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


def _may_correct(facts: Facts) -> bool:
    """She may have written once more about an answer that still waits: whatever else is amiss, it must not go live."""
    is_about_answer = facts.target in (TargetFact.RECEIPT, TargetFact.ANSWERED)
    return is_about_answer and not facts.to_bounce_address and facts.kind in _BY_PERSONS


def _carry_out(
    mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail, verdict: Verdict, *, is_confirmed: bool
) -> None:
    now = mailbag.clock()
    match verdict.outcome:
        case Outcome.DISCARD:
            advance(message, Action.DISCARD, at=now, actor="mailbag", detail=verdict.reason)
        case Outcome.HOLD:
            _hold(mailbag, tx, message, read, verdict)
        case Outcome.SETTLE_BOUNCE:
            settle_bounce(mailbag, tx, message, read.inbound)
        case Outcome.SETTLE_COMPLAINT:
            settle_complaint(mailbag, tx, message)
        case Outcome.ANSWER | Outcome.ANSWER_FOR_EDITOR:
            exposure = _exposure(message)
            advance(message, Action.ACCEPT, at=now, actor="expert" if is_confirmed else "mailbag")
            recognising.pin(message, recognising.expert_of(tx, message.delivery), is_confirmed=is_confirmed)
            assert message.delivery is not None
            assert message.delivery.question is not None
            assert read.reply is not None
            publishing.take_answer(
                mailbag,
                tx,
                message.delivery.question,
                read.reply.published(),
                message=message,
                for_editor=exposure if verdict.outcome is Outcome.ANSWER_FOR_EDITOR else "",
            )


def _exposure(message: InboundMessage) -> str:
    """Why an editor looks first, in the words of hold reasons."""
    was_before = message.delivery is not None and message.delivery.exposed_at is not None
    return "exposed-before" if was_before else "exposed"


def _hold(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail, verdict: Verdict) -> None:
    """What an editor decided for this sender is done likewise; else it waits for her."""
    now = mailbag.clock()
    if message.state is InboundState.HELD:  # confirmed by her, and yet something else is amiss
        record(message, Action.HOLD, at=now, actor="mailbag", detail=verdict.reason)
        return
    if likewise.is_discarded(tx, message):
        message.reason = Reason.BY_RULE
        advance(message, Action.DISCARD, at=now, actor="mailbag", detail=verdict.reason)
        return
    advance(message, Action.HOLD, at=now, actor="mailbag", detail=verdict.reason)
    question = likewise.question_to_attach_to(tx, message)
    if question is not None and read.reply is not None and read.reply.published().strip():
        attach_to(mailbag, tx, message, question, read.reply.published(), actor="mailbag")
    elif verdict.asks:
        ask_her(mailbag, tx, message)
    elif verdict.tells and verdict.reason in noticing.COULD_NOT_READ:
        noticing.tell_unread(mailbag, tx, message)
