"""A stored mail is read: its header, whom it answers, the words of the reply. All that takes long happens here."""

from dataclasses import dataclass, replace
from datetime import date

from app.domain.mailkind import ABSENCES, MailKind
from app.domain.token import Genuine, Mistyped, Purpose, Resolution
from app.domain.verdict import TokenFact
from app.mail.kind import absent_until, kind_by_words
from app.mail.parse import InboundMail, Unreadable, parse_mail
from app.mail.reply import Reply
from app.mail.reply.outcome import Outcome as ReplyOutcome
from app.store import mail
from app.usecases.capturing import capture
from app.usecases.mailbag import Mailbag


@dataclass(frozen=True)
class ReadMail:
    """What could be read of a mail without a decision: the header, the reply, whom it answers."""

    inbound: InboundMail
    reply: Reply | None  # None where it could not be an answer
    token: TokenFact
    purpose: Purpose | None
    delivery_id: int | None  # of a genuine token, or the guess of a mistyped one
    away_until: date | None = None  # the last day that an absence note names


def read_mail(mailbag: Mailbag, raw: bytes, *, sender: str, recipient: str) -> ReadMail:
    """Everything that takes long happens here, outside of the writing transaction.

    The words are read only where they could be an answer: whoever invents a token gives us no work.
    """
    inbound = parse_mail(raw, sender=sender, border=mailbag.border)
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
        inbound = replace(inbound, kind=kind_by_words(inbound.subject, reply.published()))
    away_until = _away_until(mailbag, inbound) if inbound.kind in ABSENCES else None
    return ReadMail(inbound, reply, token, purpose, delivery_id, away_until)


def _away_until(mailbag: Mailbag, inbound: InboundMail) -> date | None:
    return absent_until(f"{inbound.subject}\n{inbound.text}", mailbag.column.day(mailbag.clock()))


def _token_fact(resolution: Resolution | None) -> tuple[TokenFact, int | None]:
    """What kind of token it is, and the delivery that it names, or nearly names."""
    if resolution is None:
        return TokenFact.NONE, None
    if isinstance(resolution, Genuine):
        return TokenFact.GENUINE, resolution.id
    if isinstance(resolution, Mistyped):
        return TokenFact.MISTYPED, resolution.guess
    return TokenFact.INVENTED, None
