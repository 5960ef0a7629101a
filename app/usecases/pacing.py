"""How fast copies go out, in all and to one domain, whoever sends them: the pace is kept in the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.periods import DigestPolicy
from app.store import ledger, paces
from app.store.base import Rows
from app.store.ledger import Claimed

_EVERYBODY = ""
_AHEAD = timedelta(seconds=1)  # how much of its allowance may be used at once


def claim_at_pace(
    tx: Rows, policy: DigestPolicy, issue_id: int, owner: str, *, at: datetime, most: int
) -> list[Claimed]:
    """The next copies that may go out now. Those to a domain that has had its share are put off, not in the way."""
    if policy.per_second > 0:
        most = min(most, _room(tx, _EVERYBODY, timedelta(seconds=1 / policy.per_second), at, most))
    claimed = ledger.claim(tx, issue_id, owner, at=at, most=most) if most else []
    if policy.per_domain_minute > 0 and claimed:
        claimed = _within_domains(tx, policy, owner, claimed, at)
    if policy.per_second > 0 and claimed:
        _use(tx, _EVERYBODY, timedelta(seconds=1 / policy.per_second), at, len(claimed))
    return claimed


def _within_domains(
    tx: Rows, policy: DigestPolicy, owner: str, claimed: Sequence[Claimed], at: datetime
) -> list[Claimed]:
    step = timedelta(minutes=1 / policy.per_domain_minute)
    by_domain: dict[str, list[Claimed]] = {}
    for copy in claimed:
        by_domain.setdefault(copy.domain, []).append(copy)
    kept: list[Claimed] = []
    for domain in sorted(by_domain):  # one order for all workers: none waits for another in a circle
        copies = by_domain[domain]
        room = _room(tx, domain, step, at, len(copies))
        if room:
            _use(tx, domain, step, at, room)
        kept += copies[:room]
        # one behind the other: all at once they would be claimed and put off again and again
        first = max(paces.free_at(tx, domain) or at, at + step)
        ledger.put_off(tx, owner, [(copy.id, first + step * n) for n, copy in enumerate(copies[room:])])
    return kept


def _room(tx: Rows, name: str, step: timedelta, at: datetime, wanted: int) -> int:
    """How many steps fit between when the pace is free again and a moment from now."""
    free_at = paces.free_at(tx, name)
    begins = at if free_at is None else max(free_at, at)
    ahead = max(_AHEAD, step)
    return max(0, min(wanted, int((at + ahead - begins) / step)))


def _use(tx: Rows, name: str, step: timedelta, at: datetime, number: int) -> None:
    free_at = paces.free_at(tx, name)
    paces.set_free_at(tx, name, max(free_at or at, at) + step * number)
