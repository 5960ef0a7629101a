"""Which of our addresses a mail was for, where its door was told no envelope."""

from app.mail.addressed import Addressed
from app.store import mail
from app.usecases.mailbag import Mailbag


def recipient_of(mailbag: Mailbag, addressed: Addressed) -> str:
    """The first address with a token of ours; else the first role of ours; else the column's own address.

    The nearest server's lines come first. A forged line gains nothing: whoever knows a token may write to it anyway.
    A mail without a token ends held, so nothing that merely reached the mailbox is lost.
    """
    links = mailbag.links
    tokens = (address for address in addressed.candidates if links.has_token(address))
    roles = (address for address in addressed.candidates if links.read(address) is not None)
    return next(tokens, None) or next(roles, None) or links.column_address()


def answered_delivery(mailbag: Mailbag, addressed: Addressed) -> int | None:
    """The mail of ours that its References chain points to: a guess for the desk, never a proof of anything.

    A Message-ID is known to everybody who got a copy, so unlike a token it lets nobody in.
    """
    with mailbag.database.read() as tx:
        known = mail.deliveries_with_message_id(tx, addressed.answers)
    return next((known[message_id] for message_id in addressed.answers if message_id in known), None)
