"""How much of a mail is read at most. Beyond it a mail is unreadable, by name: an editor sees its whole source.

Counted, so that the same mail has the same fate on every machine; apart.py has the limits that a clock measures.
"""

import re

MOST_PARTS = 10_000
MOST_BOUNDARIES = 300  # nested ones; Python's parser recurses
MOST_WORK = 20_000_000  # lines times boundaries: each line is compared with each open boundary
MOST_RAW_LINES = 500_000  # 25 MB of attachments, the most that a door takes, are 350,000
MOST_SOURCE = 12_000_000  # octets of one text, characters of all; of HTML most may be pictures
MOST_TEXT = 1_000_000  # characters of one text as people read it: two long novels
MOST_LINES = 21_000  # of one text: the oddest take nearly 100 microseconds each; no answer has so many
MOST_TAGS = 60_000  # of one HTML text; the longest threads that Outlook makes have half of it
LONGEST_PARAMETERS = 4_096  # octets of a Content-Type: Python's parser takes minutes for 100 KB of them
_PARAMETERS = re.compile(  # the fields that have parameters, of every part, folded lines included
    rb"content-(?:type|disposition):[^\r\n]*+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*+)*+", re.IGNORECASE
)
_LINE_STARTS = (b"", b"\r", b"\n")


class Unreadable(Exception):
    """The mail is hostile, or broken beyond reading."""


def check_before_parsing(raw: bytes) -> None:
    """Refuse in linear time what Python's parser would need minutes or gigabytes for."""
    lines = raw.count(b"\n") + raw.count(b"\r\r")
    if lines > MOST_RAW_LINES:
        raise Unreadable(f"{lines} lines")
    for found in _PARAMETERS.finditer(raw):
        is_field = raw[max(0, found.start() - 1) : found.start()] in _LINE_STARTS
        if is_field and len(found[0]) > LONGEST_PARAMETERS:
            raise Unreadable(f"{len(found[0])} octets of parameters")
    boundaries = raw.lower().count(b"boundary=")
    if not boundaries:
        return
    parts = raw.count(b"\n--")
    if parts > MOST_PARTS or boundaries > MOST_BOUNDARIES or boundaries * lines > MOST_WORK:
        raise Unreadable(f"{parts} parts, {boundaries} boundaries")


def check_html(html: str) -> None:
    if html.count("<") > MOST_TAGS:
        raise Unreadable(f"more than {MOST_TAGS} tags")


def check_text(text: str) -> None:
    if len(text) > MOST_TEXT:
        raise Unreadable(f"more than {MOST_TEXT} characters of text")
    if text.count("\n") > MOST_LINES:
        raise Unreadable(f"more than {MOST_LINES} lines of text")
