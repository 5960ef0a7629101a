"""Whether a mail is an out-of-office note: those answer nothing, and must not be taken for an answer."""

from app.mail.reply.phrases import ABSENCE
from app.mail.reply.words import fold

FIRST_WORDS = 40  # of the text; a note says at its beginning what it is
LONGEST_NOTE = 150  # words; who writes more answers something


def is_absence_note(subject: str, text: str) -> bool:
    """By the subject, or else by the first words of a short text, in any of the languages.

    "I was on vacation" in an answer is not enough: it must not be longer than such a note is.
    """
    if ABSENCE.is_in(fold(subject).split()):
        return True
    words = fold(text).split()
    return len(words) <= LONGEST_NOTE and ABSENCE.count(words[:FIRST_WORDS]) >= 2
