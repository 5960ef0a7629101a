"""How a reply is read for this column: the words by Reply capture, the passages by the column's setting."""

from app.mail.reply import Reply, read_reply
from app.usecases.mailbag import Mailbag


def capture(mailbag: Mailbag, raw: bytes, *, sent: bytes | None) -> Reply:
    """`raw` is the mail that came in, `sent` the mail of ours that it answers."""
    reply = read_reply(raw, sent=sent)
    return reply if mailbag.column.prints_passages else reply.without_passages()
