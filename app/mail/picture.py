"""A photo as it comes from a camera, made anew: its pixels and nothing else.

Only three kinds are read, by their own decoders; what a file calls itself is not looked at. A file that says it has
more pixels than any camera takes is refused by its header, before a pixel is made.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "WEBP": 25_000_000, "GIF": 25_000_000}  # read whole, all but JPEG
LARGE, SMALL = 1600, 480  # pixels of the longer side
SIDE = 320  # of a portrait; printed at half of that at most
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
_one_at_a_time = threading.Lock()  # the largest take 150 MB


class PictureProblem(StrEnum):
    """Why a file is no photo for us."""

    HEIC = "heic"
    OTHER_KIND = "other-kind"
    TOO_MANY_PIXELS = "too-many-pixels"
    BROKEN = "broken"


class BadPhoto(ValueError):
    """Nothing of the file was kept."""

    def __init__(self, problem: PictureProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Picture:
    """Two JPEGs of it, upright; width and height are of the small one."""

    large: bytes
    small: bytes
    width: int
    height: int


def make_anew(raw: bytes) -> Picture:
    """Raises BadPhoto."""
    with _decoding(raw):
        large = _read(raw, FORMATS)
    small = large.copy()
    small.thumbnail((SMALL, SMALL))
    return Picture(_as_jpeg(large, 82), _as_jpeg(small, 72), small.width, small.height)


def make_square(raw: bytes) -> bytes:
    """The middle of it, as a portrait for print: WebP. Raises BadPhoto."""
    with _decoding(raw):
        fitted = ImageOps.fit(_read(raw, (*FORMATS, "GIF")), (SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    fitted.save(file, "WEBP", quality=82, method=6)
    return file.getvalue()


@contextmanager
def _decoding(raw: bytes) -> Iterator[None]:
    """Whatever a decoder makes of a file is one of our problems."""
    if raw[4:8] == b"ftyp" and raw[8:12] in _HEIC_BRANDS:
        raise BadPhoto(PictureProblem.HEIC)
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow: about odd tags in files that are read nonetheless
        try:
            yield
        except BadPhoto:
            raise
        except UnidentifiedImageError:
            raise BadPhoto(PictureProblem.OTHER_KIND) from None
        except Image.DecompressionBombError:
            raise BadPhoto(PictureProblem.TOO_MANY_PIXELS) from None
        except Exception:  # noqa: BLE001 - decoders raise whatever they like
            raise BadPhoto(PictureProblem.BROKEN) from None


def _read(raw: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Upright and on white, LARGE at most."""
    with Image.open(io.BytesIO(raw), formats=formats) as image:
        if image.width * image.height > MOST_PIXELS[image.format or ""]:
            raise BadPhoto(PictureProblem.TOO_MANY_PIXELS)
        share = LARGE / max(image.size)
        if share < 1:  # a JPEG can be read at half its size, or less
            image.draft("RGB", (int(image.width * share), int(image.height * share)))
        mode = "RGBA" if image.has_transparency_data else "RGB"
        image.load()
        smaller: Image.Image = image if image.mode == mode else image.convert(mode)
        smaller.thumbnail((LARGE, LARGE))
        return _on_white(ImageOps.exif_transpose(smaller))


def _on_white(image: Image.Image) -> Image.Image:
    """Only pixels: no profile, no comment, no thumbnail of the picture before it was cropped."""
    plain = Image.new("RGB", image.size, "white")
    plain.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return plain


def _as_jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
