"""When an issue is due: by the clock and calendar of the column's time zone, whatever daylight saving does."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.subscription import Frequency

_LATE = {
    Frequency.DAILY: timedelta(hours=12),
    Frequency.WEEKLY: timedelta(days=3),
    Frequency.MONTHLY: timedelta(days=7),
}


@dataclass(frozen=True)
class DigestPolicy:
    """When issues are drafted and sent, and how carefully."""

    hour: int = 8  # of the day, in the column's time zone
    weekday: int = 0  # of the weekly issue; 0 is Monday
    by_itself: bool = True  # False: a draft waits for an editor
    stands: timedelta = timedelta(hours=2)  # how long a draft can be changed before it goes out by itself
    workers: int = 1  # how many send one issue at the same time
    lines: int = 32  # connections of each to the next server: they share the commit of a round
    per_second: float = 0.0  # copies in all; 0: as many as it takes
    per_domain_minute: float = 0.0  # copies a minute to one domain
    # above all timeouts of one conversation; what a worker claimed so long ago is somebody else's
    lease: timedelta = timedelta(minutes=3)


@dataclass(frozen=True)
class Period:
    """One day, ISO week or month, and the moment from which its issue is due."""

    name: str
    due_at: datetime
    before: datetime  # when the period before it was due


def period_due(frequency: Frequency, at: datetime, zone: ZoneInfo, policy: DigestPolicy) -> Period:
    """The last period whose issue is due at this time."""
    day = _begins(frequency, at.astimezone(zone).date(), policy)
    if _at_hour(day, zone, policy) > at:
        day = _begins(frequency, day - timedelta(days=1), policy)
    before = _begins(frequency, day - timedelta(days=1), policy)
    return Period(_name(frequency, day), _at_hour(day, zone, policy), _at_hour(before, zone, policy))


def is_stale(frequency: Frequency, due_at: datetime, at: datetime) -> bool:
    """Whether it is too late to begin with an issue, or to send it: its letters go into the next one."""
    return at > due_at + _LATE[frequency]


def _begins(frequency: Frequency, day: date, policy: DigestPolicy) -> date:
    """The last day up to this one on which an issue is due."""
    if frequency is Frequency.DAILY:
        return day
    if frequency is Frequency.MONTHLY:
        return day.replace(day=1)
    return day - timedelta(days=(day.weekday() - policy.weekday) % 7)


def _at_hour(day: date, zone: ZoneInfo, policy: DigestPolicy) -> datetime:
    """An hour that the clock leaves out is the one after it; of an hour that comes twice, the first."""
    return datetime.combine(day, time(policy.hour), tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _name(frequency: Frequency, day: date) -> str:
    if frequency is Frequency.DAILY:
        return day.isoformat()
    if frequency is Frequency.MONTHLY:
        return f"{day:%Y-%m}"
    week = day.isocalendar()
    return f"{week.year}-W{week.week:02}"
