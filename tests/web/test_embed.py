"""For other sites: oEmbed in both of its forms, and a box that may stand in their frames."""

from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import html5lib
import pytest
from flask.testing import FlaskClient

from app.usecases import correcting
from tests.office import Office
from tests.web.kinds import ON_SQLITE

pytestmark = ON_SQLITE
EVIL = 'My "knee" <b>& co</b> </script><script>alert(1)</script> hurts a lot.'


def printed(office: Office, text: str = EVIL) -> str:
    question = office.ask(text=text, public_name="B'ecky <i>")
    office.receive(office.reply())
    return office.question(question.id).path


def discovered(page: str, kind: str) -> str:
    address = page.split(f'type="{kind}"')[1].split('href="')[1].split('"', maxsplit=1)[0].replace("&amp;", "&")
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def test_a_letter_names_its_code_in_json_and_xml(office: Office, client: FlaskClient) -> None:
    page = client.get(printed(office)).text
    json = client.get(discovered(page, "application/json+oembed"))
    xml = client.get(discovered(page, "text/xml+oembed"))
    assert json.mimetype == "application/json"
    facts = json.get_json()
    assert (facts["type"], facts["version"]) == ("rich", "1.0")
    assert {element.tag: element.text for element in ET.fromstring(xml.data)} == {k: str(v) for k, v in facts.items()}
    (frame,) = html5lib.parseFragment(facts["html"], namespaceHTMLElements=False)
    assert (frame.tag, frame.get("width"), frame.get("height")) == ("iframe", "560", "360")
    assert "allow-scripts" not in frame.get("sandbox", "")
    assert client.get(urlsplit(frame.get("src")).path).status_code == 200


def test_the_box_may_be_framed_has_no_script_and_leads_to_the_page(office: Office, client: FlaskClient) -> None:
    path = printed(office)
    answer = client.get(f"/embed/{path.rpartition('-')[2]}")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in client.get(path).headers["Content-Security-Policy"]
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert "<script" not in answer.text
    assert f'href="https://guru.example{path}" target="_blank"' in answer.text
    assert len(answer.data) < 4_000
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "width", "height"),
    [("maxwidth=300&maxheight=200", 300, 200), ("maxwidth=1", 220, 360), ("maxwidth=x", 560, 360)],
)
def test_it_is_as_large_as_there_is_room(
    office: Office, client: FlaskClient, asked: str, width: int, height: int
) -> None:
    path = printed(office)
    facts = client.get(f"/oembed?url=https://guru.example{path}&{asked}").get_json()
    assert (facts["width"], facts["height"]) == (width, height)


def test_nothing_else_has_any(office: Office, client: FlaskClient) -> None:
    path = printed(office)
    ours = f"https://guru.example{path}"
    for url in ("", "https://elsewhere.example" + path, "https://guru.example/about", f"{ours}x/y", "%00", "//["):
        assert client.get("/oembed", query_string={"url": url}).status_code == 404, url
    assert client.get("/oembed", query_string={"url": ours, "format": "yaml"}).status_code == 501
    correcting.withdraw(office.mailbag, 1, "", by="Anna")
    assert client.get("/oembed", query_string={"url": ours}).status_code == 404
    assert client.get(f"/embed/{path.rpartition('-')[2]}").status_code == 410
