"""The picture beside a link: whatever a letter says it is 1200 by 630, small, and kept under an address of its own."""

import re
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.domain.theme import LIGHT
from app.web import drawing
from app.web.drawing import HEIGHT, WIDTH, Card, draw, drawable
from tests.office import Office
from tests.web.kinds import ON_SQLITE
from tests.web.test_feeds import NAUGHTY, naughty_letters


def card(words: str, name: str = "Ask The Guru") -> Card:
    paper, ink, soft = LIGHT["paper"], LIGHT["ink"], LIGHT["soft"]
    return Card(name, words, "Becky · Jan 11th, 2014", paper, ink, soft, LIGHT["accent"], LIGHT["accent-2"])


@pytest.fixture(params=["of the system", "of Pillow"])
def _face(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without fonts, too."""
    if request.param == "of Pillow":
        monkeypatch.setattr(drawing, "face", lambda: "")
    for kept in (drawing._font, drawing._is_drawn, drawing.draw):
        kept.cache_clear()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_face")
@pytest.mark.parametrize("words", ["", "Is it my wrist?", "word " * 200, "W" * 5000, "日本語の手紙", *NAUGHTY])
def test_any_words_give_a_small_picture_with_free_edges(words: str) -> None:
    drawn = draw(card(words))
    assert len(drawn) < 80_000
    with Image.open(BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        whole = picture.convert("RGB")
    paper = whole.getpixel((4, 300))
    for box in ((0, 40, 60, HEIGHT), (WIDTH - 60, 40, WIDTH, HEIGHT), (0, HEIGHT - 30, WIDTH, HEIGHT)):
        assert whole.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), paper)]


@pytest.mark.usefixtures("_face")
def test_words_that_the_face_cannot_draw_are_left_to_the_columns_name() -> None:
    assert drawable("“Knee” – and 👩‍👩‍👧 all").startswith("“Knee”")
    assert drawable("日本語") == drawable("הברך שלי") == ""
    assert draw(card("日本語")) == draw(card("Ask The Guru"))
    assert len(draw(card("日本語", name="日本語"))) > 0


def addresses(page: str) -> list[str]:
    return re.findall(r'property="og:image" content="https://guru\.example([^"]+)"', page)


@ON_SQLITE
def test_front_topic_and_letter_have_pictures_that_may_be_kept_for_ever(office: Office, client: FlaskClient) -> None:
    naughty_letters(office)
    letter = client.get("/").text.split('<h2><a href="')[1].split('"')[0]
    found = []
    for place in ("/", "/topics/running-advice/", letter, "/archive"):
        (address,) = addresses(client.get(place).text)
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "immutable" in answer.headers["Cache-Control"]
        assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        found.append(address)
    assert len(set(found)) == 3
    assert found[3] == found[0]


@ON_SQLITE
def test_an_old_address_leads_to_the_present_picture_and_a_wrong_one_nowhere(client: FlaskClient) -> None:
    (address,) = addresses(client.get("/").text)
    assert client.get("/pictures/column/0000.png").location == address
    for wrong in ("/pictures/letter/zzzzzz/0.png", "/pictures/topic/none/0.png"):
        assert client.get(wrong).status_code == 404
