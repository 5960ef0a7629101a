"""A portrait for print: any usual picture becomes a small square WebP without a word of what cameras write into it."""

from io import BytesIO

from PIL import Image, ImageOps

from app.domain.errors import BadPicture

SIDE = 320  # pixels; printed at half of that at most
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PAPER = (250, 247, 241)  # behind what is transparent


def square(raw: bytes) -> bytes:
    """The middle of the picture, turned upright. Raises BadPicture."""
    try:
        with Image.open(BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadPicture("too many pixels")
            opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is read no larger than is needed
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(str(error)) from error
    fitted = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGBA", fitted.size, _PAPER)
    out = BytesIO()
    Image.alpha_composite(paper, fitted).convert("RGB").save(out, "WEBP", quality=82, method=6)
    return out.getvalue()
