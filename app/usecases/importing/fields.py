"""One row of a table, or one object of a list, as a letter: the names that its fields may have, and what they mean."""

from collections.abc import Mapping
from datetime import date, datetime

from app.domain.dated import read_date
from app.domain.letter import ANONYMOUS
from app.mail.reply import html_to_text
from app.mail.reply.htmltext import looks_like_html
from app.usecases.importing.exchange import plain
from app.usecases.importing.letters import (
    LONGEST_SOURCE,
    Defaults,
    ImportedLetter,
    Place,
    Problem,
    Skipped,
    key_by_words,
)

NAMES: Mapping[str, tuple[str, ...]] = {
    "date": ("published_on", "date", "published", "published_at", "day"),
    "asker": ("asker", "public_name", "name", "asked_by", "from"),
    "expert": ("expert", "persona", "answered_by", "author"),
    "topic": ("topic", "category", "subject"),
    "question": ("question", "question_text", "q"),
    "answer": ("answer", "answer_text", "reply", "response", "a"),
    "address": ("url", "old_address", "permalink", "link", "path"),
}
KNOWN = {name: field for field, names in NAMES.items() for name in names}
NEEDED = {"date", "question", "answer"}


def fields_of(names: list[str]) -> list[str]:
    """What each column is for, by its heading; empty for one that is nothing to us."""
    return [KNOWN.get("_".join(name.strip().casefold().replace("-", " ").split()), "") for name in names]


def letter_of(values: Mapping[str, str], place: Place, defaults: Defaults) -> ImportedLetter | Skipped:
    """`values` by field. Plain texts stay as they are; what is plainly HTML is read as such."""
    if any(len(value) > LONGEST_SOURCE for value in values.values()):
        return Skipped(place, Problem.TOO_LONG)
    on = _day(values.get("date", ""))
    if on is None:
        return Skipped(place, Problem.BAD_DATE, values.get("date", "")[:40])
    question, answer = values.get("question", ""), values.get("answer", "")
    if not question.strip():
        return Skipped(place, Problem.NO_QUESTION)
    if not answer.strip():
        return Skipped(place, Problem.NO_ANSWER_HERE)
    asker, topic = values.get("asker", "") or ANONYMOUS, values.get("topic", "") or defaults.topic
    address = values.get("address", "")
    return ImportedLetter(
        place=place,
        key=key_by_words(on, asker, topic, question),
        on=on,
        public_name=asker,
        persona=values.get("expert", "") or defaults.persona,
        topic=topic,
        question=plain(html_to_text(question)) if looks_like_html(question) else question,
        answer=html_to_text(answer) if looks_like_html(answer) else answer,
        old_addresses=(address,) if address else (),
    )


def _day(text: str) -> date | None:
    """2014-01-11, 2014-01-11T09:30:00Z, Jan 11th, 2014, and the like; never 11/01/14, which is two days."""
    found = read_date(text.strip()[:40])
    if found is not None:
        return found
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
