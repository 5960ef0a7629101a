"""Which of our addresses a mail was for, where its door was told no envelope."""

from app.mail.addressed import Addressed
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
