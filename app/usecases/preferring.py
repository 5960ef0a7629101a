"""What a subscriber changes by the secret link of her mails: how often, what, a pause, another address.

Another address has to be agreed to at both: first where the mails go now, for the link may have been passed on, then
there, for anybody can type an address.
"""

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.event import Action, record
from app.domain.mail import Delivery, DeliveryKind
from app.domain.subscription import Choice, Subscriber, SubscriptionState
from app.domain.token import Genuine, Purpose
from app.mail.address import address_of
from app.store import mail, subscribers
from app.store.base import Transaction
from app.usecases import suppressing
from app.usecases.continuing import keep_place, take_place
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue
from app.usecases.retrying import retried
from app.usecases.subscribing import ONE_MAIL_IN, put_on, set_choice
from app.usecases.unsubscribing import erase, take_off

BY_LINK = "preferences"


def behind(mailbag: Mailbag, tx: Transaction, token: str) -> Subscriber:
    """Whose link it is; looking changes nothing. Raises NotFound, also where she is forgotten."""
    resolution = mailbag.links.signer.resolve(Purpose.PREFERENCES, token)
    subscriber = subscribers.by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if subscriber is None or subscriber.left_because == "erased" or subscriber.confirmed_at is None:
        raise NotFound("no such link")
    return subscriber


@retried()  # the issue that she goes on with is frozen at this moment
def prefer(mailbag: Mailbag, token: str, choice: Choice, *, paused_until: date | None) -> None:
    """What comes from now on. A day that is not in the future is no pause. Raises NotFound, ForbiddenTransition."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        subscriber = behind(mailbag, tx, token)
        if subscriber.state is not SubscriptionState.CONFIRMED:
            raise ForbiddenTransition(subscriber.NOUN, subscriber.state, Action.PREFER)
        before = (subscriber.choice, subscriber.paused_until)
        is_pause = paused_until is not None and paused_until > mailbag.column.day(now)
        keep_place(tx, subscriber, choice.frequency, at=now, pauses=is_pause)
        set_choice(tx, subscriber, choice)
        subscriber.paused_until = paused_until if is_pause else None
        if before != (subscriber.choice, subscriber.paused_until):
            detail = f"{choice.wire()} {subscriber.paused_until or ''}".strip()
            record(subscriber, Action.PREFER, at=now, actor="subscriber", detail=detail)


@retried(3)
def leave(mailbag: Mailbag, token: str) -> None:
    """Again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        take_off(mailbag, behind(mailbag, tx, token), how="link", actor="subscriber")


@retried(3)
def come_back(mailbag: Mailbag, token: str) -> None:
    """She left, and has thought better of it; the link came to her own mailbox.

    Raises NotFound, and ForbiddenTransition where her address is suppressed.
    """
    with mailbag.database.write() as tx:
        subscriber = behind(mailbag, tx, token)
        if suppressing.is_suppressed(mailbag, tx, subscriber.address):
            raise ForbiddenTransition(subscriber.NOUN, "suppressed", Action.CONFIRM)
        if subscriber.state is SubscriptionState.UNSUBSCRIBED:
            put_on(mailbag, tx, subscriber, subscriber.choice, source=BY_LINK)


@retried(3)
def forget(mailbag: Mailbag, token: str) -> None:
    """She is erased. Raises NotFound."""
    with mailbag.database.write() as tx:
        erase(mailbag, tx, behind(mailbag, tx, token))


# Another address.


def ask_to_move(mailbag: Mailbag, token: str, typed: str) -> None:
    """Ask at the address that the mails go to now. Raises BadAddress, NotFound, ForbiddenTransition."""
    wanted = address_of(typed)
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        subscriber = behind(mailbag, tx, token)
        if subscriber.state is not SubscriptionState.CONFIRMED:
            raise ForbiddenTransition(subscriber.NOUN, subscriber.state, Action.MOVE)
        if wanted == subscriber.address:
            subscriber.new_address = None
            return
        subscriber.new_address = wanted
        if mail.count_to(tx, subscriber.address, (DeliveryKind.MOVE_FROM,), now - ONE_MAIL_IN) == 0:
            _ask(mailbag, tx, DeliveryKind.MOVE_FROM, subscriber, subscriber.address)


def _ask(mailbag: Mailbag, tx: Transaction, kind: DeliveryKind, subscriber: Subscriber, address: str) -> None:
    occasion = f"{subscriber.id}:{mailbag.clock():%Y%m%d%H%M%S}"
    queue(mailbag, tx, kind, address, occasion=occasion, subscriber=subscriber)


@dataclass(frozen=True)
class Move:
    """Behind the link of a mail about another address."""

    delivery: Delivery
    subscriber: Subscriber | None
    is_open: bool  # the button can be pressed
    is_done: bool  # it was


def move_behind(mailbag: Mailbag, tx: Transaction, token: str) -> Move:
    """Looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.MOVE, token)
    delivery = mail.delivery_by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if delivery is None or delivery.kind not in (DeliveryKind.MOVE_FROM, DeliveryKind.MOVE_TO):
        raise NotFound("no such link")
    subscriber = delivery.subscriber
    if subscriber is None or _is_late(mailbag, delivery):
        return Move(delivery, None, is_open=False, is_done=False)
    is_here = delivery.address == subscriber.address
    if delivery.kind is DeliveryKind.MOVE_TO:
        is_wanted = delivery.address == subscriber.new_address
        is_open = is_wanted and not suppressing.is_suppressed(mailbag, tx, delivery.address)
        return Move(delivery, subscriber, is_open=is_open, is_done=is_here)
    is_asked = _is_asked(mailbag, tx, subscriber)
    is_open = is_here and subscriber.new_address is not None and not is_asked
    return Move(delivery, subscriber, is_open=is_open, is_done=is_asked or not is_here)


def _is_late(mailbag: Mailbag, delivery: Delivery) -> bool:
    return mailbag.clock() > delivery.made_at + mailbag.column.time_to_confirm


def _is_asked(mailbag: Mailbag, tx: Transaction, subscriber: Subscriber) -> bool:
    """Whether the mail to the other address is out already: one a day."""
    since: datetime = mailbag.clock() - ONE_MAIL_IN
    wanted = subscriber.new_address or ""
    return mail.count_to(tx, wanted, (DeliveryKind.MOVE_TO,), since) > 0


@retried()  # a double click: the other one was first
def agree_to_move(mailbag: Mailbag, token: str) -> None:
    """Pressed at the one address, then at the other. Pressing again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        move = move_behind(mailbag, tx, token)
        if not move.is_open or move.subscriber is None:
            return
        if move.delivery.kind is DeliveryKind.MOVE_FROM:
            assert move.subscriber.new_address is not None
            _ask(mailbag, tx, DeliveryKind.MOVE_TO, move.subscriber, move.subscriber.new_address)
        else:
            _move(mailbag, tx, move.subscriber, move.delivery.address)


def _move(mailbag: Mailbag, tx: Transaction, subscriber: Subscriber, address: str) -> None:
    """Where the other address has a subscription already, that one gets what this one got, and this one ends."""
    other = subscribers.at(tx, address)
    if other is not None and other is not subscriber:
        put_on(mailbag, tx, other, subscriber.choice.after(other.choice), source="moved")
        take_place(tx, other, subscriber, at=mailbag.clock())
        take_off(mailbag, subscriber, how="moved", actor="subscriber")
        return
    subscriber.address, subscriber.new_address = address, None
    subscriber.soft_bounces, subscriber.bounced_at = 0.0, None
    record(subscriber, Action.MOVE, at=mailbag.clock(), actor="subscriber")
