"""The dated question and answer: the form that pages are printed in and old columns are read from.

Jan 11th, 2014
Becky asked The Guru for the following Physiotherapy Advice:
<question>
The Guru Responded:
<answer>
"""

import itertools
import re
from dataclasses import dataclass
from datetime import date

from app.domain.column import MONTHS

_ASKED = re.compile(r"^(?P<name>\S.{0,198}) asked (?P<persona>\S.{0,98}?) for the following (?P<topic>.{1,100}):$")
_RESPONDED = re.compile(r"^\S.{0,98} Responded:$")
_MONTH_FIRST = re.compile(r"^(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})$")
_DAY_FIRST = re.compile(r"^(?P<day>\d{1,2})(?:st|nd|rd|th)?\.? (?P<month>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})$")
_ISO = re.compile(r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})$")


def asked_line(name: str, persona: str, topic: str) -> str:
    return f"{name} asked {persona} for the following {topic}:"


def responded_line(persona: str) -> str:
    return f"{persona} Responded:"


def print_entry(*, day: str, name: str, persona: str, topic: str, question: str, answer: str) -> str:
    """The whole form, as `read_entries` reads it again; `day` is the date as the column prints it."""
    parts = (day, asked_line(name, persona, topic), question, responded_line(persona), answer)
    return "\n\n".join(parts) + "\n"


def print_again(*, day: str, name: str, persona: str, question: str, answer: str) -> str:
    """What the same asker wrote later, and the answer to it, below her letter."""
    parts = (day, wrote_again_line(name), question, responded_line(persona), answer)
    return "\n\n".join(parts) + "\n"


def wrote_again_line(name: str) -> str:
    """Above what the same asker wrote later."""
    return f"{name} wrote again:"


@dataclass(frozen=True)
class Entry:
    """One question and answer of an old column; texts keep the line ends that they came with."""

    line: int  # where it begins, counted from 1
    on: date
    public_name: str
    persona: str
    topic: str
    question: str
    answer: str
    later: "tuple[Later, ...]" = ()


@dataclass(frozen=True)
class Later:
    """What the same asker wrote again, and the answer to it: `print_again`."""

    on: date
    persona: str
    question: str
    answer: str


@dataclass(frozen=True)
class Unreadable:
    """A passage that looks like an entry and is none; `problem` is a code that templates word."""

    line: int
    problem: str
    text: str


def read_date(line: str) -> date | None:
    """A line that is a date and nothing else, in the column's form or a usual English or ISO one."""
    text = " ".join(line.split())
    match = _MONTH_FIRST.match(text) or _DAY_FIRST.match(text) or _ISO.match(text)
    if match is None:
        return None
    month = _month_number(match["month"])
    try:
        return date(int(match["year"]), month, int(match["day"])) if month else None
    except ValueError:  # the 31st of February
        return None


def _month_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    stem = text.lower()[:3] if text.lower() == "sept" else text.lower()  # of four letters
    hits = [n for n, name in enumerate(MONTHS, 1) if name.lower().startswith(stem)]
    return hits[0] if len(hits) == 1 else 0


def read_entries(text: str) -> tuple[list[Entry], list[Unreadable]]:
    """Read a file with one or many entries; every entry that cannot be read is told with its line."""
    lines = text.removeprefix("\ufeff").splitlines()
    heads = _headings(lines)
    entries: list[Entry] = []
    problems: list[Unreadable] = []
    for head, following in itertools.zip_longest(heads, heads[1:]):
        outcome = _read_entry(lines, head, following.date_line if following else len(lines))
        (entries if isinstance(outcome, Entry) else problems).append(outcome)  # type: ignore[arg-type]
    if not heads:
        problems.append(Unreadable(1, "no-entry", lines[0] if lines else ""))
    return entries, problems


@dataclass(frozen=True)
class _Heading:
    """ "Becky asked …:", on one line or wrapped over two; lines count from 0."""

    first: int
    last: int
    date_line: int  # the same as `first` where no date stands above
    on: date | None
    public_name: str
    persona: str
    topic: str


def _headings(lines: list[str]) -> list[_Heading]:
    """Lines in the form of a heading. One without a date is a heading only if it asks a persona of the column:
    "My aunt asked me for the following reason:" is a sentence like any other.
    """
    found = [heading for number in range(len(lines)) if (heading := _heading(lines, number)) is not None]
    personas = {heading.persona for heading in found if heading.on} or {heading.persona for heading in found}
    return [heading for heading in found if heading.on or heading.persona in personas]


def _heading(lines: list[str], number: int) -> _Heading | None:
    one = _folded(lines[number])
    match, last = _ASKED.match(one), number
    if match is None and " asked " in f"{one} " and number + 1 < len(lines) and not one.endswith(":"):
        match, last = _ASKED.match(f"{one} {_folded(lines[number + 1])}"), number + 1
    if match is None:
        return None
    date_line, on = _date_above(lines, number)
    return _Heading(number, last, date_line, on, match["name"], match["persona"], match["topic"])


def _folded(line: str) -> str:
    return " ".join(line.split())


def _date_above(lines: list[str], head: int) -> tuple[int, date | None]:
    """The line of the date that stands above a heading, blank lines between them aside."""
    number = head - 1
    while number >= 0 and not lines[number].strip():
        number -= 1
    day = read_date(lines[number]) if number >= 0 else None
    return (number, day) if day else (head, None)


def _read_entry(lines: list[str], head: _Heading, end: int) -> Entry | Unreadable:
    line, text = head.first + 1, lines[head.first]
    if head.on is None:
        return Unreadable(line, "no-date", text)
    responded = responded_line(head.persona).casefold()
    answers = [n for n in range(head.last + 1, end) if _folded(lines[n]).casefold() == responded]
    if not answers:
        return Unreadable(line, "no-answer", text)
    later, end = _read_later(lines, head, answers[0] + 1, end)
    question = _between(lines, head.last + 1, answers[0])
    answer = _between(lines, answers[0] + 1, end)
    if not question.strip() or not answer.strip():
        return Unreadable(line, "blank", text)
    return Entry(line, head.on, head.public_name, head.persona, head.topic, question, answer, later)


def _between(lines: list[str], start: int, end: int) -> str:
    return "\n".join(lines[start:end]).strip("\n")


def _read_later(lines: list[str], head: _Heading, start: int, end: int) -> tuple[tuple[Later, ...], int]:
    """What stands behind the answer from a date and "Becky wrote again:" on, and where that begins.

    What only looks like it, without a date or an answer, is a part of the text that it stands in.
    """
    found: list[Later] = []
    again = wrote_again_line(head.public_name)
    for number in reversed(range(start, end)):
        if _folded(lines[number]) != again:
            continue
        date_line, on = _date_above(lines, number)
        answer = _answer_line(lines, head.persona, number + 1, end)
        if on is None or date_line < start or answer is None:
            continue
        persona = _folded(lines[answer]).rpartition(" ")[0]
        texts = _between(lines, number + 1, answer), _between(lines, answer + 1, end)
        if all(text.strip() for text in texts):
            found.insert(0, Later(on, persona, *texts))
            end = date_line
    return tuple(found), end


def _answer_line(lines: list[str], persona: str, start: int, end: int) -> int | None:
    """Where the persona of the letter responds, or else somebody."""
    responded = [n for n in range(start, end) if _RESPONDED.match(_folded(lines[n]))]
    own = responded_line(persona)
    return next((n for n in responded if _folded(lines[n]) == own), responded[0] if responded else None)
