"""A stored mail is read: its header, whom it answers, who vouches for it, the words of the reply.

All that takes long happens here, outside of the writing transaction.
"""

from dataclasses import dataclass, replace
from datetime import date

from app.domain.authentication import Authentication, AuthResult
from app.domain.mail import Delivery
from app.domain.mailkind import ABSENCES, MailKind
from app.domain.token import Genuine, Mistyped, Purpose, Resolution
from app.domain.verdict import TokenFact
from app.mail.kind import absent_until, kind_by_words
from app.mail.parse import InboundMail, Unreadable, parse_mail
from app.mail.reply import Reply
from app.mail.reply.outcome import Outcome as ReplyOutcome
from app.store import mail
from app.store.base import Transaction
from app.usecases.capturing import Exchange, capture, exchange_about
from app.usecases.mailbag import Mailbag
from app.usecases.recognising import expert_of

MOST_REFERENCES = 200  # of ours, in one mail


@dataclass(frozen=True)
class ReadMail:
    """What could be read of a mail without a decision: the header, the reply, whom it answers."""

    inbound: InboundMail
    reply: Reply | None  # None where it could not be an answer
    token: TokenFact
    purpose: Purpose | None
    delivery_id: int | None  # of a genuine token, or the guess of a mistyped one, or of the thread
    answers_by_thread: bool
    authentication: Authentication | None  # None where it answers no mail of ours, or nobody clear wrote it
    away_until: date | None  # the last day that an absence note names


def read_mail(mailbag: Mailbag, raw: bytes, inbound_id: int, *, sender: str, recipient: str) -> ReadMail:
    """The words are read only where they could be an answer: whoever invents a token gives us no work."""
    inbound = parse_mail(raw, sender=sender, marks=mailbag.own_marks)
    addressed = mailbag.links.read(recipient)
    purpose = addressed.purpose if addressed else None
    token, delivery_id = _token_fact(addressed.resolution if addressed else None)
    with mailbag.database.read() as tx:
        delivery = mail.delivery_by_id(tx, delivery_id) if delivery_id is not None else None
        by_thread = delivery is None and token is TokenFact.NONE and inbound.kind is MailKind.PERSONAL
        delivery = _answered_by_thread(mailbag, tx, inbound) if by_thread else delivery
        found = delivery.id if delivery else None
        is_personal = inbound.kind is MailKind.PERSONAL  # whatever else it is, its words are not needed
        exchange = exchange_about(tx, raw, delivery, before=inbound_id) if is_personal else Exchange(raw)
    authentication = _authenticate(mailbag, raw, inbound) if found is not None else None
    is_vouched_for = authentication is not None and authentication.result is AuthResult.PASS
    reply = None
    if is_personal and (token is TokenFact.GENUINE or is_vouched_for):
        reply = capture(mailbag, exchange)
        if reply.outcome is ReplyOutcome.UNREADABLE:
            raise Unreadable("hostile, or broken beyond reading")
        inbound = replace(inbound, kind=kind_by_words(inbound.subject, reply.published()))
    away_until = _away_until(mailbag, inbound) if inbound.kind in ABSENCES else None
    is_by_thread = by_thread and found is not None
    return ReadMail(inbound, reply, token, purpose, found, is_by_thread, authentication, away_until)


def _away_until(mailbag: Mailbag, inbound: InboundMail) -> date | None:
    return absent_until(f"{inbound.subject}\n{inbound.text}", mailbag.column.day(mailbag.clock()))


def _answered_by_thread(mailbag: Mailbag, tx: Transaction, inbound: InboundMail) -> Delivery | None:
    """The mail of ours that it refers to: one to its author first, else the nearest. A guess, never a proof."""
    ours = [name for name in inbound.references if name.lower().endswith(f"@{mailbag.links.mail_domain}>")]
    found = mail.deliveries_by_message_ids(tx, ours[:MOST_REFERENCES]) if ours else []
    author = inbound.authors[0] if len(inbound.authors) == 1 else ""

    def is_to_author(delivery: Delivery) -> bool:
        expert = expert_of(tx, delivery)
        return expert is not None and expert.profile_of(author) is not None

    return next(filter(is_to_author, found), found[0] if found else None)


def _authenticate(mailbag: Mailbag, raw: bytes, inbound: InboundMail) -> Authentication | None:
    if inbound.kind is not MailKind.PERSONAL or len(inbound.authors) != 1:
        return None
    return mailbag.authenticator(raw, inbound.authors[0])


def _token_fact(resolution: Resolution | None) -> tuple[TokenFact, int | None]:
    """What kind of token it is, and the delivery that it names, or nearly names."""
    if resolution is None:
        return TokenFact.NONE, None
    if isinstance(resolution, Genuine):
        return TokenFact.GENUINE, resolution.id
    if isinstance(resolution, Mistyped):
        return TokenFact.MISTYPED, resolution.guess
    return TokenFact.INVENTED, None
