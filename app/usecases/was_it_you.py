""" "Was that you?": a mail came in an expert's name, and whoever reads her registered address says whether it is hers.

GET shows, POST acts. The mail with the button goes to the address that we know, never to the one in From.
"""

from datetime import timedelta

from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.event import Action, record
from app.domain.mail import DeliveryKind, InboundMessage, InboundState, Reason
from app.domain.token import Genuine, Purpose
from app.mail.reply import Reply
from app.store import mail
from app.store.base import Transaction
from app.usecases import recognising
from app.usecases.capturing import capture, exchange_of
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue, was_queued

MOST_IN_A_DAY = 3  # to one address: a forger must not fill her mailbox with our mail
ASKED_ENOUGH = "asked-enough"
NOBODY_TO_ASK = "nobody-to-ask"


def ask_her(mailbag: Mailbag, tx: Transaction, message: InboundMessage, *, by: str = "mailbag") -> None:
    """Once for each held mail. An editor may go beyond the ceiling.

    Raises, for an editor alone: NotFound where nobody can be asked, ForbiddenTransition where she was asked already.
    """
    is_by_editor = by != "mailbag"
    now = mailbag.clock()
    expert = recognising.expert_of(tx, message.delivery)
    if expert is None or expert.address is None or message.delivery is None:
        if is_by_editor:
            raise NotFound("no expert to ask")
        record(message, Action.HOLD, at=now, actor=by, detail=NOBODY_TO_ASK)
        return
    if is_by_editor and was_queued(tx, DeliveryKind.WAS_IT_YOU, f"{message.id}"):
        raise ForbiddenTransition(message.NOUN, message.state, "ask about it again; that mail can be sent again")
    if not is_by_editor and mail.asked_since(tx, expert.address, now - timedelta(days=1)) >= MOST_IN_A_DAY:
        record(message, Action.HOLD, at=now, actor=by, detail=ASKED_ENOUGH)
        return
    queue(
        mailbag,
        tx,
        DeliveryKind.WAS_IT_YOU,
        expert.address,
        occasion=f"{message.id}",
        question=message.delivery.question,
        inbound_id=message.id,
    )
    record(message, Action.ASK, at=now, actor=by)


def mail_behind(mailbag: Mailbag, tx: Transaction, token: str) -> InboundMessage:
    """The mail that the link asks about; looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.WAS_IT_YOU, token)
    message = mail.inbound_by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if message is None:
        raise NotFound("no such mail")
    return message


def words_of(mailbag: Mailbag, token: str) -> Reply:
    """What would be printed of it. Raises NotFound."""
    with mailbag.database.read() as tx:
        message = mail_behind(mailbag, tx, token)
        exchange = exchange_of(tx, message)
    return capture(mailbag, exchange)


def disown(mailbag: Mailbag, token: str) -> None:
    """She did not write it: it stays held, as an alarm. Pressing again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        message = mail_behind(mailbag, tx, token)
        if message.state is not InboundState.HELD or message.reason is Reason.DISOWNED:
            return
        now = mailbag.clock()
        record(message, Action.DISOWN, at=now, actor="expert")
        message.reason = Reason.DISOWNED
        if message.delivery is not None and message.delivery.exposed_at is None:
            message.delivery.exposed_at = now
