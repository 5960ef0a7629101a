"""What every old file becomes on its way in: a letter, or a passage that is no letter and the reason why."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

NOTHING_CUT: Mapping["Cut", int] = MappingProxyType({})
LONGEST_SOURCE = 4 * 1024 * 1024  # characters of one letter as it stands in a file; a book is shorter


class Problem(StrEnum):
    """Why a passage does not come in; the terminal words each, beside those of `app.domain.dated`."""

    BAD_DATE = "bad-date"
    NO_QUESTION = "no-question"
    NO_ANSWER_HERE = "no-answer-here"
    NO_SHAPE = "no-shape"
    NOT_A_POST = "not-a-post"
    NOT_PRINTED = "not-printed"
    PROTECTED = "protected"
    TOO_LONG = "too-long"
    NAME_TOO_LONG = "name-too-long"
    NOT_XML = "not-xml"
    HAS_DTD = "has-dtd"
    NOT_JSON = "not-json"
    NOT_CSV = "not-csv"
    NOT_A_LETTER = "not-a-letter"
    NO_COLUMNS = "no-columns"
    NOT_A_MAIL = "not-a-mail"
    BY_MACHINE = "by-machine"
    NO_REPLY = "no-reply"
    HOLDS_ADDRESS = "holds-address"
    NO_MAILS = "no-mails"
    ONLY_STREAMED = "only-streamed"


class Cut(StrEnum):
    """What of a letter's source is not taken; the report counts each."""

    COMMENTS = "comments"
    TAGS = "tags"
    TOPICS = "topics"  # a letter has one
    PICTURES = "pictures"
    SHORTCODES = "shortcodes"
    ABOVE = "above"  # characters above the question of a post
    QUOTED = "quoted"  # characters that the reader of replies cut: quotes, signatures, disclaimers
    ATTACHMENTS = "attachments"
    MORE_MAILS = "more-mails"  # of a thread, behind its first reply
    ADDRESSES = "addresses"  # old addresses that no redirect can be made of


class Names(StrEnum):
    """How much of a mail's sender is printed."""

    FIRST = "first"
    FULL = "full"
    NONE = "none"


@dataclass(frozen=True)
class Place:
    """Where in a file something stands: its line, counted from 1, and what a person would call the item."""

    line: int
    item: str = ""


@dataclass(frozen=True)
class Defaults:
    """For files that do not say: who answers, about what, and how askers are named."""

    persona: str
    topic: str
    names: Names = Names.FIRST


@dataclass(frozen=True)
class ImportedFollowUp:
    """What the same asker wrote later, and the answer to it."""

    key: str
    on: date
    persona: str
    question: str
    answer: str


@dataclass(frozen=True)
class ImportedLetter:
    """One question and answer of an old column. `question` is plain text, `answer` our Markdown.

    `key` is the same whenever the same letter is read again.
    """

    place: Place
    key: str
    on: date
    public_name: str
    persona: str
    topic: str
    question: str
    answer: str
    asked_at: datetime | None = None
    old_addresses: tuple[str, ...] = ()
    later: tuple[ImportedFollowUp, ...] = ()
    cut: Mapping[Cut, int] = field(default_factory=lambda: NOTHING_CUT)


@dataclass(frozen=True)
class Skipped:
    """A passage that is no letter; `problem` is a code of Problem or of `app.domain.dated`."""

    place: Place
    problem: str
    text: str = ""


Letters = Iterator[ImportedLetter | Skipped]


def key_by_words(on: date, public_name: str, topic: str, question: str) -> str:
    """For sources that name no letter: the same one has the same key, whatever its line ends and spaces."""
    return key_by_name(" ".join(f"{on} {public_name} {topic} {question}".casefold().split()))


def key_by_name(name: str) -> str:
    """For sources that give each letter a name of its own."""
    return f"import:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"
