"""Photos and portraits of an archive, and what experts say of themselves: believed only in the form that we give them.

A picture with anything in it besides its pixels was not written by this program.
"""

import hashlib
import io
import re
from dataclasses import dataclass

from PIL import Image

from app.mail.picture import LARGE, SIDE, SMALL, Picture
from app.usecases.archiving.checking import Archive, BadArchive
from app.usecases.archiving.letters import KeptPhoto, text_in
from app.usecases.archiving.writing import portrait_file

LONGEST_LINE, LONGEST_TEXT = 200, 20_000
_DIGEST = re.compile(r"[0-9a-f]{24}")
_BESIDES_PIXELS = ("exif", "xmp", "icc_profile", "comment", "photoshop", "mp")


@dataclass(frozen=True)
class KeptProfile:
    """What is printed of an expert beside her name; `digest` is in her portrait's address."""

    credentials: str
    about: str
    portrait: bytes | None
    digest: str


def kept_photo(archive: Archive, kept: KeptPhoto) -> Picture:
    """Raises ValueError where it is none of ours."""
    large, small = (_file(archive, name) for name in kept.files)
    _size(large, "JPEG", LARGE)
    width, height = _size(small, "JPEG", SMALL)
    return Picture(large, small, width, height)


def kept_profiles(archive: Archive) -> dict[str, KeptProfile]:
    """By public name. Raises BadArchive."""
    told = archive.column.get("profiles", {})
    try:
        return {str(name): _profile(archive, fields) for name, fields in told.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise BadArchive(f"what it says of an expert is of no form of ours ({error})") from error


def _profile(archive: Archive, fields: dict[str, str]) -> KeptProfile:
    credentials = text_in(fields.get("credentials", ""), LONGEST_LINE)
    about, digest = text_in(fields.get("about", ""), LONGEST_TEXT), text_in(fields.get("portrait", ""))
    return KeptProfile(credentials, about, _portrait(archive, digest) if digest else None, digest)


def _portrait(archive: Archive, digest: str) -> bytes:
    if not _DIGEST.fullmatch(digest):
        raise ValueError("no name of a portrait")
    raw = _file(archive, portrait_file(digest))
    if not hashlib.sha256(raw).hexdigest().startswith(digest) or _size(raw, "WEBP", SIDE) != (SIDE, SIDE):
        raise ValueError("no portrait of ours")
    return raw


def _file(archive: Archive, name: str) -> bytes:
    if name not in archive.digests:
        raise ValueError(f"{name} is missing")
    return archive.read(name)


def _size(raw: bytes, form: str, longest: int) -> tuple[int, int]:
    """Width and height of a picture that is nothing but its pixels, and no larger than this. Raises ValueError."""
    try:
        with Image.open(io.BytesIO(raw), formats=(form,)) as image:
            if max(image.size) > longest:
                raise ValueError("too large a picture")
            image.load()
            if any(name in image.info for name in _BESIDES_PIXELS) or getattr(image, "n_frames", 1) != 1:
                raise ValueError("a picture with more than pixels in it")
            return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"no picture: {error}") from error
