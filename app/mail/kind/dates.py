"""Until when somebody is away, where her note states it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from app.mail.kind.lexicon import MONTHS, folded

LONGEST_TEXT = 3000  # characters
LONGEST_ABSENCE = timedelta(days=400)
_ISO = re.compile(r"\b(\d{4})[-./](\d{1,2})[-./](\d{1,2})\b")
_NUMERIC = re.compile(  # "10-31" is a range of days, but with a year it is a date
    r"(?<![\d.:/-])(\d{1,2})(\.|/)\s?(\d{1,2})(?:\2\s?(\d{4}|\d{2})\b|\.?(?![\d:/-]))"
    r"|(?<![\d.:/-])(\d{1,2})(-)(\d{1,2})-(\d{4})\b"
)
_EASTERN = re.compile(r"(?:(\d{4})\s{0,2}[年년]\s{0,2})?(\d{1,2})\s{0,2}[月월]\s{0,2}(\d{1,2})\s{0,2}[日号號일]")
_VIETNAMESE = re.compile(r"\b(\d{1,2})\s{1,2}tháng\s{1,2}(\d{1,2})(?:\s{1,2}năm\s{1,2}(\d{4}))?", re.IGNORECASE)
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|e|o|º|ª|i|ig|én|án|ja|ję|ей|го)?")
_SMALL = frozenset(("de", "of", "d", "the", "del", "den", "di"))


def absent_until(text: str, today: date) -> date | None:
    """The last day that a note names, not before `today`. A day without a year is the next one of its name.

    3/4 is read as the third of April but in an English mail, where it says nothing.
    """
    found = (day for day in _days(text[:LONGEST_TEXT], today) if today <= day <= today + LONGEST_ABSENCE)
    return max(found, default=None)


def _days(text: str, today: date) -> Iterator[date]:
    for year, month, day in _ISO.findall(text):
        yield from _day(today, day, month, year)
    for year, month, day in _EASTERN.findall(text):
        yield from _day(today, day, month, year)
    for day, month, year in _VIETNAMESE.findall(text):
        yield from _day(today, day, month, year)
    words = folded(text)
    is_english = "the" in words or "i" in words or "my" in words
    for found in _NUMERIC.findall(text):
        first, mark, second, year = found[:4] if found[0] else found[4:]
        if int(first) > 12 or mark == "." or (int(second) <= 12 and not is_english):
            yield from _day(today, first, second, year)
        elif int(second) > 12:
            yield from _day(today, second, first, year)
    yield from _named_days(words, today)


def _named_days(words: list[str], today: date) -> Iterator[date]:
    """ "5 June 2026", "June 5th, 2026", "July 10-31", "5 de junio de 2026", "2026. június 5."."""
    for at, word in enumerate(words):
        month = MONTHS.get(word)
        if month is None:
            continue
        before = [other for other in words[max(at - 3, 0) : at] if other not in _SMALL][-1:]
        after = [other for other in words[at + 1 : at + 5] if other not in _SMALL][:3]
        year = next((other for other in after if re.fullmatch(r"20\d\d", other)), "")
        if before and (day := _DAY.fullmatch(before[0])):
            yield from _day(today, day[1], str(month), year)
            continue
        for other in after[:2]:
            if day := _DAY.fullmatch(other):
                yield from _day(today, day[1], str(month), year)


def _day(today: date, day: str, month: str, year: str) -> Iterator[date]:
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [today.year, today.year + 1]
    for number in years:
        try:
            found = date(number, int(month), int(day))
        except ValueError:
            continue
        if year or found >= today - timedelta(days=60):
            yield found
            return
