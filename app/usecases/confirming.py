"""She pressed "Yes, that was me": the held mail is judged once more, and her address is known from now on."""

from app.domain.event import Action, record
from app.domain.mail import InboundMessage, InboundState
from app.store.base import Transaction
from app.usecases import recognising
from app.usecases.deciding import decide
from app.usecases.mailbag import Mailbag
from app.usecases.reading import ReadMail, read_mail
from app.usecases.retrying import retried
from app.usecases.was_it_you import mail_behind


def confirm_as_hers(mailbag: Mailbag, token: str) -> None:
    """Pressing again changes nothing. What else is amiss, such as a second answer, still holds it. Raises NotFound."""
    with mailbag.database.read() as tx:
        message = mail_behind(mailbag, tx, token)
        raw, sender, recipient = message.raw, message.sender, message.recipient
        if message.state is not InboundState.HELD:
            return
        assert message.id is not None
    read = read_mail(mailbag, raw, message.id, sender=sender, recipient=recipient)
    _confirm(mailbag, token, read)


@retried()  # a double click: the other one was first
def _confirm(mailbag: Mailbag, token: str, read: ReadMail) -> None:
    with mailbag.database.write() as tx:
        message = mail_behind(mailbag, tx, token)
        if message.state is InboundState.HELD:
            record(message, Action.CONFIRM, at=mailbag.clock(), actor="expert")
            _learn(mailbag, tx, message, read)
            decide(mailbag, tx, message, read, is_confirmed=True)


def _learn(mailbag: Mailbag, tx: Transaction, message: InboundMessage, read: ReadMail) -> None:
    """Only an address that stands in From beyond doubt."""
    expert = recognising.expert_of(tx, message.delivery)
    if expert is not None and len(read.inbound.authors) == 1:
        recognising.learn_alias(mailbag, expert, read.inbound.authors[0], by="expert")
