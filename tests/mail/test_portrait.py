"""Any usual picture becomes a small square with nothing in it but the picture."""

from io import BytesIO

import pytest
from PIL import Image

from app.mail.picture import SIDE, BadPhoto, make_square


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), **more: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(900, 600), (3, 500), (1, 1)])
def test_it_is_a_small_square(kind: str, size: tuple[int, int]) -> None:
    with Image.open(BytesIO(make_square(picture(kind, size)))) as made:
        assert (made.format, made.size) == ("WEBP", (SIDE, SIDE))


def test_what_a_camera_wrote_into_it_is_gone_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret Camera Works"  # turned by 90 degrees
    half = Image.new("RGB", (400, 400), (255, 0, 0))
    half.paste((0, 0, 255), (0, 200, 400, 400))
    out = BytesIO()
    half.save(out, "JPEG", exif=exif, comment=b"taken at home", quality=95)
    made = make_square(out.getvalue())
    assert b"Secret" not in made
    assert b"at home" not in made
    with Image.open(BytesIO(made)) as upright:
        red, _, blue = upright.getpixel((10, SIDE // 2))  # type: ignore[misc]
        assert blue > red, "its lower half is on the left now"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:300],
        picture("PNG")[:40],
        picture("BMP"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        picture("PNG", (9000, 9000)),
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(BadPhoto):
        make_square(raw)
