"""Feeds and the sitemap: well-formed whatever a letter says, complete by paging, and with nothing private in them."""

import json
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from flask.testing import FlaskClient

from app.usecases.importing import import_text
from tests.office import BECKY, GURU, Office
from tests.web.kinds import ON_SQLITE
from tests.web.letters import letters, reword

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NAUGHTY = (
    "]]> is how my knee feels.",
    "<![CDATA[ knee ]]> &amp; &lt;b&gt; & <b>bold</b> \"quoted\" 'twice'.",
    "My knee \x01\x0b\x1f\x7f\ufffe\uffff creaks.",
    "הברך שלי כואבת מאוד \u202eknee\u202c.",
    "👩‍👩‍👧 my 🦵🏽 hurts, Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢.",
    "{{ 7*7 }} %s %n ${jndi:ldap://x} knee.",
    "\U0001f468 𝒦𝓃𝑒𝑒 \u2028 and \u2029 paragraphs.",
)
LISTS = ("/", "/topics/running-advice/", "/experts/the-guru/", "/2014/", "/search/")


def naughty_letters(office: Office) -> None:
    letters(office, len(NAUGHTY))
    reword(office, NAUGHTY)


def local(address: str) -> str:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("https", "guru.example")
    return parts.path + (f"?{parts.query}" if parts.query else "")


def test_an_atom_feed_has_what_the_rfc_asks_for(office: Office, client: FlaskClient) -> None:
    naughty_letters(office)
    for place in LISTS:
        response = client.get(f"{place}feed.atom?q=knee")
        assert response.mimetype == "application/atom+xml"
        feed = ET.fromstring(response.data)
        for element in (feed, *feed.iter(f"{ATOM}entry")):
            for name in ("id", "title", "updated", "author"):
                assert len(element.findall(ATOM + name)) == 1, (place, name)
            assert element.findtext(f"{ATOM}id", "").startswith(("https:", "tag:"))
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", element.findtext(f"{ATOM}updated", ""))
        assert feed.find(f"{ATOM}entry") is not None
        ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
        assert len(ids) == len(set(ids))
        (itself,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
        assert local(itself.get("href", "")) == f"{place}feed.atom?q=knee"


@ON_SQLITE
def test_a_json_feed_has_what_version_1_1_asks_for(office: Office, client: FlaskClient) -> None:
    naughty_letters(office)
    for place in LISTS:
        response = client.get(f"{place}feed.json?q=knee")
        assert response.mimetype == "application/feed+json"
        feed = json.loads(response.data)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["title"]
        assert local(feed["feed_url"]) == f"{place}feed.json?q=knee"
        assert feed["items"]
        for item in feed["items"]:
            assert set(item) >= {"id", "url", "content_html", "date_published"}
            assert "<script" not in item["content_html"]
            assert client.get(local(item["url"])).status_code == 200


@ON_SQLITE
def test_an_entry_says_what_the_page_says(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    feed = ET.fromstring(client.get("/feed.atom").data)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "My heel number 4 hurts."
    content = entry.findtext(f"{ATOM}content", "")
    assert "Tom4 asked The Guru for the following Running Advice:" in content
    assert "<p>Rest it for 4 days.</p>" in content


def read_feed(data: bytes) -> tuple[list[str], str | None]:
    """The names of its entries, and where the older ones are."""
    if data.startswith(b"{"):
        feed = json.loads(data)
        return [item["id"] for item in feed["items"]], feed.get("next_url")
    root = ET.fromstring(data)
    links = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "next"]
    return [entry.findtext(f"{ATOM}id", "") for entry in root.iter(f"{ATOM}entry")], links[0] if links else None


def test_every_letter_is_reached_by_paging(office: Office, client: FlaskClient) -> None:
    letters(office, 25)
    for form in ("/feed.atom", "/feed.json", "/search/feed.atom", "/search/feed.json"):
        seen: list[str] = []
        address: str | None = f"{form}?q=heel"
        while address:
            found, following = read_feed(client.get(address).data)
            seen += found
            address = local(following) if following else None
        assert len(seen) == len(set(seen)) == 25, form


@ON_SQLITE
def test_pages_lead_to_their_feeds(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    for page, feed in {
        "/": "/feed.atom",
        "/topics/running-advice/": "/topics/running-advice/feed.atom",
        "/experts/the-guru/": "/experts/the-guru/feed.json",
        "/search?q=heel+pain&year=2014": "/search/feed.atom?q=heel+pain&amp;year=2014",
    }.items():
        text = client.get(page).text
        assert f'href="{feed}"' in text, page
        assert client.get(feed.replace("&amp;", "&")).status_code == 200


def test_no_address_of_a_feed_is_an_error(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    for query in ("endpoint=x&_anchor=y&values=1", "q=%00&before=nan_1", "before=2014-01-11.-1", "q=%ff&before=%00"):
        for place in ("/feed.atom", "/feed.json", "/index.json", "/search/feed.atom", "/search/index.md"):
            assert client.get(f"{place}?{query}").status_code == 200, (place, query)
    for place in ("/0000/feed.atom", "/topics/none/feed.json", "/experts/none/feed.atom", "/sitemap/0000.xml"):
        assert client.get(place).status_code == 404


@ON_SQLITE
def test_a_letter_as_markdown_imports_as_the_same_letter(office: Office, client: FlaskClient) -> None:
    letters(office, 2)
    path = client.get("/").text.split('<h2><a href="')[1].split('"')[0]
    markdown = client.get(f"{path}.md")
    assert markdown.mimetype == "text/markdown"
    assert import_text(office.mailbag, markdown.text, is_html=False).new == 0
    assert import_text(office.mailbag, client.get("/index.md").text, is_html=False).new == 0
    letter = client.get(f"{path}.json").json
    assert letter is not None
    assert letter["question"] == "My heel number 5 hurts."
    assert client.get("/index.json").json["letters"][0] == letter  # type: ignore[index]
    assert client.get("/2014/01/05/old-words-" + path.rpartition("-")[2] + ".md").location == f"{path}.md"


def test_the_sitemap_has_every_page_once(office: Office, client: FlaskClient) -> None:
    naughty_letters(office)
    index = ET.fromstring(client.get("/sitemap.xml").data)
    assert index.tag == f"{MAP}sitemapindex"
    parts = [local(loc.text or "") for loc in index.iter(f"{MAP}loc")]
    assert parts == ["/sitemap/pages.xml", "/sitemap/2014.xml"]
    places = [loc.text or "" for part in parts for loc in ET.fromstring(client.get(part).data).iter(f"{MAP}loc")]
    assert len(places) == len(set(places)) == len(NAUGHTY) + 9
    for place in places:
        assert client.get(local(place)).status_code == 200, place
    assert "Sitemap: https://guru.example/sitemap.xml" in client.get("/robots.txt").text


def test_nothing_private_and_nothing_that_waits_is_in_any_of_them(office: Office, client: FlaskClient) -> None:
    office.ask(text="The canary in my knee sings on the stairs.")
    places = [f"/{form}" for form in ("feed.atom", "feed.json", "index.md", "index.json", "sitemap.xml", "robots.txt")]
    places += ["/search/feed.atom?q=canary", "/sitemap/pages.xml", "/about", "/experts/"]
    assert all("canary in" not in client.get(place).text for place in places)
    office.receive(office.reply())
    path = office.question(1).path
    places += [path, f"{path}.md", f"{path}.json", "/experts/the-guru/", "/2026/", "/2026/11/", "/2026/11/22/"]
    for place in places:
        response = client.get(place)
        assert response.status_code == 200
        for private in (BECKY, GURU, "@column.example", "desk/enter"):
            assert private not in response.text, place


@ON_SQLITE
def test_structured_data_says_what_the_page_says(office: Office, client: FlaskClient) -> None:
    naughty_letters(office)
    for link in re.findall(r'<h[23]><a href="([^"]+)"', client.get("/archive").text):
        found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(link).text, re.DOTALL)
        assert len(found) == 1
        article = json.loads(found[0])
        assert article["@type"] == "Article"
        assert article["mainEntity"]["text"] in NAUGHTY
        assert article["mainEntity"]["acceptedAnswer"]["author"]["url"] == "https://guru.example/experts/the-guru/"
