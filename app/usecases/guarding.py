"""What guards the forms against robots: how often letters and wishes come from where, and what is odd about one.

Hosts and networks are counted under a digest with a salt of the day. The salt is made from the secret key, so that all
processes have the same one, and a copy of the database alone tells nobody's address; after two days the digests go.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.suspicion import HOUR, Doubt, Frequency, Origin, doubts, hour_of, in_the_last_hour
from app.store import tallies
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

FORGOTTEN_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Suspicion:
    """What is odd about a letter, and whether it is one of a flood."""

    doubts: tuple[Doubt, ...] = ()
    is_a_flood: bool = False


def suspect(mailbag: Mailbag, origin: Origin, text: str, seconds: int) -> Suspicion:
    """Changes nothing. `seconds` are from the form to the post."""
    now = mailbag.clock()
    with mailbag.database.read() as tx:
        frequencies = [
            Frequency(_number(mailbag, tx, place, now), usual) for place, usual in origin.places(mailbag.limits)
        ]
    found = doubts(text, seconds, mailbag.limits, frequencies)
    return Suspicion(found, any(frequency.is_a_flood for frequency in frequencies))


def are_too_many_wishes(mailbag: Mailbag, origin: Origin) -> bool:
    """Whether somebody there has asked for the digest as often as people do: each wish is a mail to some address."""
    now = mailbag.clock()
    with mailbag.database.read() as tx:
        return any(_number(mailbag, tx, place, now) >= usual for place, usual in origin.wishes())


def count_wish(mailbag: Mailbag, tx: Transaction, origin: Origin) -> None:
    """In the transaction that stores it."""
    hour = hour_of(mailbag.clock())
    for place, _ in origin.wishes():
        tallies.count_up(tx, _digest(mailbag, place, hour), hour)


def _number(mailbag: Mailbag, tx: Transaction, place: str, at: datetime) -> float:
    hours = hour_of(at), hour_of(at) - HOUR
    this, before = (tallies.number(tx, _digest(mailbag, place, hour), hour) for hour in hours)
    return in_the_last_hour(at, this, before)


def count(mailbag: Mailbag, tx: Transaction, origin: Origin) -> None:
    """A letter of this origin is stored, in the same transaction."""
    hour = hour_of(mailbag.clock())
    for place, _ in origin.places(mailbag.limits):
        tallies.count_up(tx, _digest(mailbag, place, hour), hour)


def _digest(mailbag: Mailbag, place: str, hour: datetime) -> str:
    salt = mailbag.links.signer.secret(f"origins of {hour:%Y-%m-%d}")
    return hmac.digest(salt, place.encode(), "sha256").hex()


def forget(mailbag: Mailbag, at: datetime) -> None:
    with mailbag.database.write() as tx:
        tallies.forget(tx, at - FORGOTTEN_AFTER)
