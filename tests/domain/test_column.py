"""Dates and topics as the column prints them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.column import format_date
from tests.office import COLUMN


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        (date(2014, 1, 11), "Jan 11th, 2014"),
        (date(2014, 2, 1), "Feb 1st, 2014"),
        (date(2014, 3, 22), "Mar 22nd, 2014"),
        (date(2014, 4, 3), "Apr 3rd, 2014"),
        (date(2014, 5, 13), "May 13th, 2014"),
    ],
)
def test_a_date_in_the_form_of_the_column(day: date, printed: str) -> None:
    assert COLUMN.print_date(day) == printed


def test_the_form_is_a_setting() -> None:
    assert format_date(date(2014, 1, 11), "{day} {month_name} {year}") == "11 January 2014"


def test_a_wrong_form_says_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"\{mon\}.*\{month\}"):
        format_date(date(2014, 1, 11), "{mon}")


def test_a_day_ends_where_the_column_is() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert COLUMN.day(late) == date(2026, 7, 2), "London has summer time"
    assert replace(COLUMN, time_zone=ZoneInfo("UTC")).day(late) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("topic", "short"), [("Running Advice", "Running"), ("Advice", "Advice"), ("Recipes", "Recipes")]
)
def test_a_topic_is_short_on_a_chip(topic: str, short: str) -> None:
    assert COLUMN.short_topic(topic) == short
