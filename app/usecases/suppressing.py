"""The addresses that must not be written to: why, since when, and who lifted it. Kept as salted hashes alone.

Nobody but an editor lifts a suppression. A form proves nothing, so it must not open what a complaint has closed; and
whoever still reads that mailbox can write to us.
"""

import hmac
from collections.abc import Iterable

from app.domain.bounce import BounceKind
from app.domain.errors import NotFound
from app.domain.event import Action, advance, record
from app.domain.letter import addresses_in
from app.domain.mail import TO_READERS, Delivery, DeliveryKind
from app.domain.subscription import (
    MOST_SOFT_BOUNCES,
    Subscriber,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from app.store import subscribers
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

ASKED_FOR = (DeliveryKind.CONFIRM, DeliveryKind.SUBSCRIBE)  # mails that a form brings about
LONGEST_DETAIL = 500
_LEFT_BECAUSE = {
    SuppressionReason.HARD_BOUNCE: "bounce",
    SuppressionReason.SOFT_BOUNCES: "bounce",
    SuppressionReason.COMPLAINT: "complaint",
    SuppressionReason.EDITOR: "editor",
    SuppressionReason.ERASED: "erased",
}


def digest_of(mailbag: Mailbag, address: str) -> str:
    """What is kept of an address: HMAC-SHA256 under a key of the column's own, hexadecimal."""
    return digests_of(mailbag, address)[0]


def digests_of(mailbag: Mailbag, address: str) -> list[str]:
    """Under every key that counts, the newest first: what was suppressed before a key was changed stays so."""
    keys = mailbag.links.signer.secrets("suppression")
    return [hmac.digest(key, address.lower().encode(), "sha256").hex() for key in keys]


def find(mailbag: Mailbag, tx: Transaction, address: str) -> Suppression | None:
    """The one that stands; else one that was lifted."""
    return subscribers.suppression(tx, digests_of(mailbag, address))


def is_suppressed(mailbag: Mailbag, tx: Transaction, address: str) -> bool:
    found = find(mailbag, tx, address)
    return found is not None and found.lifted_at is None


def suppressed_among(mailbag: Mailbag, tx: Transaction, addresses: Iterable[str]) -> set[str]:
    """Those of many addresses that must not be written to; one query, whatever their number."""
    standing = subscribers.suppressed_digests(tx)
    return {one for one in addresses if standing.intersection(digests_of(mailbag, one))} if standing else set()


def stop(mailbag: Mailbag, tx: Transaction, delivery: Delivery) -> bool:
    """Whether a queued mail must not go out; it stands as suppressed then, with the reason."""
    if delivery.kind not in TO_READERS:
        return False
    found = find(mailbag, tx, delivery.address)
    if found is None or found.lifted_at is not None:
        return False
    advance(delivery, Action.SUPPRESS, at=mailbag.clock(), actor="mailbag", detail=found.reason)
    delivery.server_said = f"suppressed: {found.reason}"
    if delivery.kind in ASKED_FOR:
        found.asked_at = mailbag.clock()
    return True


def suppress(
    mailbag: Mailbag, tx: Transaction, address: str, reason: SuppressionReason, *, detail: str = "", by: str = "mailbag"
) -> Suppression:
    """Write to this address no more, and take it off the digest. A graver reason takes the place of another."""
    found = find(mailbag, tx, address)
    if found is None:
        found = Suppression(digest_of(mailbag, address), reason, without_addresses(detail), mailbag.clock())
        tx.add(found)
    elif found.lifted_at is not None or reason.gravity > found.reason.gravity:
        found.reason, found.detail, found.made_at = reason, without_addresses(detail), mailbag.clock()
        found.lifted_at, found.lifted_by = None, ""
    _take_off(mailbag, tx, address, reason, by)
    return found


def without_addresses(text: str) -> str:
    """What a server said, as it may be kept."""
    for address in addresses_in(text):
        text = text.replace(address, "…")
    return text[:LONGEST_DETAIL]


def _take_off(mailbag: Mailbag, tx: Transaction, address: str, reason: SuppressionReason, by: str) -> None:
    """Whom a form named, and who never confirmed it, is forgotten in a few days anyway."""
    subscriber = subscribers.at(tx, address.lower())
    if subscriber is not None and subscriber.state is SubscriptionState.CONFIRMED:
        subscriber.leave(because=_LEFT_BECAUSE[reason], at=mailbag.clock(), actor=by, detail=reason)


def note_bounce(
    mailbag: Mailbag, tx: Transaction, address: str, kind: BounceKind, *, said: str, subscriber: Subscriber | None
) -> None:
    """A mail to a reader came back: hard ends it at once, soft when it happens again and again."""
    if kind is BounceKind.HARD:
        suppress(mailbag, tx, address, SuppressionReason.HARD_BOUNCE, detail=said)
    elif subscriber is not None and subscriber.bounce_softly(mailbag.clock()) > MOST_SOFT_BOUNCES:
        suppress(mailbag, tx, address, SuppressionReason.SOFT_BOUNCES, detail=said)


def came_back(mailbag: Mailbag, tx: Transaction, delivery: Delivery) -> None:
    """A single mail of ours; one to an expert or an editor is the desk's affair."""
    if delivery.kind in TO_READERS and delivery.bounce_kind is not None:
        kind, said = delivery.bounce_kind, delivery.server_said
        note_bounce(mailbag, tx, delivery.address, kind, said=said, subscriber=delivery.subscriber)


def was_complained_of(mailbag: Mailbag, tx: Transaction, delivery: Delivery) -> None:
    if delivery.kind in TO_READERS:
        suppress(mailbag, tx, delivery.address, SuppressionReason.COMPLAINT, detail=delivery.server_said)


def lift(mailbag: Mailbag, suppression_id: int, *, by: str) -> None:
    """Pressing again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        _lift(mailbag, subscribers.suppression_by_id(tx, suppression_id), by)


def lift_address(mailbag: Mailbag, address: str, *, by: str) -> None:
    """As `lift`, by somebody who knows the address: whom bounces alone took off the digest is on it again.

    She never asked to leave. Raises NotFound.
    """
    with mailbag.database.write() as tx:
        lifted = _lift(mailbag, find(mailbag, tx, address), by)
        subscriber = subscribers.at(tx, address.lower())
        if subscriber is not None and subscriber.left_because == "bounce":
            record(subscriber, Action.LIFT, at=mailbag.clock(), actor=f"editor {by}", detail=lifted.reason)
            advance(
                subscriber, Action.CONFIRM, at=mailbag.clock(), actor=f"editor {by}", detail="its mail may go again"
            )
            subscriber.unsubscribed_at, subscriber.left_because = None, ""
            subscriber.soft_bounces, subscriber.bounced_at = 0.0, None


def _lift(mailbag: Mailbag, found: Suppression | None, by: str) -> Suppression:
    if found is None:
        raise NotFound("no such suppression")
    if found.lifted_at is None:
        found.lifted_at, found.lifted_by = mailbag.clock(), f"editor {by}"
    return found


def suppress_by_hand(mailbag: Mailbag, address: str, *, by: str) -> None:
    """An editor was asked to, by telephone or by letter."""
    with mailbag.database.write() as tx:
        suppress(mailbag, tx, address, SuppressionReason.EDITOR, by=f"editor {by}")
