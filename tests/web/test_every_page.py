"""Every page, whoever wrote it: its HTML has no error, its links lead somewhere, anybody can read it at any width."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from babel.support import NullTranslations
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from sqlalchemy import select

from app.domain.mail import DeliveryKind
from app.domain.question import Question
from app.language import SOURCE, Language, language_of, shipped
from tests.pages import BASE, EXEMPT, FEEDS, TELLING, Page, Site, open_site

# Names of things, and what stands in addresses and formats.
PROPER = (
    "Markdown",
    "marathn",
    "Hello address",
    "asker wished",
    "JSON",
    "Anna",
    "anna@column.example",
    "pat at elsewhere dot example",
    "viewport width=device-width",
)
WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Purpose": "prefetch"}),  # older browsers, and those who look through mail
    ("GET", {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Dest": "document"}),
    ("OPTIONS", {}),
)
ACCENTS = str.maketrans("aeiouycnsAEIOUYCNS", "äéïôüýçñšÄÉÏÔÜÝÇÑŠ")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


def parsed(text: str) -> tuple[Any, list[Any]]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return parser.parse(text), parser.errors


def test_every_route_is_in_the_list_or_has_its_reason(site: Site) -> None:
    urls = site.app.url_map.bind("guru.example")
    listed = {urls.match(urlsplit(page.path).path)[0] for page in site.pages if page.status != 404}
    routes = {rule.endpoint for rule in site.app.url_map.iter_rules() if rule.methods and "GET" in rule.methods}
    routes = {name for name in routes if name.partition(".")[0] != FEEDS}
    assert routes - listed - set(EXEMPT) == set(), "add it to tests/pages.py, so that it is checked and drawn"
    assert listed & set(EXEMPT) == set()
    assert len({page.name for page in site.pages}) == len(site.pages)


def test_every_kind_of_mail_is_in_the_sample(site: Site) -> None:
    """So that scripts/pages draws it."""
    assert set(site.mails()) == {"digest", *DeliveryKind}


def test_every_page_is_html_without_an_error(site: Site) -> None:
    wrong = {}
    for page in site.pages:
        response = site.get(page)
        assert response.status_code == page.status, page
        tree, errors = parsed(response.text)
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        twice = {name for name in ids if ids.count(name) > 1}
        if errors or twice:
            wrong[page.name] = [*errors, *twice]
        assert (tree.get("lang"), tree.get("dir")) == ("en", "ltr"), page
        assert [e.attrib for e in tree.iter() if any(n == "style" or n.startswith("on") for n in e.attrib)] == [], page
        assert all(e.get("src") or e.get("type") == "application/ld+json" for e in tree.iter("script")), page
    assert wrong == {}


def test_every_link_leads_somewhere(site: Site) -> None:
    """Links, pictures, styles, labels' fields and forms; the place inside of a page too."""
    broken, seen = [], {}
    for page in site.pages:
        tree, _ = parsed(site.get(page).text)
        for link in _links(tree):
            address, place = urldefrag(urljoin(f"{BASE}{page.path}", link))
            if not address.startswith(BASE):
                continue
            if address not in seen:
                seen[address] = _opened(site, address)
            found = seen[address]
            if found.status_code >= 400 and urlsplit(address).path != urlsplit(page.path).path:
                broken.append((page.name, link, found.status_code))
            if place and f'id="{place}"' not in found.get_data(as_text=True):
                broken.append((page.name, link, "no such place"))
    assert broken == []


@pytest.mark.parametrize("looks", [2, pytest.param(200, marks=pytest.mark.long)])
def test_no_look_at_a_link_of_any_mail_changes_anything(site: Site, looks: int) -> None:
    """Programs open them long before people do, and far oftener. `looks`: at each link in each way."""
    paths = _paths_in_mails(site)
    kinds = {path.split("/")[1] for path in paths}
    assert {"confirm", "desk", "move", "preferences", "subscribe", "unsubscribe", "was-it-you"} <= kinds
    before, mails, bells = site.office.stored(), len(site.office.server.sent), list(site.office.bells)
    for path in paths:
        for method, headers in WAYS * looks:
            answer = site.anyone.open(path, method=method, headers=headers, buffered=True)
            assert answer.status_code in (200, 302, 303, 404, 410), (method, path)
            assert "Set-Cookie" not in answer.headers, path
    assert site.office.stored() == before
    assert (len(site.office.server.sent), site.office.bells) == (mails, bells)


def _paths_in_mails(site: Site) -> list[str]:
    """Of the links in headers, texts and pages of every mail that was sent."""
    found: set[str] = set()
    for sent in site.office.server.sent:
        mail = message_from_bytes(sent.raw, policy=policy.default)
        words = [str(value) for value in mail.values()]
        words += [unescape(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
        found.update(path.rstrip(".,") for word in words for path in re.findall(rf"{BASE}(/[^\s<>\"')]*)", word))
    return sorted(found)


def _links(tree: Any) -> set[str]:
    names = ("href", "src", "poster", "data")
    return {e.get(name) for e in tree.iter() for name in names if e.get(name) and isinstance(e.tag, str)} - {"#ring"}


def _opened(site: Site, address: str) -> Any:
    parts = urlsplit(address)
    is_private = parts.path.startswith(("/desk", "/mailbox"))
    client = site.desk if is_private else site.anyone
    response = client.get(f"{parts.path}?{parts.query}", follow_redirects=True, buffered=True)
    response.close()
    return response


def test_every_label_and_description_has_its_field(site: Site) -> None:
    lost = []
    for page in site.pages:
        tree, _ = parsed(site.get(page).text)
        ids = {element.get("id") for element in tree.iter()}
        for element in tree.iter():
            for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
                lost += [(page.name, name, one) for one in (element.get(name) or "").split() if one not in ids]
    assert lost == []


# In a browser.


@pytest.fixture(scope="module")
def tab(site: Site, browser: Browser) -> Iterator[Tab]:
    with site.context(browser, viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()


def violations(tab: Tab) -> list[str]:
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


# Widths change what is shown, and the light the colours.
LOOKS: list[tuple[int, Any]] = [(375, "dark"), (1280, "light"), (375, "light"), (1280, "dark")]

# What reaches over the edge and is not inside of something that scrolls.
OVER = """() => [...document.body.querySelectorAll('*')].filter(e => {
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  if (!box.width || style.clip !== 'auto' || style.position === 'absolute' && box.right < 0) return false;
  if (box.right <= innerWidth + 1 && box.left >= -1) return false;
  for (let p = e.parentElement; p; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible' || getComputedStyle(p).clip !== 'auto') return false;
  return true;
}).map(e => e.tagName + '.' + e.className + ' ' + (e.textContent || '').trim().slice(0, 40))"""


def over_the_edge(tab: Tab, page: Page, width: int) -> tuple[int, list[str]] | None:
    """How wide it is, and what is cut off or has to be scrolled to."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(page.path)
    over = tab.evaluate(OVER)
    wide = tab.evaluate("document.documentElement.scrollWidth")
    return (wide, over[:3]) if over or wide > width else None


@pytest.mark.browser
def test_anybody_can_read_every_page(site: Site, tab: Tab) -> None:
    """Nothing reaches over the edge at 320 pixels; axe finds nothing, in the one look or the other by turns."""
    found: dict[Any, Any] = {}
    for number, page in enumerate(site.pages):
        if over := over_the_edge(tab, page, 320):
            found[page.name, 320] = over
        found |= looked_at(tab, page, LOOKS[number % 2 :][:1])
    assert found == {}
    assert site.foreign == []


@pytest.mark.browser
@pytest.mark.long
def test_anybody_can_read_every_page_in_every_look(site: Site, tab: Tab) -> None:
    found: dict[Any, Any] = {}
    for page in site.pages:
        tab.goto(page.path)
        found |= looked_at(tab, page, LOOKS)
    assert found == {}


def looked_at(tab: Tab, page: Page, looks: list[tuple[int, Any]]) -> dict[Any, list[str]]:
    found = {}
    tab.evaluate(AXE_SCRIPT)
    for width, light in looks:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=light)
        if wrong := violations(tab):
            found[page.name, width, light] = wrong
    return found


def overflowing(browser: Browser, site: Site) -> dict[str, Any]:
    """Where readers go; the desk speaks English alone."""
    with site.context(browser) as context:
        tab = context.new_page()
        seen = {page.name: over_the_edge(tab, page, 320) for page in site.pages if not page.is_private}
    return {name: over for name, over in seen.items() if over}


@pytest.mark.browser
@pytest.mark.parametrize("tag", [tag for tag in shipped() if tag != SOURCE])
def test_every_page_reads_in_its_language(tag: str, tmp_path: Path, browser: Browser) -> None:
    with open_site(tmp_path, language_of(tag)) as translated:
        for page in translated.pages:
            response = translated.get(page)
            tree, errors = parsed(response.text)
            assert (response.status_code, errors) == (page.status, []), page
            assert tree.get("lang") == (SOURCE if page.is_private else tag), page
        assert translated.anyone.get("/feed.atom").headers["Content-Language"] == tag
        assert f'xml:lang="{tag}"' in translated.anyone.get("/feed.atom").text
        assert overflowing(browser, translated) == {}


class Pseudo(NullTranslations):
    """Every message a third longer and with accents, so that one that is not wrapped shows, and a tight box bursts."""

    def ugettext(self, message: str) -> str:
        parts = re.split(r"(%\(\w+\)s|<[^>]+>)", message)
        said = "".join(part if part[:1] in "%<" else part.translate(ACCENTS) for part in parts)
        return f"{said}{' óòô' * (len(message) // 12 + 1)}"

    def ungettext(self, one: str, many: str, number: int) -> str:
        return self.ugettext(one if number == 1 else many)


def _plain(text: str) -> set[str]:
    """Words with a vowel and without an accent: a message of ours would have one."""
    return {word for word in re.findall(r"[a-z]{4,}", text.lower()) if re.search("[aeiou]", word)}


def _said(tree: Any) -> Iterator[str]:
    for element in tree.iter():
        if element.tag in ("script", "style"):
            continue
        yield element.text or ""
        yield from (element.get(name) or "" for name in ("placeholder", "aria-label", "title", "alt"))
    yield from (element.tail or "" for element in tree.iter())


def _texts(site: Site) -> str:
    """What people wrote, and the names of things."""
    with site.office.mailbag.database.read() as tx:
        found = tx.session.scalars(select(Question)).all()
        return " ".join(
            f"{q.public_name} {q.public_id} {q.text} {q.topic.name} {q.decline_reason} {_answer_of(q)}" for q in found
        )


def _answer_of(question: Question) -> str:
    if question.answer is None:
        return ""
    told = " ".join(f"{revision.text} {revision.note}" for revision in question.answer.revisions)
    return f"{told} {question.answer.expert.credentials} {question.answer.expert.about}"


@pytest.mark.browser
def test_a_language_from_right_to_left_with_long_words_fits_at_320_pixels(tmp_path: Path, browser: Browser) -> None:
    with open_site(tmp_path, Language("ar", Pseudo())) as mirrored:
        own = _plain(f"{mirrored.office.mailbag.column} {_texts(mirrored)} {' '.join(PROPER)} {TELLING['text']}")
        for page in mirrored.pages:
            tree, errors = parsed(mirrored.get(page).text)
            assert errors == [], page
            assert (tree.get("lang"), tree.get("dir")) == ((SOURCE, "ltr") if page.is_private else ("ar", "rtl")), page
            if not page.is_private:
                assert _plain(" ".join(_said(tree))) <= own, page
        for sent in mirrored.office.server.sent:
            assert b'<html lang=3D"ar" dir=3D"rtl">' in sent.raw
        assert overflowing(browser, mirrored) == {}
