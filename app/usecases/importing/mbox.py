"""An mbox file: where each mail stands in it, and its bytes when they are wanted. Of 500 MB only the heads are kept.

Mails are told apart as in mboxrd (RFC 4155, and ">From " for lines of a mail that begin like a mark).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import BinaryIO

_LONGEST_LINE = 64 * 1024
_LONGEST_HEAD = 256 * 1024
_MARK = re.compile(rb"^From \S.*\d{4}\s*$")
_QUOTED_MARK = re.compile(rb"^>(>*From )", re.MULTILINE)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")


@dataclass(frozen=True)
class Head:
    """One mail's place (octets, and its first line) and what tells whom it answers."""

    start: int
    end: int
    line: int
    message_id: str
    answers: tuple[str, ...]  # nearest first
    address: str
    name: str
    subject: str
    sent_at: datetime | None


def heads_of(stream: BinaryIO) -> Iterator[Head]:
    head: list[bytes] = []
    start, first, size, in_head = -1, 0, 0, False
    number, position, was_blank = 0, 0, True
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        if was_blank and _MARK.match(line):
            if start >= 0:
                yield _head(b"".join(head), start, position, first)
            start, first, head, size, in_head = position + len(line), number, [], 0, True
        elif in_head and size < _LONGEST_HEAD:
            head.append(line)
            size += len(line)
            in_head = bool(line.strip())
        position += len(line)
        was_blank = not line.strip()
    if start >= 0:
        yield _head(b"".join(head), start, position, first)


def mail_at(stream: BinaryIO, head: Head) -> bytes:
    stream.seek(head.start)
    return _QUOTED_MARK.sub(rb"\1", stream.read(head.end - head.start))


def _sender(value: str) -> tuple[str, str]:
    try:
        return next(iter(getaddresses([value])), ("", ""))
    except (ValueError, LookupError, RecursionError):
        return "", ""


def _head(raw: bytes, start: int, end: int, line: int) -> Head:
    try:
        message = BytesHeaderParser(policy=compat32).parsebytes(raw)
        text = {name: str(message.get(name, "")) for name in ("From", "Subject", "Date", "Message-ID")}
        answers = f"{message.get('In-Reply-To', '')} " + " ".join(
            reversed(_MESSAGE_ID.findall(str(message.get("References", ""))[:_LONGEST_HEAD]))
        )
    except (MessageError, ValueError, LookupError, RecursionError):
        text, answers = dict.fromkeys(("From", "Subject", "Date", "Message-ID"), ""), ""
    name, address = _sender(text["From"])
    return Head(
        start,
        end,
        line,
        message_id=next(iter(_MESSAGE_ID.findall(text["Message-ID"])), ""),
        answers=tuple(dict.fromkeys(_MESSAGE_ID.findall(answers))),
        address=address.lower(),
        name=name,
        subject=text["Subject"],
        sent_at=_time(text["Date"]),
    )


def _time(text: str) -> datetime | None:
    """A time in the last year that there is may be in none elsewhere."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo is not None and at.year < MAXYEAR else None
