"""Feeds, sitemap and structured data are valid for whoever reads them by the rules, whatever a letter is called."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import html5lib
import pytest

from app.domain.question import Question
from app.usecases.importing import import_text
from tests.naughty import NAUGHTY, dated_letters
from tests.office import Office
from tests.pages import BASE, Site, open_site
from tests.web.letters import reword

A = "{http://www.w3.org/2005/Atom}"
S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LISTS = ("/", "/topics/knee-advice/", "/experts/the-name-guru-d/", "/2014/", "/search/?q=knee", "/search/?q=%22%3C%26")


def naughty(office: Office) -> None:
    import_text(office.mailbag, dated_letters(len(NAUGHTY)), is_html=False)
    reword(office, NAUGHTY)
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, 1)
        assert question is not None
        question.topic.name = '<Knee> & "Co" %s ]]> Advice'
        assert question.answer is not None
        question.answer.expert.public_name = "The </name> & “Guru” %d"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), fill=naughty) as opened:
        yield opened


def address(place: str, form: str) -> str:
    path, _, query = place.partition("?")
    return f"{path}{form}" + (f"?{query}" if query else "")


def paged(site: Site, place: str, form: str) -> Iterator[Any]:
    """Every page of a feed, by its own links; checked to be no more than there can be."""
    where = address(place, form)
    for _ in range(len(NAUGHTY) // 20 + 3):
        response = site.anyone.get(where)
        assert response.status_code == 200, where
        yield response
        if form == "feed.atom":
            links = [e.get("href") for e in ET.fromstring(response.data).findall(f"{A}link") if e.get("rel") == "next"]
            following = links[0] if links else None
        else:
            following = response.get_json().get("next_url")
        if not following:
            return
        assert following.startswith(BASE)
        where = following.removeprefix(BASE)
    raise AssertionError(f"no end of {place}")


def one(element: ET.Element, name: str, *, at_most: int = 1, at_least: int = 1) -> str:
    found = element.findall(A + name)
    assert at_least <= len(found) <= at_most, (name, len(found))
    return (found[0].text or "") if found else ""


def is_iri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme) and bool(parts.netloc or parts.path) and not re.search(r"[\s<>\"{}|\\^`]", text)


def check_common(element: ET.Element) -> str:
    """What RFC 4287 says of feed and entry alike (4.1.1, 4.1.2, 4.2); returns the id."""
    one(element, "title")
    updated = one(element, "updated")
    assert _DATE.match(updated), updated
    datetime.fromisoformat(updated)
    name = one(element, "id")
    assert is_iri(name), name
    links = [
        (link.get("rel", "alternate"), link.get("type"), link.get("hreflang")) for link in element.findall(f"{A}link")
    ]
    assert len(set(links)) == len(links), "no two alternates of one type and language (4.1.1)"
    assert all(is_iri(link.get("href") or "") for link in element.findall(f"{A}link"))
    for author in element.findall(f"{A}author"):
        assert one(author, "name").strip()
    for category in element.findall(f"{A}category"):
        assert category.get("term")
    for construct in (*element.findall(f"{A}title"), *element.findall(f"{A}subtitle"), *element.findall(f"{A}rights")):
        assert construct.get("type", "text") in ("text", "html", "xhtml")
        assert len(construct) == 0, "text constructs have no children (3.1.1)"
    return name


@pytest.mark.parametrize("place", LISTS)
def test_atom_is_as_rfc_4287_has_it(site: Site, place: str) -> None:
    seen: set[str] = set()
    for response in paged(site, place, "feed.atom"):
        assert response.mimetype == "application/atom+xml"
        feed = ET.fromstring(response.data)
        assert feed.tag == f"{A}feed"
        check_common(feed)
        assert feed.findall(f"{A}author") or all(entry.findall(f"{A}author") for entry in feed.findall(f"{A}entry"))
        (itself,) = [link.get("href") for link in feed.findall(f"{A}link") if link.get("rel") == "self"]
        assert site.anyone.get(str(itself).removeprefix(BASE)).data == response.data
        newest = max((one(entry, "updated") for entry in feed.findall(f"{A}entry")), default=one(feed, "updated"))
        assert newest == one(feed, "updated")
        for entry in feed.findall(f"{A}entry"):
            seen.add(checked_entry(entry, seen))
    assert len(seen) in (0, len(NAUGHTY)) or "search" in place


def checked_entry(entry: ET.Element, seen: set[str]) -> str:
    name = check_common(entry)
    assert name not in seen, "an id stands once (4.2.6)"
    assert _DATE.match(one(entry, "published"))
    assert one(entry, "published") <= one(entry, "updated")
    (content,) = entry.findall(f"{A}content")
    assert content.get("type") == "html"
    assert len(content) == 0
    tree = html5lib.parseFragment(content.text or "", namespaceHTMLElements=False)
    assert tree.find(".//script") is None
    for element in tree.iter():
        assert not any(attribute.startswith("on") for attribute in element.attrib), name
        assert not (element.get("href") or "").startswith("javascript"), name
    return name


@pytest.mark.parametrize("place", LISTS)
def test_a_json_feed_is_as_version_1_1_has_it(site: Site, place: str) -> None:
    seen: set[str] = set()
    for response in paged(site, place, "feed.json"):
        assert response.mimetype == "application/feed+json"
        feed = json.loads(response.data.decode("utf-8"))
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert isinstance(feed["title"], str)
        assert feed["title"]
        assert feed["language"] == "en"
        assert all(is_iri(feed[name]) for name in ("home_page_url", "feed_url"))
        assert set(feed) <= TOP
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert item["id"] not in seen
            seen.add(item["id"])
            assert set(item) <= ITEM
            assert is_iri(item["url"])
            assert isinstance(item["content_html"], str)
            assert all(_DATE.match(item[name]) for name in ("date_published", "date_modified"))
            assert all(isinstance(author, dict) and author.get("name") for author in item["authors"])
            assert all(isinstance(tag, str) for tag in item["tags"])
    assert len(seen) in (0, len(NAUGHTY)) or "search" in place


TOP = {
    *("version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url"),
    *("icon", "favicon", "authors", "language", "expired", "hubs", "items"),
}
ITEM = {
    *("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image"),
    *("date_published", "date_modified", "authors", "tags", "language", "attachments"),
}


def test_the_sitemap_is_as_its_schema_has_it(site: Site) -> None:
    """sitemaps.org 0.9: the index and its parts, addresses of ours below 2,048 characters, W3C dates, none twice."""
    index = ET.fromstring(site.anyone.get("/sitemap.xml").data)
    assert index.tag == f"{S}sitemapindex"
    assert {child.tag for child in index} == {f"{S}sitemap"}
    places: list[str] = []
    for part in index:
        assert {e.tag for e in part} <= {f"{S}loc", f"{S}lastmod"}
        assert part[0].tag == f"{S}loc"
        response = site.anyone.get(str(part[0].text).removeprefix(BASE))
        assert response.mimetype == "application/xml"
        assert len(response.data) < 50 * 1024 * 1024
        urls = ET.fromstring(response.data)
        assert urls.tag == f"{S}urlset"
        assert 0 < len(urls) <= 50_000
        for url in urls:
            assert [e.tag for e in url] in ([f"{S}loc"], [f"{S}loc", f"{S}lastmod"])
            assert len(url) == 1 or _DATE.match(url[1].text or "") or re.match(r"\d{4}-\d\d-\d\d$", url[1].text or "")
            places.append(url[0].text or "")
    assert all(is_iri(place) and place.startswith(f"{BASE}/") and len(place) < 2048 for place in places)
    assert len(set(places)) == len(places)
    assert len(places) >= len(NAUGHTY)


def test_every_letter_opens_whatever_it_says_and_its_structured_data_is_whole(site: Site) -> None:
    parts = ET.fromstring(site.anyone.get("/sitemap/2014.xml").data)
    paths = [str(url[0].text).removeprefix(BASE) for url in parts]
    assert len(paths) == len(NAUGHTY)
    for path in paths:
        response = site.anyone.get(path)
        assert response.status_code == 200
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        tree = parser.parse(_NOT_XML.sub("", response.text))
        errors = [error for error in parser.errors if error[1] != "invalid-codepoint"]
        assert errors == [], path
        (script,) = tree.findall(".//script[@type='application/ld+json']")
        check_structured(json.loads(script.text), f"{BASE}{path}")
        assert site.anyone.get(f"{path}.json").get_json()["url"] == f"{BASE}{path}"
        assert site.anyone.get(f"{path}.md").status_code == 200


def check_structured(found: dict[str, Any], address: str) -> None:
    """What schema.org and Google's guide ask of an Article, and of a Question with its Answer."""
    assert found["@context"] == "https://schema.org"
    assert found["@type"] == "Article"
    assert found["mainEntityOfPage"] == address
    assert isinstance(found["headline"], str)
    assert len(found["headline"]) <= 110
    question = found["mainEntity"]
    answer = question["acceptedAnswer"]
    assert (question["@type"], question["answerCount"], answer["@type"]) == ("Question", 1, "Answer")
    assert isinstance(question["text"], str)
    assert isinstance(answer["text"], str)
    assert urlsplit(answer["url"])[:3] == urlsplit(address)[:3]
    for person in (found["author"], question["author"], answer["author"]):
        assert person["@type"] in ("Person", "Organization")
        assert "name" in person
    assert found["publisher"]["name"]
    dates = [found["datePublished"], found["dateModified"], question["dateCreated"], answer["dateCreated"]]
    assert all(_DATE.match(date) and datetime.fromisoformat(date).tzinfo for date in dates)


def test_there_are_a_hundred_naughty_texts_at_least() -> None:
    assert len(set(NAUGHTY)) == len(NAUGHTY) >= 100
