"""Mail comes in: the raw bytes are stored first (`accept`), and decided later in a job (`process`)."""

import hashlib
import logging
import secrets
from datetime import timedelta

from app import jobs
from app.domain.errors import Conflict
from app.domain.event import Action, advance, record
from app.domain.mail import InboundMessage, InboundState, Once, Reason
from app.domain.token import Genuine, Purpose
from app.store import mail
from app.usecases.deciding import decide
from app.usecases.guessing import is_guess
from app.usecases.holding import the_message
from app.usecases.mailbag import Mailbag
from app.usecases.reading import read_mail

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
READING_TAKES = timedelta(seconds=20)  # far longer than it does; two at the same mail are harmless, only idle


def is_ours(mailbag: Mailbag, recipient: str) -> bool:
    """Whether a door should take mail for this envelope recipient at all."""
    return mailbag.links.read(recipient) is not None


def is_welcome(mailbag: Mailbag, recipient: str) -> bool:
    """False where too many invented reply addresses were tried of late: the door says "try again later".

    Genuine and role addresses always are, and those with a slip or two. Asked once for each recipient, and answered
    from memory.
    """
    addressed = mailbag.links.read(recipient)
    return addressed is None or not is_guess(addressed.resolution) or not mailbag.guesses.is_too_many(mailbag.clock())


def turn_away(mailbag: Mailbag, *, door: str, sender: str, recipient: str) -> None:
    """Leave a trace of one who was not welcome: one in an hour is enough for the alarm."""
    now = mailbag.clock()
    if not mailbag.guesses.is_news(now):
        return
    with mailbag.database.write() as tx:
        message = _stored(mailbag, b"", secrets.token_hex(32), door=door, sender=sender, recipient=recipient)
        message.reason = Reason.GUESSING
        advance(message, Action.REJECT, at=now, actor="mailbag", detail=Reason.GUESSING)
        tx.add(message)


def accept(mailbag: Mailbag, raw: bytes, *, door: str, sender: str, recipient: str, once: Once | None = None) -> int:
    """Commit the raw bytes and return the row's id: only after this may a door say 250.

    The same bytes to the same recipient again (a server that never saw our 250) are the same row. `once` is spent
    in the same transaction; raises Conflict where it was spent on another mail.
    """
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return _take_in(mailbag, raw, digest, door=door, sender=sender, recipient=recipient, once=once)
    except Conflict:  # it came twice at once, and the other was first; or the nonce belongs to another mail
        with mailbag.database.read() as tx:
            known = mail.inbound_id_by_digest(tx, digest, recipient)
        if known is None:
            raise
        return known


def _take_in(
    mailbag: Mailbag, raw: bytes, digest: str, *, door: str, sender: str, recipient: str, once: Once | None
) -> int:
    with mailbag.database.write() as tx:
        if once is not None:
            mail.spend(tx, once, mailbag.clock())
        message = _stored(mailbag, raw, digest, door=door, sender=sender, recipient=recipient)
        new_id = mail.take_in(tx, message)
        if new_id is not None:
            tx.ring(_job_for(mailbag, recipient), new_id)
        known = new_id or mail.inbound_id_by_digest(tx, digest, recipient)
        if known is None:
            raise Conflict("another door stores it at this moment")
        return known


def _job_for(mailbag: Mailbag, recipient: str) -> str:
    addressed = mailbag.links.read(recipient)
    is_reply = addressed and addressed.purpose is Purpose.REPLY and isinstance(addressed.resolution, Genuine)
    return jobs.PROCESS if is_reply else jobs.PROCESS_OTHER


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


def leave_oversized(mailbag: Mailbag, *, door: str, place: str, sender: str, recipient: str, said: str) -> None:
    """Record a mail that is too large where the door cannot refuse it: an editor has to know, nobody else will.

    `place` says where it lies, for good; the same place is the same row.
    """
    digest = hashlib.sha256(place.encode()).hexdigest()
    with mailbag.database.write() as tx:
        message = _stored(mailbag, b"", digest, door=door, sender=sender, recipient=recipient)
        message.reason = Reason.OVERSIZED
        message.author = sender
        advance(message, Action.FAIL, at=mailbag.clock(), actor="mailbag", detail=said)
        mail.take_in(tx, message)


def _stored(mailbag: Mailbag, raw: bytes, digest: str, *, door: str, sender: str, recipient: str) -> InboundMessage:
    now = mailbag.clock()
    message = InboundMessage(door=door, sender=sender, recipient=recipient, raw=raw, digest=digest, received_at=now)
    record(message, Action.RECEIVE, at=now, actor=door)
    return message


def process(mailbag: Mailbag, inbound_id: int) -> None:
    """Decide what a stored mail is. Safe to run twice: one worker takes it up, and only a RECEIVED row is decided."""
    taken = _take_up(mailbag, inbound_id)
    if taken is None:
        return
    try:
        read = read_mail(mailbag, taken.raw, inbound_id, sender=taken.sender, recipient=taken.recipient)
    except Exception as error:  # whatever a mail can make the reader do: its bytes are kept, and a person sees it
        log.exception("mail %s cannot be read", inbound_id)
        _set_aside(mailbag, inbound_id, f"{type(error).__name__}: {error}")
        return
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if message.state is InboundState.RECEIVED:
            decide(mailbag, tx, message, read)


def _take_up(mailbag: Mailbag, inbound_id: int) -> mail.TakenUp | None:
    """Its bytes and envelope, where nobody else is at it. A mail that was the end of three workers is set aside."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        taken = mail.take_up(tx, inbound_id, now, again_before=now - READING_TAKES)
    if taken is None or taken.attempts <= MOST_ATTEMPTS:
        return taken
    _set_aside(mailbag, inbound_id, "its reader stopped three times")
    return None


def _set_aside(mailbag: Mailbag, inbound_id: int, why: str) -> None:
    with mailbag.database.write() as tx:
        message = the_message(tx, inbound_id)
        if message.state is InboundState.RECEIVED:
            message.reason = Reason.UNREADABLE
            advance(message, Action.FAIL, at=mailbag.clock(), actor="mailbag", detail=why[:500])
