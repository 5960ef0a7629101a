"""Photos that askers put in with their letters: private until an editor approves each one."""

from dataclasses import dataclass
from datetime import datetime

MOST_PHOTOS = 3  # with one letter
MOST_OCTETS = 12 * 1024 * 1024  # of one, as it comes from the camera
LONGEST_ALT = 250


@dataclass(eq=False)
class Photo:
    """One photo, made anew: a JPEG without any of what the camera wrote into it, large and small.

    Until its letter is posted it belongs to a form (`form_key`, `slot` from 1), then to a question. `public_id` is in
    the address that it has once it is approved and its letter printed. `alt` says what it shows, in the asker's words.
    """

    public_id: str
    slot: int
    alt: str
    large: bytes
    small: bytes
    width: int  # of the small one, in pixels
    height: int
    made_at: datetime
    form_key: str | None = None
    question_id: int | None = None
    approved_at: datetime | None = None
    approved_by: str = ""
    id: int | None = None

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None
