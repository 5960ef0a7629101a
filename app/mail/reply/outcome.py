"""What became of an inbound reply, by name, and what hung on it: nothing disappears without being listed."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    ANSWERED = "answered"  # new words stand in the body
    SIGNED = "signed"  # the same, and the mail carries an S/MIME or PGP signature (which nobody checked)
    EMPTY = "empty"  # no text at all
    QUOTE_ONLY = "quote_only"  # text, but none of it new
    SUBJECT_ONLY = "subject_only"  # no new words in the body, but in the subject
    ATTACHMENT_ONLY = "attachment_only"  # no new words, but a file or a picture
    CALENDAR = "calendar"  # an invitation, or the answer to one
    ENCRYPTED = "encrypted"  # S/MIME or PGP: nobody here can read it
    WINMAIL = "winmail"  # all there is stands in a winmail.dat that could not be unpacked
    UNREADABLE = "unreadable"  # hostile or broken beyond the limits of limits.py

    @property
    def has_answer(self) -> bool:
        return self in {Outcome.ANSWERED, Outcome.SIGNED}


@dataclass(frozen=True)
class Attachment:
    """A part that is no body text. `name` may be empty, `content_type` is as declared, `size` in decoded bytes."""

    name: str
    content_type: str
    size: int
    is_inline: bool = False  # a picture that the HTML text shows
