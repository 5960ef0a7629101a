"""What kind of mail it is: by its header and form first, by its words where these say nothing."""

from app.mail.kind.dates import absent_until
from app.mail.kind.header import NO_MARKS, OwnMarks, Sighting, sight
from app.mail.kind.words import kind_by_words

__all__ = ["NO_MARKS", "OwnMarks", "Sighting", "absent_until", "kind_by_words", "sight"]
