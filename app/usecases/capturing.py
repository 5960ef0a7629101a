"""How a reply is read for this column: the words by Reply capture, the passages by the column's setting."""

from collections.abc import Sequence

from app.domain.mail import Delivery, InboundMessage
from app.mail.reply import Reply, learn_signature, read_reply
from app.mail.reply.apart import USUAL_SIZE, read_apart
from app.mail.reply.learned import FEWEST_MAILS
from app.store import mail
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

MOST_EARLIER = 5
Signature = tuple[str, ...]


def capture(mailbag: Mailbag, raw: bytes, *, sent: bytes | None, signature: Signature = ()) -> Reply:
    """`raw` is the mail that came in, `sent` the mail of ours that it answers."""
    reply = read_apart(raw, sent=sent, signature=signature)
    return reply if mailbag.column.prints_passages else reply.without_passages()


def signature_of(tx: Transaction, message: InboundMessage) -> Signature:
    """What a stored mail ends with, as known from those before it: reading it again later finds the same."""
    return known_signature(tx, message.delivery, before=message.id)


def known_signature(tx: Transaction, delivery: Delivery | None, *, before: int | None) -> Signature:
    """What stood below each of the last few answers of the expert whom `delivery` went to.

    Learned anew each time, from at most five mails of usual size: nothing is stored that could be forgotten to be
    erased.
    """
    if delivery is None or delivery.assignment is None or before is None:
        return ()
    earlier = mail.earlier_answers(tx, delivery.assignment.expert, before=before, most=MOST_EARLIER, largest=USUAL_SIZE)
    return learn_signature(read_all(earlier)) if len(earlier) >= FEWEST_MAILS else ()


def read_all(exchanges: Sequence[tuple[bytes, bytes | None]]) -> list[Reply]:
    return [read_reply(raw, sent=sent) for raw, sent in exchanges]
