"""A photo comes out as its pixels, upright, and with nothing that the camera or anybody else wrote into it."""

import io
import struct
import zlib

import pytest
from PIL import Image

from app.mail.picture import LARGE, MOST_PIXELS, SMALL, BadPhoto, PictureProblem, make_anew

SECRET = b"51.5007N 0.1246W, Tom's kitchen"


def camera_file(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **more: object) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 2.5)
    return camera_file(exif=exif, comment=SECRET, icc_profile=b"\0" * 100 + SECRET)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def problem_of(raw: bytes) -> PictureProblem:
    with pytest.raises(BadPhoto) as error:
        make_anew(raw)
    return error.value.problem


def png_of_size(width: int, height: int) -> bytes:
    """Says that it is that large, and has hardly any octets."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def test_nothing_is_left_of_what_the_camera_wrote() -> None:
    raw = with_exif()
    assert SECRET in raw
    picture = make_anew(raw)
    for made in (picture.large, picture.small):
        assert SECRET not in made
        assert not opened(made).getexif()
        assert set(opened(made).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


def test_what_hides_behind_the_picture_is_left_out() -> None:
    assert b"<script>" not in make_anew(camera_file() + b"<script>alert(1)</script>" + SECRET).large


def test_it_stands_upright() -> None:
    picture = make_anew(with_exif(orientation=6))  # turned a quarter: the left side is up
    image = opened(picture.large).convert("RGB")
    assert image.size == (300, 400)
    red, green, blue = image.getpixel((150, 20))  # type: ignore[misc]
    assert (red > 200, green < 50, blue < 50) == (True, True, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_kinds_are_taken_and_all_come_out_as_jpeg(kind: str) -> None:
    picture = make_anew(camera_file(kind, (2400, 1800)))
    assert opened(picture.large).format == opened(picture.small).format == "JPEG"
    assert max(opened(picture.large).size) <= LARGE
    assert (picture.width, picture.height) == opened(picture.small).size == (SMALL, SMALL * 3 // 4)


def test_what_is_see_through_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(make_anew(file.getvalue()).large).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16"])
def test_odd_colours_are_taken(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (30, 20)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(make_anew(file.getvalue()).large).mode == "RGB"


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"avif"])
def test_heic_is_refused_by_its_name(brand: bytes) -> None:
    assert problem_of(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 99) is PictureProblem.HEIC


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?><svg/>",
        b"%PDF-1.7",
        b"GIF89a" + b"\0" * 60,
        b"\0" * 5000,
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    assert problem_of(raw) is PictureProblem.OTHER_KIND


def test_gif_and_tiff_are_refused_however_good() -> None:
    assert problem_of(camera_file("GIF")) is PictureProblem.OTHER_KIND
    assert problem_of(camera_file("TIFF")) is PictureProblem.OTHER_KIND


@pytest.mark.parametrize("size", [(10_000, 2_501), (65_000, 65_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MOST_PIXELS["PNG"]
    assert problem_of(png_of_size(*size)) in (PictureProblem.TOO_MANY_PIXELS, PictureProblem.BROKEN)


def test_a_file_that_was_cut_off_is_refused() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = camera_file(kind, (900, 700))
        for share in (0.3, 0.6, 0.95):
            assert problem_of(whole[: int(len(whole) * share)]) in (PictureProblem.BROKEN, PictureProblem.OTHER_KIND)


def test_the_decoders_are_the_three_and_no_more() -> None:
    """A file may call itself what it likes; PostScript, for one, would start another program."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    others = (camera_file(kind, (90, 70)) for kind in ("GIF", "BMP", "TIFF", "PPM", "TGA"))
    assert {problem_of(raw) for raw in (postscript, *others)} == {PictureProblem.OTHER_KIND}
