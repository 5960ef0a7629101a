"""Somebody would like the digest: what the form asked for, the mail that asks whether it is meant, and its button.

The form only stores a wish, so it does the same work for every address; all that depends on the address happens in
the worker. Nothing of a subscription changes before its owner presses the button that was mailed to her.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app import jobs
from app.domain.errors import NotFound
from app.domain.event import Action, advance, record
from app.domain.mail import Delivery, DeliveryKind
from app.domain.subscription import Choice, Subscriber, SubscriptionState, Wish
from app.domain.suspicion import UNKNOWN, Origin
from app.domain.token import Genuine, Purpose
from app.mail.address import address_of
from app.store import mail, subscribers
from app.store.base import Transaction
from app.usecases import guarding, suppressing
from app.usecases.continuing import keep_place
from app.usecases.forgetting import forget_mail
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue
from app.usecases.retrying import retried

ONE_MAIL_IN = timedelta(days=1)
BY_FORM = "form"


def wish(mailbag: Mailbag, typed: str, choice: Choice, origin: Origin = UNKNOWN) -> None:
    """Store what a form asks for; whether the address is known is nothing that it looks at. Raises BadAddress."""
    address = address_of(typed)
    with mailbag.database.write() as tx:
        wanted = Wish(address, choice.wire(), mailbag.column.consent_version, mailbag.clock())
        tx.add(wanted)
        guarding.count_wish(mailbag, tx, origin)
        tx.ring(jobs.WISH, wanted.id)


@retried()  # two wishes for a new address at the same time: the other was first
def take_up(mailbag: Mailbag, wish_id: int) -> None:
    """Ask by mail whether it is meant, once a day and never where the address is suppressed. Safe to run twice."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        wanted = subscribers.wish(tx, wish_id)
        if wanted is None:
            return
        tx.remove(wanted)
        suppression = suppressing.find(mailbag, tx, wanted.address)
        if suppression is not None and suppression.lifted_at is None:
            suppression.asked_at = now
            return
        subscriber = _subscriber_at(tx, wanted)
        subscriber.wish, subscriber.wished_at = wanted.choice, now
        if mail.count_to(tx, subscriber.address, (DeliveryKind.SUBSCRIBE,), now - ONE_MAIL_IN) == 0:
            occasion = f"{subscriber.id}:{wanted.id}:{now:%Y%m%d%H%M%S}"
            queue(mailbag, tx, DeliveryKind.SUBSCRIBE, subscriber.address, occasion=occasion, subscriber=subscriber)


def _subscriber_at(tx: Transaction, wanted: Wish) -> Subscriber:
    known = subscribers.at(tx, wanted.address)
    if known is not None:
        return known
    subscriber = Subscriber(
        address=wanted.address,
        made_at=wanted.made_at,
        consent_version=wanted.consent_version,
        consent_source=BY_FORM,
    )
    record(subscriber, Action.SUBSCRIBE, at=wanted.made_at, actor="subscriber", detail=BY_FORM)
    tx.add(subscriber)
    return subscriber


class Standing(StrEnum):
    """What the link in the mail can do now."""

    OPEN = "open"  # the button can be pressed
    DONE = "done"  # it was
    LATE = "late"


@dataclass(frozen=True)
class Asked:
    """Behind a link: the subscriber, and what she will get when she presses, or gets."""

    subscriber: Subscriber | None
    choice: Choice
    standing: Standing


def behind(mailbag: Mailbag, tx: Transaction, token: str) -> Asked:
    """Looking changes nothing. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.SUBSCRIBE, token)
    delivery = mail.delivery_by_id(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if delivery is None or delivery.kind is not DeliveryKind.SUBSCRIBE:
        raise NotFound("no such link")
    subscriber = delivery.subscriber
    if subscriber is None or mailbag.clock() > delivery.made_at + mailbag.column.time_to_confirm:
        return Asked(None, Choice(), Standing.LATE)
    if subscriber.wish and not suppressing.is_suppressed(mailbag, tx, subscriber.address):
        return Asked(subscriber, wanted_by(subscriber), Standing.OPEN)
    is_on = subscriber.state is SubscriptionState.CONFIRMED
    return Asked(subscriber, subscriber.choice, Standing.DONE if is_on else Standing.LATE)


def wanted_by(subscriber: Subscriber) -> Choice:
    """What she will get if she presses; letters that she follows already stay with it."""
    wanted = Choice.read(subscriber.wish)
    return wanted.after(subscriber.choice) if subscriber.state is SubscriptionState.CONFIRMED else wanted


@retried()  # a double click: the other one was first
def confirm(mailbag: Mailbag, token: str) -> None:
    """She pressed the button. Pressing again changes nothing. Raises NotFound."""
    with mailbag.database.write() as tx:
        asked = behind(mailbag, tx, token)
        if asked.standing is Standing.OPEN and asked.subscriber is not None:
            put_on(mailbag, tx, asked.subscriber, asked.choice, source=BY_FORM)


def put_on(mailbag: Mailbag, tx: Transaction, subscriber: Subscriber, choice: Choice, *, source: str) -> None:
    """She gets this from now on; when, and that she said so, is kept."""
    now = mailbag.clock()
    keep_place(tx, subscriber, choice.frequency, at=now)
    set_choice(tx, subscriber, choice)
    subscriber.wish, subscriber.wished_at = "", None
    if subscriber.state is SubscriptionState.CONFIRMED:
        record(subscriber, Action.PREFER, at=now, actor="subscriber", detail=choice.wire())
        return
    advance(subscriber, Action.CONFIRM, at=now, actor="subscriber", detail=f"consent {mailbag.column.consent_version}")
    subscriber.consent_version, subscriber.consent_source = mailbag.column.consent_version, source
    subscriber.confirmed_at, subscriber.unsubscribed_at, subscriber.left_because = now, None, ""
    subscriber.paused_until, subscriber.soft_bounces, subscriber.bounced_at = None, 0.0, None


def set_choice(tx: Transaction, subscriber: Subscriber, choice: Choice) -> None:
    """What is not there any more is left out."""
    subscriber.frequency, subscriber.takes_all = choice.frequency, choice.takes_all
    subscriber.topics = subscribers.topics(tx, choice.topics)
    subscriber.experts = subscribers.experts(tx, choice.experts)
    subscriber.questions = subscribers.printed(tx, choice.questions)


def expire(mailbag: Mailbag, at: datetime) -> int:
    """Forget what nobody confirmed in time, and the address with it where that is all we know of it; how many."""
    with mailbag.database.write() as tx:
        forgotten = subscribers.with_old_wishes(tx, at - mailbag.column.time_to_confirm)
        for subscriber in forgotten:
            subscriber.wish, subscriber.wished_at = "", None
            if subscriber.state is SubscriptionState.UNCONFIRMED:
                _forget(tx, subscriber, at)
        return len(forgotten)


def _forget(tx: Transaction, subscriber: Subscriber, at: datetime) -> None:
    deliveries = subscribers.deliveries_to(tx, subscriber)
    forget_mail(deliveries, at, why="nobody confirmed it")
    for delivery in deliveries:
        delivery.subscriber = None
    for event in list(subscriber.events):
        tx.remove(event)
    tx.remove(subscriber)


def facts(tx: Transaction, delivery: Delivery) -> dict[str, object]:
    """What the template of the mail needs beside the subscriber."""
    assert delivery.subscriber is not None
    choice = wanted_by(delivery.subscriber) if delivery.subscriber.wish else delivery.subscriber.choice
    return {"choice": choice, **names(tx, choice)}


def names(tx: Transaction, choice: Choice) -> dict[str, object]:
    return {
        "topics": subscribers.topics(tx, choice.topics),
        "experts": subscribers.experts(tx, choice.experts),
        "questions": subscribers.printed(tx, choice.questions),
    }
