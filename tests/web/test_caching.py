"""Pages are sent again only when something printed has changed, and then at once."""

import gzip

import pytest
from flask.testing import FlaskClient

from app.store import index
from app.usecases.importing import import_text
from app.web import create_app
from app.web.caching import Kept, Pages
from tests.office import TEMPLATES, Office
from tests.web.kinds import ON_SQLITE

LETTER = (
    "Jan {0}th, 2014\n\nTom asked The Guru for the following Running Advice:\n\n"
    "My heel {0} hurts.\n\nThe Guru Responded:\n\nRest it.\n"
)
PLACES = ("/", "/archive", "/topics/running-advice/", "/experts/the-guru/", "/2014/", "/search?q=heel", "/feed.atom",
          "/search/feed.json?q=heel", "/sitemap.xml", "/about", "/index.md")  # fmt: skip


def print_letter(office: Office, day: int) -> None:
    assert import_text(office.mailbag, LETTER.format(day), is_html=False).new == 1


def edition(office: Office) -> int:
    with office.mailbag.database.read() as tx:
        return index.edition(tx.session)


def test_what_has_not_changed_is_not_sent_again(office: Office, client: FlaskClient) -> None:
    print_letter(office, 4)
    for place in PLACES:
        first = client.get(place)
        assert first.headers["Cache-Control"] == "public, no-cache"
        second = client.get(place, headers={"If-None-Match": first.headers["ETag"]})
        assert (second.status_code, second.data) == (304, b""), place
        assert second.headers["ETag"] == first.headers["ETag"]
        assert "Content-Security-Policy" in client.get(place).headers, "a kept page is guarded like a new one"
        assert client.get(place).data == first.data


def test_a_publication_is_seen_at_once_in_every_process(office: Office, client: FlaskClient) -> None:
    other = create_app(office.mailbag, templates=TEMPLATES).test_client()
    print_letter(office, 4)
    before = {place: (client.get(place).headers["ETag"], other.get(place).headers["ETag"]) for place in PLACES}
    print_letter(office, 5)
    for place, (mine, its) in before.items():
        assert mine == its
        for browser in (client, other):
            again = browser.get(place, headers={"If-None-Match": mine})
            assert again.status_code == 200, place
    assert "My heel 5 hurts" in client.get("/").text


def test_what_readers_cannot_see_is_no_new_edition(office: Office) -> None:
    print_letter(office, 4)
    before = edition(office)
    office.ask()
    assert edition(office) == before
    office.receive(office.reply())
    assert edition(office) > before


@ON_SQLITE
def test_pages_are_zipped_for_who_takes_it(office: Office, client: FlaskClient) -> None:
    print_letter(office, 4)
    style = client.get("/").text.split('<link rel="stylesheet" href="')[1].split('"')[0]
    for place in ("/", "/feed.atom", style):
        plain = client.get(place, buffered=True)
        for _ in range(2):
            zipped = client.get(place, headers={"Accept-Encoding": "br, gzip"}, buffered=True)
            assert zipped.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(zipped.data) == plain.data
            assert "Accept-Encoding" in zipped.headers["Vary"]
            assert zipped.content_length == len(zipped.data) < len(plain.data)
        assert "Content-Encoding" not in plain.headers
        refused = client.get(place, headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
        assert "Content-Encoding" not in refused.headers
        tag = zipped.headers["ETag"]
        assert client.get(place, headers={"If-None-Match": tag}, buffered=True).status_code == 304
    assert "immutable" in client.get(style, buffered=True).headers["Cache-Control"]


@ON_SQLITE
def test_what_is_private_or_missing_is_never_kept(client: FlaskClient) -> None:
    for place in ("/ask", "/desk/sign-in", "/nowhere", "/2014/13/", "/healthz"):
        response = client.get(place, headers={"Accept-Encoding": "gzip"})
        assert "ETag" not in response.headers, place
        assert "Content-Encoding" not in response.headers, place


def test_only_so_many_pages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.caching.MOST_KEPT", 2)
    pages = Pages()
    for path in ("/a", "/b", "/c"):
        pages.keep(path, Kept("1", "text/html", b"", None))
    assert pages.find("/a", "1") is None
    assert pages.find("/c", "1")
    assert pages.find("/c", "2") is None
