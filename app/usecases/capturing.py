"""How a reply is read for this column: the words by Reply capture, the passages by the column's setting."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.mail import Delivery, InboundMessage
from app.mail.reply import Reply, learn_signature, read_reply
from app.mail.reply.apart import USUAL_SIZE, read_apart
from app.mail.reply.learned import FEWEST_MAILS
from app.store import mail
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

MOST_EARLIER = 5
Signature = tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """A mail that came in, the mail of ours that it answers, and what its writer's mails are known to end with."""

    raw: bytes
    sent: bytes | None = None
    signature: Signature = ()


def capture(mailbag: Mailbag, exchange: Exchange) -> Reply:
    """The words of the one who wrote, of that mail alone."""
    reply = read_apart(exchange.raw, sent=exchange.sent, signature=exchange.signature)
    return reply if mailbag.column.prints_passages else reply.without_passages()


def exchange_of(tx: Transaction, message: InboundMessage) -> Exchange:
    """A stored mail with what was known when it came: reading it again later finds the same words."""
    assert message.id is not None
    return exchange_about(tx, message.raw, message.delivery, before=message.id)


def exchange_about(tx: Transaction, raw: bytes, delivery: Delivery | None, *, before: int) -> Exchange:
    """A mail of which we know for the first time what it answers; `before` is its row."""
    if delivery is None:
        return Exchange(raw)
    return Exchange(raw, delivery.raw, _known_signature(tx, delivery, before=before))


def _known_signature(tx: Transaction, delivery: Delivery, *, before: int) -> Signature:
    """What stood below each of the last few answers of the expert whom `delivery` went to.

    Learned anew each time, from at most five mails of usual size: nothing is stored that could be forgotten to be
    erased.
    """
    if delivery.assignment is None:
        return ()
    earlier = mail.earlier_answers(tx, delivery.assignment.expert, before=before, most=MOST_EARLIER, largest=USUAL_SIZE)
    return learn_signature(read_all(earlier)) if len(earlier) >= FEWEST_MAILS else ()


def read_all(exchanges: Sequence[tuple[bytes, bytes | None]]) -> list[Reply]:
    return [read_reply(raw, sent=sent) for raw, sent in exchanges]
