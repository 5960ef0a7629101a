"""A printed or withdrawn letter as it stands in an archive: JSON with what readers could see, and nothing else.

What its asker wrote later is of the same form, in the letter's "exchange".
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any

from app.domain.event import Action
from app.domain.moved import path_of
from app.domain.photo import LONGEST_ALT, MOST_PHOTOS, Photo
from app.domain.question import Question, QuestionState

_ID = re.compile(r"[0-9a-z]{6,12}")
_PHOTO_ID = re.compile(r"[0-9a-z]{8,24}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SOURCE = re.compile(r"import:[0-9a-f]{64}")
LONGEST = 1_000_000  # characters of one text


@dataclass(frozen=True)
class KeptRevision:
    """One text of the answer that was printed, when, and of a correction what readers were told about it."""

    text: str
    published_at: datetime
    note: str = ""


@dataclass(frozen=True)
class KeptPhoto:
    """A photo that readers saw; its two files are beside the letters."""

    public_id: str
    slot: int
    alt: str

    @property
    def files(self) -> tuple[str, str]:
        """The names of the large and of the small one."""
        return f"photos/{self.public_id}.jpg", f"photos/small/{self.public_id}.jpg"


@dataclass(frozen=True)
class KeptLetter:
    """A letter with its page; `revisions` oldest first. `source` is the key of the file that it was imported from."""

    public_id: str
    slug: str
    published_on: date
    published_at: datetime
    asked_at: datetime | None
    public_name: str
    persona: str
    topic: str
    question: str
    revisions: tuple[KeptRevision, ...]
    photos: tuple[KeptPhoto, ...]
    old_addresses: tuple[str, ...]
    source: str
    exchange: "tuple[Kept, ...]"

    @property
    def all_photos(self) -> tuple[KeptPhoto, ...]:
        """Those of the whole page."""
        later = (photo for part in self.exchange if isinstance(part, KeptLetter) for photo in part.all_photos)
        return (*self.photos, *later)


@dataclass(frozen=True)
class KeptAbsence:
    """A withdrawn letter: its address, and why there is nothing at it."""

    public_id: str
    slug: str
    published_on: date
    published_at: datetime
    topic: str
    withdrawn_at: datetime
    reason: str
    old_addresses: tuple[str, ...]
    source: str
    exchange: "tuple[Kept, ...]"


Kept = KeptLetter | KeptAbsence


def kept(question: Question, old_addresses: Sequence[str]) -> dict[str, Any]:
    """A letter, printed or withdrawn, with what its asker wrote later."""
    return (
        kept_absence(question, old_addresses)
        if question.state is QuestionState.WITHDRAWN
        else kept_letter(question, old_addresses)
    )


def kept_letter(question: Question, old_addresses: Sequence[str]) -> dict[str, Any]:
    assert question.answer is not None
    fields = _common(question, old_addresses) | {
        "asker": question.public_name,
        "expert": question.answer.expert.public_name,
        "question": question.text,
        "answers": [
            {"text": revision.text, "published_at": revision.published_at.isoformat()}
            | ({"note": revision.note} if revision.note else {})
            for revision in question.answer.revisions
            if revision.published_at is not None
        ],
    }
    photos = [{"id": one.public_id, "slot": one.slot, "alt": one.alt} for one in approved_photos(question)]
    if photos:
        fields["photos"] = photos
    asked_at = question.asked_at
    return fields | ({"asked_at": asked_at.isoformat()} if asked_at else {})


def approved_photos(question: Question) -> list[Photo]:
    return [photo for photo in question.photos if photo.is_approved]


def kept_absence(question: Question, old_addresses: Sequence[str]) -> dict[str, Any]:
    name = f"{Question.NOUN} {Action.WITHDRAW.past}"
    event = next(event for event in reversed(question.events) if event.name == name)
    went_along = question.follows is not None and event.detail == f"with #{question.follows.id}"
    reason = "" if went_along else event.detail  # rows have other numbers elsewhere
    return _common(question, old_addresses) | {"withdrawn_at": event.at.isoformat(), "reason": reason}


def _common(question: Question, old_addresses: Sequence[str]) -> dict[str, Any]:
    assert question.published_on is not None
    assert question.published_at is not None
    fields: dict[str, Any] = {
        "id": question.public_id,
        "slug": question.slug,
        "published_on": question.published_on.isoformat(),
        "published_at": question.published_at.isoformat(),
        "topic": question.topic.name,
    }
    if old_addresses:
        fields["old_addresses"] = list(old_addresses)
    once_printed = [one for one in question.follow_ups if one.published_on is not None]
    if once_printed:
        fields["exchange"] = [kept(one, ()) for one in once_printed]
    return fields | ({"source": question.form_key} if _SOURCE.fullmatch(question.form_key) else {})


def as_bytes(fields: Mapping[str, Any]) -> bytes:
    """The same fields are the same octets, always."""
    return f"{json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def read_kept(raw: bytes) -> Kept:
    """Raises ValueError for whatever is not exactly of this form."""
    try:
        fields = json.loads(raw)
        return _absence(fields) if "withdrawn_at" in fields else _letter(fields)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no letter: {error}") from error


@dataclass(frozen=True)
class Names:
    """What a column calls its topics, each with its word in addresses, and its experts, in the order they came."""

    topics: Sequence[tuple[str, str]]
    experts: Sequence[str]


def read_names(column: Mapping[str, Any]) -> Names:
    """Raises ValueError, KeyError or TypeError for whatever is not of this form."""
    topics = [(_name(one["name"]), _matching(_SLUG, text_in(one["slug"], 80))) for one in column["topics"]]
    if not isinstance(column["experts"], list):
        raise TypeError("no list of experts")
    return Names(topics, [_name(one) for one in column["experts"]])


def _letter(fields: Mapping[str, Any]) -> KeptLetter:
    revisions = tuple(
        KeptRevision(text_in(one["text"]), _time(one["published_at"]), text_in(one.get("note", "")))
        for one in fields["answers"]
    )
    if not revisions:
        raise ValueError("no answer")
    return KeptLetter(
        **_read_common(fields),
        asked_at=_time(fields["asked_at"]) if "asked_at" in fields else None,
        public_name=text_in(fields["asker"], 200),
        persona=text_in(fields["expert"], 100),
        question=text_in(fields["question"]),
        revisions=revisions,
        photos=tuple(_photo(one) for one in fields.get("photos", ())),
    )


def _photo(fields: Mapping[str, Any]) -> KeptPhoto:
    slot = fields["slot"]
    if type(slot) is not int or not 0 < slot <= MOST_PHOTOS:
        raise ValueError("no place of a photo")
    return KeptPhoto(_matching(_PHOTO_ID, fields["id"]), slot, text_in(fields["alt"], LONGEST_ALT))


def _absence(fields: Mapping[str, Any]) -> KeptAbsence:
    return KeptAbsence(
        **_read_common(fields), withdrawn_at=_time(fields["withdrawn_at"]), reason=text_in(fields["reason"])
    )


def _read_common(fields: Mapping[str, Any]) -> dict[str, Any]:
    addresses = tuple(text_in(address, 400) for address in fields.get("old_addresses", ()))
    if any(path_of(address) != address for address in addresses):
        raise ValueError("an old address is no path")
    return {
        "public_id": _matching(_ID, fields["id"]),
        "slug": _matching(_SLUG, text_in(fields["slug"], 80)),
        "published_on": date.fromisoformat(fields["published_on"]),
        "published_at": _time(fields["published_at"]),
        "topic": text_in(fields["topic"], 100),
        "old_addresses": addresses,
        "source": _matching(_SOURCE, fields["source"]) if "source" in fields else "",
        "exchange": tuple(_later(one) for one in fields.get("exchange", ())),
    }


def _later(fields: Mapping[str, Any]) -> Kept:
    if "exchange" in fields:
        raise ValueError("a follow-up to a follow-up")
    return _absence(fields) if "withdrawn_at" in fields else _letter(fields)


def text_in(value: Any, longest: int = LONGEST) -> str:
    """A value of JSON that is a text which can be stored. Raises ValueError."""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError("no text, or too long a one")
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("a text that no database takes")
    return value


def _name(value: Any) -> str:
    name = text_in(value, 100)
    if not name.strip():
        raise ValueError("no name")
    return name


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"not of the form {pattern.pattern}")
    return value


def _time(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or not MINYEAR < at.year < MAXYEAR:
        raise ValueError("a time without a zone, or in a year that is none in another zone")
    return at
