"""What we need to know of an inbound mail, read without trusting a byte of it."""

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from app.domain.letter import addresses_in
from app.domain.mailkind import MailKind
from app.mail.bounce import Report
from app.mail.fields import head_of, raw_fields
from app.mail.kind import NO_MARKS, OwnMarks, sight

LONGEST_HEAD = 256 * 1024  # octets; real ones are under 20 KB, crafted ones make header parsers crawl
LONGEST_VALUE = 4 * 1024
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # PostgreSQL takes no NUL in a text
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_NESTING_MARKS = 600  # Content-Type lines in one mail; 1,000 nested parts exhaust the parser's recursion
_PARAMETERS = re.compile(  # the fields of every part that have parameters, folded lines included
    rb"(?:\A|[\r\n])content-(?:type|disposition):[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE
)


class Unreadable(ValueError):
    """The mail is no mail, or is built to hurt. Its bytes are kept, and shown to an editor."""


@dataclass(frozen=True)
class InboundMail:
    """The facts of the header; texts are decoded, at most 4 KiB each, and may be lies."""

    message_id: str
    authors: tuple[str, ...]  # addresses in From, empty where From is missing, doubled or defective
    shown_author: str  # From as it stands, for people to look at
    recipients: tuple[str, ...]  # addresses in To and Cc
    subject: str
    date: str  # as its writer's program set it
    references: tuple[str, ...]  # Message-IDs that it says it answers: In-Reply-To first, then the nearest
    kind: MailKind
    report: Report  # what it says of mail of ours; empty where it is no report
    text: str  # its first words as they are read for its kind, at most 4 KiB


def parse_mail(raw: bytes, *, sender: str, marks: OwnMarks = NO_MARKS) -> InboundMail:
    """`sender` is the envelope sender, empty for a bounce. Raises Unreadable."""
    head = head_of(raw)
    if len(head) > LONGEST_HEAD:
        raise Unreadable("the header is longer than any mail program writes")
    if raw.lower().count(b"\ncontent-type:") > _NESTING_MARKS:
        raise Unreadable("more parts than any mail program writes")
    if any(len(field[0]) > LONGEST_VALUE for field in _PARAMETERS.finditer(raw)):
        raise Unreadable("a Content-Type longer than any mail program writes")  # 100 KB take a minute to read
    try:
        message = BytesHeaderParser(policy=compat32).parsebytes(head)
        authors = _authors(message) if _has_one_from(raw) else ()
        seen = sight(raw, sender=sender, marks=marks)
        return InboundMail(
            message_id=_plain(message, "Message-ID"),
            authors=authors,
            shown_author=_decoded(message, "From"),
            recipients=_addresses(message, "To") + _addresses(message, "Cc"),
            subject=_decoded(message, "Subject"),
            date=_plain(message, "Date"),
            references=_references(message),
            kind=seen.kind,
            report=seen.report,
            text=seen.text[:LONGEST_VALUE],
        )
    except Exception as error:
        # the standard library raises nearly anything on crafted headers: RecursionError, AttributeError, …
        raise Unreadable(f"{type(error).__name__} while reading the header") from error


def _plain(message: Message, name: str) -> str:
    """A header that is an identifier, not text: first of its kind, unfolded."""
    return _line(str(message.get(name, "")))


def _decoded(message: Message, name: str) -> str:
    value = _plain(message, name)
    try:
        return _line(str(policy.default.header_factory("Subject", value)))
    except (AttributeError, LookupError, ValueError, RecursionError):
        return value


def _line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())[:LONGEST_VALUE]


def _authors(message: Message) -> tuple[str, ...]:
    """Exactly one From line that parses without a defect, or nothing: spoofs live in the exceptions."""
    lines = message.get_all("From", [])
    if len(lines) != 1 or len(str(lines[0])) > LONGEST_VALUE:
        return ()
    value = " ".join(str(lines[0]).split())
    header = policy.default.header_factory("From", value)
    if header.defects or any(group.display_name is not None for group in header.groups):
        return ()
    found = tuple(address.addr_spec for address in header.addresses)
    return found if _is_literal(found, str(lines[0])) else ()


def _is_literal(addresses: tuple[str, ...], value: str) -> bool:
    """Whether every reader sees these addresses: not put together from encoded-words, none other in a comment."""
    line = _QUOTED.sub("", re.sub(r"\r?\n(?=[ \t])|\t", " ", value))
    if _CONTROLS.search(line):
        return False
    return all(spec in line for spec in addresses) and line.count("@") == sum(map(line.count, set(addresses)))


def _has_one_from(raw: bytes) -> bool:
    """Counted in the bytes: the parser overlooks `From :`, and all that stands below a line which is no field."""
    return sum(field.name == "from" for field in raw_fields(raw)) == 1


def _references(message: Message) -> tuple[str, ...]:
    """The whole chain, each once: some programs put the newest first, others cut the middle out."""
    chain = [_MESSAGE_ID.findall(str(message.get(name, ""))) for name in ("In-Reply-To", "References")]
    return tuple(dict.fromkeys([*chain[0], *reversed(chain[1])]))


def _addresses(message: Message, name: str) -> tuple[str, ...]:
    """The parser crawls on long lists; there, everything that looks like an address counts as one."""
    lines = [" ".join(str(line).split()) for line in message.get_all(name, [])]
    if sum(map(len, lines)) > LONGEST_VALUE:
        return tuple(addresses_in(" ".join(lines)))
    headers = [policy.default.header_factory("To", line) for line in lines]
    return tuple(address.addr_spec for header in headers for address in header.addresses)
