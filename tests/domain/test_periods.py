"""When issues are due: in the column's time zone, once a period, also when the clock is put forward or back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.domain.periods import DigestPolicy, is_stale, period_due
from app.domain.subscription import Frequency

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
POLICY = DigestPolicy()


def name(frequency: Frequency, at: datetime, zone: ZoneInfo = LONDON, policy: DigestPolicy = POLICY) -> str:
    return period_due(frequency, at, zone, policy).name


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("frequency", "at", "period"),
    [
        (Frequency.DAILY, utc(2026, 11, 22, 7, 59), "2026-11-21"),
        (Frequency.DAILY, utc(2026, 11, 22, 8, 0), "2026-11-22"),
        (Frequency.WEEKLY, utc(2026, 11, 23, 7, 59), "2026-W47"),
        (Frequency.WEEKLY, utc(2026, 11, 23, 8, 0), "2026-W48"),
        (Frequency.WEEKLY, utc(2027, 1, 1, 12, 0), "2026-W53"),
        (Frequency.MONTHLY, utc(2026, 12, 1, 7, 59), "2026-11"),
        (Frequency.MONTHLY, utc(2026, 12, 1, 8, 0), "2026-12"),
    ],
)
def test_a_period_is_due_at_its_hour(frequency: Frequency, at: datetime, period: str) -> None:
    assert name(frequency, at) == period


def test_the_hour_is_that_of_the_columns_time_zone() -> None:
    assert period_due(Frequency.DAILY, utc(2026, 7, 1, 12, 0), LONDON, POLICY).due_at == utc(2026, 7, 1, 7, 0)
    assert name(Frequency.DAILY, utc(2026, 7, 1, 11, 59), NEW_YORK) == "2026-06-30"


def test_the_weekly_issue_may_be_of_another_day() -> None:
    friday = DigestPolicy(weekday=4, hour=17)
    assert name(Frequency.WEEKLY, utc(2026, 11, 20, 17, 0), policy=friday) == "2026-W47"
    assert name(Frequency.WEEKLY, utc(2026, 11, 20, 16, 59), policy=friday) == "2026-W46"


@pytest.mark.parametrize("hour", (0, 1, 2, 3, 8, 23))
@pytest.mark.parametrize(("year", "month", "day"), [(2026, 3, 28), (2026, 10, 24)])
def test_no_day_is_left_out_or_twice_when_the_clock_changes(year: int, month: int, day: int, hour: int) -> None:
    policy = DigestPolicy(hour=hour)
    names, at = [], utc(year, month, day)
    for _ in range(3 * 24 * 4):
        period = period_due(Frequency.DAILY, at, LONDON, policy)
        if period.name not in names:
            names.append(period.name)
        assert period.name == names[-1]  # never back to a day before
        assert period.before < period.due_at <= at
        at += timedelta(minutes=15)
    days = [datetime.fromisoformat(one).date() for one in names]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_a_worker_that_was_away_for_long_does_not_begin_with_old_periods() -> None:
    period = period_due(Frequency.WEEKLY, utc(2026, 11, 25), LONDON, POLICY)
    assert not is_stale(Frequency.WEEKLY, period.due_at, period.due_at + timedelta(days=2))
    assert is_stale(Frequency.WEEKLY, period.due_at, period.due_at + timedelta(days=4))
