"""What makes one column different from another: its words, its dates and its policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from string import Formatter
from zoneinfo import ZoneInfo

from app.domain.letter import ANONYMOUS

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Intake(StrEnum):
    """What a confirmed question waits for."""

    EDITOR_ASSIGNS = "editor_assigns"
    STRAIGHT_TO_EXPERT = "straight_to_expert"


class Publication(StrEnum):
    """What an answer waits for."""

    EDITOR_APPROVES = "editor_approves"
    AUTO_AFTER_HOLD = "auto_after_hold"


def ordinal_suffix(day: int) -> str:
    """English: 1st, 2nd, 3rd, 4th, and 11th to 13th."""
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def format_date(day: date, pattern: str, months: Sequence[str] = MONTHS) -> str:
    """`pattern` has {month} (Jan), {month_name}, {month_number}, {day}, {th} and {year}.

    ValueError for any other name, so that a wrong setting is told at the start.
    """
    name = months[day.month - 1]
    values = {
        "month": name[:3],
        "month_name": name,
        "month_number": day.month,
        "day": day.day,
        "th": ordinal_suffix(day.day),
        "year": day.year,
    }
    unknown = {field for _, field, _, _ in Formatter().parse(pattern) if field is not None} - set(values)
    if unknown:
        raise ValueError(f"no {{{unknown.pop()}}} in a date; there is {', '.join(f'{{{v}}}' for v in values)}")
    return pattern.format(**values)


@dataclass(frozen=True)
class Column:
    """The column's settings, as values."""

    title: str
    tagline: str
    persona: str  # who is asked, where no expert is known yet: "The Guru"
    noun: str  # what topics end in: "Advice"; taken off where a short name is wanted
    date_format: str
    time_zone: ZoneInfo
    disclaimer: str
    caution: str  # when not to write but to call; empty for none
    intake: Intake
    publication: Publication
    prints_passages: bool  # of the letter, above what the expert wrote between its lines
    hold: timedelta
    time_to_answer: timedelta
    time_to_confirm: timedelta
    consent_version: str
    language: str = "en"  # of the pages and mails, as BCP 47 writes it
    months: tuple[str, ...] = MONTHS
    anonymous: str = ANONYMOUS  # what is printed where no name was given

    def print_date(self, at: datetime | date) -> str:
        """A day as the column prints it; times are first brought into its time zone."""
        return format_date(self.day(at) if isinstance(at, datetime) else at, self.date_format, self.months)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.time_zone).date()

    def short_topic(self, name: str) -> str:
        """ "Running Advice" is "Running" on a chip."""
        short = name.removesuffix(self.noun).strip()
        return short or name
