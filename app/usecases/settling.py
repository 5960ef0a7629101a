"""What a provider tells of a mail that we sent: it arrived, came back, waits, or was complained of."""

import logging
from dataclasses import dataclass
from enum import StrEnum

from app.domain.bounce import HARD_REASONS, BounceKind, BounceReason
from app.domain.digest import IssueCopy
from app.domain.event import Action, advance, record
from app.domain.mail import Delivery, Once
from app.domain.token import Genuine, Purpose
from app.mail.bounce.why import reason_of, statuses_in
from app.store import digest, mail
from app.store.base import Transaction
from app.usecases import returning, suppressing
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

log = logging.getLogger(__name__)


class Fact(StrEnum):
    ARRIVED = "arrived"  # the other server took it
    BOUNCED = "bounced"  # it will not arrive
    DELAYED = "delayed"  # not yet; nothing is settled by it
    COMPLAINED = "complained"  # she called it spam


_ACTIONS = {Fact.ARRIVED: Action.ARRIVE, Fact.BOUNCED: Action.BOUNCE, Fact.COMPLAINED: Action.COMPLAIN}


@dataclass(frozen=True)
class Report:
    """One fact about one mail of ours, which is known by its Message-ID or its envelope sender.

    There is no address in it: one person gets many mails, and an address alone proves none of them.
    """

    fact: Fact
    by: str  # the provider
    message_id: str = ""  # with or without its angle brackets and our domain
    sender: str = ""  # the envelope sender that we gave it, which is a bounce address
    detail: str = ""


class Settled(StrEnum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"  # told before, or overtaken by something graver
    UNKNOWN = "unknown"  # no mail of ours


@retried(3)  # two reports about one mail at the same time: the second sees what the first wrote, and goes on
def settle(mailbag: Mailbag, report: Report, *, once: Once | None = None) -> Settled:
    """Safe to repeat, and in any order: a mail that came back does not arrive later.

    Raises Conflict where `once` was spent on something else.
    """
    with mailbag.database.write() as tx:
        if once is not None and not mail.spend(tx, once, mailbag.clock()):
            return Settled.UNCHANGED
        if (copy := _the_copy(mailbag, tx, report)) is not None:
            return _settle_copy(mailbag, tx, copy, report)
        delivery = _the_delivery(mailbag, tx, report)
        if delivery is None:
            log.info("%s told of a mail that is not ours: %s", report.by, report.fact)
            return Settled.UNKNOWN
        if report.fact is Fact.DELAYED:
            return _note_delay(mailbag, delivery, report)
        return _advance(mailbag, tx, delivery, report)


def _the_delivery(mailbag: Mailbag, tx: Transaction, report: Report) -> Delivery | None:
    """Where both say which mail it is, they have to say the same."""
    found = []
    if name := report.message_id.strip().strip("<>"):
        whole = name if "@" in name else f"{name}@{mailbag.links.mail_domain}"
        found.append(mail.delivery_by_message_id(tx, f"<{whole}>"))
    addressed = mailbag.links.read(report.sender) if report.sender else None
    if addressed and addressed.purpose is Purpose.BOUNCE and isinstance(addressed.resolution, Genuine):
        found.append(mail.delivery_by_id(tx, addressed.resolution.id))
    known = {delivery.id: delivery for delivery in found if delivery is not None}
    return next(iter(known.values())) if len(known) == 1 else None


def _the_copy(mailbag: Mailbag, tx: Transaction, report: Report) -> IssueCopy | None:
    """The copy of an issue that had this envelope sender, or this Message-ID; where both are told, both."""
    named = returning.named(mailbag, tx, report.message_id)
    addressed = mailbag.links.read(report.sender) if report.sender else None
    if addressed and addressed.purpose is Purpose.COPY_BOUNCE and isinstance(addressed.resolution, Genuine):
        copy = digest.copy_by_id(tx, addressed.resolution.id)
        return copy if named in (None, copy) else None
    return named


def _settle_copy(mailbag: Mailbag, tx: Transaction, copy: IssueCopy, report: Report) -> Settled:
    """A delay is not noted: it settles nothing, and the ledger has no room for what passes."""
    match report.fact:
        case Fact.ARRIVED:
            is_news = returning.arrive(copy)
        case Fact.BOUNCED:
            kind, reason = _why(report)
            is_news = returning.bounce(mailbag, tx, copy, kind or BounceKind.UNKNOWN, reason, said=report.detail)
        case Fact.COMPLAINED:
            is_news = returning.complain(mailbag, tx, copy, said=report.detail)
        case Fact.DELAYED:
            is_news = False
    return Settled.CHANGED if is_news else Settled.UNCHANGED


def _note_delay(mailbag: Mailbag, delivery: Delivery, report: Report) -> Settled:
    """Each reason once: a server that is away for days is reported every few minutes."""
    name = f"{delivery.NOUN} {Action.DELAY.past}"
    if any((event.name, event.actor, event.detail) == (name, report.by, report.detail) for event in delivery.events):
        return Settled.UNCHANGED
    record(delivery, Action.DELAY, at=mailbag.clock(), actor=report.by, detail=report.detail)
    return Settled.CHANGED


def _advance(mailbag: Mailbag, tx: Transaction, delivery: Delivery, report: Report) -> Settled:
    action = _ACTIONS[report.fact]
    if (delivery.state, action) not in delivery.TRANSITIONS:
        return Settled.UNCHANGED
    now = mailbag.clock()
    advance(delivery, action, at=now, actor=report.by, detail=report.detail)
    delivery.server_said = f"{report.fact}: {report.detail}" if report.detail else str(report.fact)
    delivery.is_doubtful = False
    delivery.put_away_at = None  # an editor has not seen this yet
    delivery.bounce_kind, delivery.bounce_reason = _why(report)
    delivery.sent_at = delivery.sent_at or now
    if report.fact is Fact.BOUNCED:
        suppressing.came_back(mailbag, tx, delivery)
    elif report.fact is Fact.COMPLAINED:
        suppressing.was_complained_of(mailbag, tx, delivery)
    return Settled.CHANGED


def _why(report: Report) -> tuple[BounceKind | None, BounceReason]:
    """Hard, as the provider tries no more, unless its words blame something that may pass: a full mailbox, a rule."""
    if report.fact is not Fact.BOUNCED:
        return None, BounceReason.NONE
    reason = reason_of(report.detail, next(iter(statuses_in(report.detail)), ""))
    is_hard = reason is BounceReason.NONE or reason in HARD_REASONS
    return (BounceKind.HARD if is_hard else BounceKind.SOFT), reason
