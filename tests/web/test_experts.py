"""What readers are told of an expert: her line, her words, her picture, at every place that names her."""

import json
import re
from io import BytesIO

import html5lib
from flask.testing import FlaskClient
from PIL import Image

from app.usecases import staffing
from tests.mail.test_portrait import picture
from tests.office import GURU, Office
from tests.web.kinds import ON_SQLITE
from tests.web.test_desk import press, token

ABOUT = "She *walks*. <script>alert(1)</script> [Her page](https://clinic.example) [x](javascript:alert(1))"


def printed(office: Office) -> str:
    question = office.ask()
    office.receive(office.reply())
    return office.question(question.id).path


def test_the_desk_describes_an_expert_and_her_pages_show_it(office: Office, desk: FlaskClient) -> None:
    path = printed(office)
    fields = {"credentials": "Physiotherapist <since> 2009", "about": ABOUT}
    assert "Kept" in press(desk, "/desk/experts", "/desk/experts/1/describe", **fields)
    form = {"csrf_token": token(desk, "/desk/experts"), "picture": (BytesIO(picture()), "me.jpg")}
    assert desk.post("/desk/experts/1/portray", data=form).status_code == 303
    for place in ("/experts/the-guru/", path, "/experts/"):
        page = desk.get(place).text
        html5lib.HTMLParser(strict=True).parse(page)
        assert "Physiotherapist &lt;since&gt; 2009" in page
        (image,) = re.findall(r'<img class="portrait" src="([^"]+)" width="(\d+)" height="\2"', page)
    page = desk.get("/experts/the-guru/").text
    assert "<em>walks</em>" in page
    assert 'href="https://clinic.example"' in page
    assert "<script>alert" not in page
    assert "javascript:" not in page.replace("javascript:alert(1))", "")  # as words, not as a link
    answer = desk.get(image[0])
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(BytesIO(answer.data)) as shown:
        assert shown.size == (320, 320)
    (data,) = re.findall(r'ld\+json">(.*?)</script>', page, re.DOTALL)
    person = json.loads(data)["mainEntity"]
    assert (person["@type"], person["jobTitle"]) == ("Person", "Physiotherapist <since> 2009")
    assert person["image"] == f"https://guru.example{image[0]}"
    (data,) = re.findall(r'ld\+json">(.*?)</script>', desk.get(path).text, re.DOTALL)
    assert json.loads(data)["author"]["jobTitle"] == "Physiotherapist <since> 2009"


@ON_SQLITE
def test_her_address_is_not_printed_and_what_is_no_picture_neither(office: Office, desk: FlaskClient) -> None:
    printed(office)
    fields = {"credentials": "", "about": f"Write to {GURU}"}
    assert "private address" in press(desk, "/desk/experts", "/desk/experts/1/describe", **fields)
    form = {"csrf_token": token(desk, "/desk/experts"), "picture": (BytesIO(b"<svg/>"), "me.svg")}
    assert "no JPEG" in desk.post("/desk/experts/1/portray", data=form, follow_redirects=True).text
    assert "portrait" not in desk.get("/experts/the-guru/").text
    assert desk.get("/portraits/none.webp").status_code == 404


@ON_SQLITE
def test_a_picture_is_taken_away(office: Office, desk: FlaskClient) -> None:
    printed(office)
    staffing.portray_expert(office.mailbag, 1, picture())
    assert 'class="portrait"' in desk.get("/experts/the-guru/").text
    assert "Kept" in press(desk, "/desk/experts", "/desk/experts/1/portray", remove="yes")
    assert 'class="portrait"' not in desk.get("/experts/the-guru/").text
