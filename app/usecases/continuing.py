"""Where a subscriber goes on who changes how often letters come, or pauses: with what she has not had, and only that.

Whoever stays with one frequency gets issue after issue, each of which begins where the last one ended. Who changes is
noted with how far she is, until the next issue of her frequency is frozen: that one begins for her where she is.
"""

from collections.abc import Sequence
from datetime import datetime

from app.domain.digest import Issue
from app.domain.subscription import Frequency, Subscriber, SubscriptionState
from app.store import audience, places
from app.store.audience import Chooser, Item
from app.store.base import Transaction


class Earlier:
    """An issue for those for whom it begins earlier: behind its own letters stand those that they have not had."""

    def __init__(self, issue: Issue, items: Sequence[Item]) -> None:
        self._issue, self._items = issue, list(items)
        self._after, self._before = issue.since, list[Item]()

    def and_new(self, tx: Transaction, chooser: Chooser) -> list[Item]:
        """All that can be for this one; looked up once, and again where somebody is farther behind."""
        if chooser.after >= self._issue.since:
            return self._items
        if chooser.after < self._after:
            self._after, self._before = chooser.after, audience.earlier(tx, self._issue, chooser.after)
        return [*self._items, *self._before]


def keep_place(
    tx: Transaction, subscriber: Subscriber, frequency: Frequency, *, at: datetime, pauses: bool = False
) -> None:
    """To be called before the change. Who left and comes back missed nothing, and gets nothing twice."""
    if subscriber.state is not SubscriptionState.CONFIRMED:
        subscriber.had_until, subscriber.changed_at = _had_before(tx, subscriber, frequency), at
    elif pauses or frequency is not subscriber.frequency:
        subscriber.had_until = subscriber.had_until or _place(tx, subscriber, pauses=pauses)
        subscriber.changed_at = at


def take_place(tx: Transaction, heir: Subscriber, former: Subscriber, *, at: datetime) -> None:
    """One person had two subscriptions, and keeps one of them, with what she chose in the other."""
    if former.had_until is not None or heir.had_until is not None:
        known = heir.had_until, former.had_until or places.reached(tx, former, pauses=False)
        heir.had_until, heir.changed_at = max(place for place in known if place is not None), at


def _had_before(tx: Transaction, subscriber: Subscriber, frequency: Frequency) -> datetime | None:
    """Before she left, in issues that went farther than those that come to her from now on."""
    if subscriber.id is None or subscriber.confirmed_at is None:
        return None
    covered = places.covered(tx, frequency) or subscriber.confirmed_at
    return places.had_beyond(tx, [subscriber.id], covered).get(subscriber.id)


def _place(tx: Transaction, subscriber: Subscriber, *, pauses: bool) -> datetime | None:
    return places.reached(tx, subscriber, pauses=pauses) or subscriber.confirmed_at
