"""How much of a mail is read at most. Beyond it a mail is unreadable, by name; its raw bytes are kept anyway."""

import re

_BOUNDARY = re.compile(rb"\bboundary\s{0,4}=", re.IGNORECASE)
MOST_PARTS = 10_000
MOST_BOUNDARIES = 300  # nested ones; Python's parser recurses
MOST_WORK = 20_000_000  # lines times boundaries: each line is compared with each open boundary
MOST_TEXT = 12_000_000  # characters of text in all parts
MOST_LINES = 50_000  # of one text: what takes a few seconds to read, and what no answer has


class Unreadable(Exception):
    """The mail is hostile, or broken beyond reading."""


def check_before_parsing(raw: bytes) -> None:
    """Refuse in linear time what Python's parser would need minutes or gigabytes for."""
    head = raw.lower() if len(raw) < 1_000_000 else raw
    boundaries = head.count(b"boundary=") + (
        0 if head is not raw else raw.count(b"Boundary=") + raw.count(b"BOUNDARY=")
    )
    if not boundaries:
        return
    parts = raw.count(b"\n--")
    if parts > MOST_PARTS or boundaries > MOST_BOUNDARIES or boundaries * raw.count(b"\n") > MOST_WORK:
        raise Unreadable(f"{parts} parts, {boundaries} boundaries")


def check_text(text: str) -> None:
    if text.count("\n") > MOST_LINES:
        raise Unreadable(f"more than {MOST_LINES} lines of text")
