"""A letter that goes on: one page in order, in every form that it is read in; and the desk's buttons for it."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
from flask.testing import FlaskClient

from app.store.search import search
from app.usecases import correcting
from tests.office import Office
from tests.usecases.test_following_up import AGAIN, becky_writes_again, exchange, send_on
from tests.usecases.test_receiving import plain
from tests.web.kinds import ON_SQLITE
from tests.web.test_desk import press

BACK = "You may run to the end of your road, and you may walk back."
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def printed_exchange(office: Office) -> str:
    """The path of the page."""
    first, mail = exchange(office)
    send_on(office, mail)
    office.clock.pass_by(days=22)
    office.receive(plain(BACK))
    return office.question(first).path


def in_order(text: str, *words: str) -> None:
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_page_markdown_json_feeds_and_search_have_the_whole_exchange(office: Office, client: FlaskClient) -> None:
    path = printed_exchange(office)
    page = client.get(path).text
    in_order(
        page.split("<article>")[1], "marathon", "no gain", "Dec 14th, 2026", "Becky wrote again:", AGAIN, "walk back"
    )
    html5lib.HTMLParser(strict=True).parse(page)
    (data,) = re.findall(r'ld\+json">(.*?)</script>', page, re.DOTALL)
    (again,) = json.loads(data)["hasPart"]
    assert again["@type"] == "Question"
    assert again["acceptedAnswer"]["text"] == BACK
    assert json.loads(data)["dateModified"].startswith("2026-12-14")

    in_order(client.get(f"{path}.md").text, "marathon", "no gain", "Dec 14th, 2026\n\nBecky wrote again:", AGAIN, BACK)
    (later,) = client.get(f"{path}.json").json["exchange"]  # type: ignore[index]
    assert (later["question"], later["answer"], later["published_on"]) == (AGAIN, BACK, "2026-12-14")

    atom = ET.fromstring(client.get("/feed.atom").data)
    (entry,) = atom.iter("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}updated", "").startswith("2026-12-14")
    assert BACK in (entry.findtext("{http://www.w3.org/2005/Atom}content") or "")
    (item,) = client.get("/feed.json").json["items"]  # type: ignore[index]
    assert AGAIN in item["content_html"]
    (place,) = ET.fromstring(client.get("/sitemap/2026.xml").data).iter(f"{MAP}url")
    assert place.findtext(f"{MAP}lastmod", "").startswith("2026-12-14")

    assert "of <mark>wobbling</mark> on one leg" in client.get("/search?q=wobbling").text
    with office.mailbag.database.read() as tx:
        assert [q.path for q in search(tx, "wobbling").hits] == [path]
        assert search(tx, "marathon wobbling").count == 1


@ON_SQLITE
def test_a_follow_up_is_no_letter_of_its_own(office: Office, client: FlaskClient) -> None:
    path = printed_exchange(office)
    for place in ("/", "/archive", "/topics/physiotherapy-advice/", "/2026/11/22/"):
        assert client.get(place).text.count('class="qa') == 1
    short_id = re.findall(r'<section class="rule" id="([0-9a-z]+)"', client.get(path).text)[0]
    answer = client.get(f"/2026/12/14/whatever-{short_id}")
    assert (answer.status_code, answer.location) == (301, f"{path}#{short_id}")


@ON_SQLITE
def test_an_editor_sends_on_corrects_and_withdraws_with_buttons(office: Office, desk: FlaskClient) -> None:
    first, mail = exchange(office)
    assert "A follow-up" in desk.get(f"/desk/mail/{mail}").text
    assert "Sent on" in press(desk, f"/desk/mail/{mail}", f"/desk/mail/{mail}/send-on", expert="1", text=AGAIN)
    office.run_jobs()
    office.receive(plain(BACK))
    assert "wrote again" in desk.get("/desk/printed").text
    place, path = f"/desk/questions/{first}", office.question(first).path
    fields = {"text": "Rest <b>it</b>.", "note": "A dose\r\nwas wrong.", "revision": "1"}
    assert "Corrected" in press(desk, place, f"{place}/correct", **fields)
    page = desk.get(path).text
    assert "<p>Rest &lt;b&gt;it&lt;/b&gt;.</p>" in page
    assert "A dose was wrong." in page.split('id="corrected"')[1]
    assert desk.get(f"{path}.json").json["corrections"] == [  # type: ignore[index]
        {"corrected_on": "2026-11-22", "note": "A dose was wrong."}
    ]
    assert "Withdrawn" in press(desk, place, f"{place}/withdraw", reason="Its asker wished so.")
    gone = desk.get(path)
    assert gone.status_code == 410
    assert "Its asker wished so." in gone.text
    for listing in ("/", "/feed.atom", "/feed.json", "/sitemap.xml", "/search?q=wobbling", "/search?q=marathon"):
        assert path not in desk.get(listing).text
        assert "wobbling on" not in desk.get(listing).text


@ON_SQLITE
def test_no_note_and_no_reason_brings_anything_to_life(office: Office, client: FlaskClient, shared: Path) -> None:
    vectors = json.loads((shared / "corpus/xss/vectors.json").read_text(encoding="utf-8"))
    all_of_them = "\n".join(text for _, text in vectors)
    first, _ = exchange(office)
    path = office.question(first).path
    correcting.correct(office.mailbag, first, f"Rest.\n\n{all_of_them}", all_of_them, by="Anna")
    pages = [client.get(path).text]
    correcting.withdraw(office.mailbag, first, all_of_them, by="Anna")
    pages.append(client.get(path).text)
    for page in pages:
        document = html5lib.parse(page, namespaceHTMLElements=False)
        for element in document.iter():
            if element.tag == "script":
                assert element.get("type") == "application/ld+json"
            assert element.tag not in ("iframe", "object", "embed", "style", "img", "base")
            assert not [name for name in element.attrib if str(name).startswith("on") or name == "style"]
            assert not str(element.get("href", "")).strip().lower().startswith(("javascript", "data", "vbscript"))


@ON_SQLITE
def test_a_follow_up_is_declined_with_a_reason(office: Office, desk: FlaskClient) -> None:
    _, mail = exchange(office)
    assert "Declined" in press(desk, f"/desk/mail/{mail}", f"/desk/mail/{mail}/decline", reason="See a doctor.")
    office.run_jobs()
    stranger = becky_writes_again(office, "It is from somebody else, this one.", sender="pat@elsewhere.example")
    assert "A follow-up" not in desk.get(f"/desk/mail/{stranger}").text
