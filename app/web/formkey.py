"""The key of a rendered form: signed, with the second that it was made in, so that no cookie and no row is needed."""

import secrets
import time

from app.domain.token import Genuine, Purpose
from app.web.pages import the_mailbag

FORM_LASTS = 7 * 24 * 60 * 60  # seconds


def new_key() -> str:
    return the_mailbag().links.signer.mint(Purpose.FORM, int(time.time()) << 32 | secrets.randbits(32))


def fresh_key(text: str) -> str:
    """The key of a form that we rendered in the last days, in its one spelling; empty for any other text."""
    signer = the_mailbag().links.signer
    resolution = signer.resolve(Purpose.FORM, text)
    if not isinstance(resolution, Genuine):
        return ""
    is_fresh = -300 <= seconds_since(text) <= FORM_LASTS  # another host's clock may be a little ahead
    return signer.mint(Purpose.FORM, resolution.id) if is_fresh else ""


def seconds_since(key: str) -> int:
    """From the form to now; 0 for a key that is none."""
    resolution = the_mailbag().links.signer.resolve(Purpose.FORM, key)
    return int(time.time()) - (resolution.id >> 32) if isinstance(resolution, Genuine) else 0
