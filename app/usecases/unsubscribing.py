"""A subscriber leaves: by the button, by one click of her mail program (RFC 8058), by a mail, or for good."""

from app.domain.errors import NotFound
from app.domain.event import Action, advance, record
from app.domain.mail import InboundMessage, Reason
from app.domain.subscription import Subscriber, SubscriptionState, SuppressionReason
from app.domain.token import Genuine, Purpose
from app.store import digest, subscribers
from app.store.base import Transaction
from app.usecases import suppressing
from app.usecases.forgetting import forget_mail
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried


def behind(mailbag: Mailbag, tx: Transaction, token: str) -> Subscriber | None:
    """Whom the link takes off; None where she is forgotten. Looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.UNSUBSCRIBE, token)
    if not isinstance(resolution, Genuine):
        raise NotFound("no such link")
    return subscribers.by_id(tx, resolution.id)


@retried(3)  # the issue of her frequency is frozen at this moment, or she clicked twice
def leave(mailbag: Mailbag, token: str, *, how: str) -> None:
    """By the link in a mail; again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        subscriber = behind(mailbag, tx, token)
        if subscriber is not None:
            take_off(mailbag, subscriber, how=how, actor="subscriber")


def leave_by_mail(mailbag: Mailbag, tx: Transaction, subscriber_id: int, message: InboundMessage) -> None:
    """A mail came to her own unsubscribe address, which stands in no mail but hers."""
    subscriber = subscribers.by_id(tx, subscriber_id)
    if subscriber is not None:
        take_off(mailbag, subscriber, how="mail", actor="subscriber")
    message.reason = Reason.UNSUBSCRIBE
    advance(message, Action.ACCEPT, at=mailbag.clock(), actor="mailbag")


def take_off(mailbag: Mailbag, subscriber: Subscriber, *, how: str, actor: str) -> None:
    """Again changes nothing."""
    if subscriber.state is not SubscriptionState.UNSUBSCRIBED:
        subscriber.leave(because=how, at=mailbag.clock(), actor=actor)


def erase(mailbag: Mailbag, tx: Transaction, subscriber: Subscriber) -> None:
    """Forget her: what is left is a digest of the address, so that it is never written to again.

    Her row stays without anything of hers: the links of her mails must never mean somebody else.
    """
    now = mailbag.clock()
    suppressing.suppress(mailbag, tx, subscriber.address, SuppressionReason.ERASED, by="subscriber")
    forget_mail(subscribers.deliveries_to(tx, subscriber), now, why="its reader is forgotten")
    for event in list(subscriber.events):
        tx.remove(event)
    subscriber.events = []
    if subscriber.state is SubscriptionState.UNSUBSCRIBED:
        record(subscriber, Action.UNSUBSCRIBE, at=now, actor="subscriber", detail="erased")
        subscriber.left_because = "erased"
    else:
        subscriber.leave(because="erased", at=now, actor="subscriber")
    subscribers.forget_traces(tx, subscriber, _addresses_of(mailbag, tx, subscriber))
    subscriber.address = f"erased-{subscriber.id}"
    subscriber.topics, subscriber.experts, subscriber.questions = [], [], []
    subscriber.consent_source, subscriber.new_address, subscriber.paused_until = "", None, None
    subscriber.wish, subscriber.wished_at = "", None
    subscriber.had_until, subscriber.changed_at = None, None


def _addresses_of(mailbag: Mailbag, tx: Transaction, subscriber: Subscriber) -> list[str]:
    """Those of ours that stand in her mails alone: what came to them is from her, or about her."""
    assert subscriber.id is not None
    links = mailbag.links
    copies = [links.copy_bounce_address(copy.id) for copy in digest.copies_of(tx, subscriber.id) if copy.id]
    deliveries = subscribers.deliveries_to(tx, subscriber)
    mails = [address for d in deliveries for address in (links.reply_address(d), links.bounce_address(d))]
    return [links.unsubscribe_address(subscriber.id), *copies, *mails]
