"""Export, then import: the same column, octet for octet, from either database into either."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.usecases.archiving import open_archive, restore
from app.usecases.importing import import_text
from app.web import create_app
from tests.office import COMPILED, TEMPLATES, Office, open_copy
from tests.usecases.archiving.columns import KEY, PRIVATE, archive_of, fill


@pytest.fixture
def other(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """An empty column elsewhere."""
    with open_copy(sqlite_template, tmp_path / "other.db") as opened:
        yield opened


def client_of(office: Office) -> FlaskClient:
    app = create_app(office.mailbag, templates=TEMPLATES)
    app.jinja_env.bytecode_cache = COMPILED
    return app.test_client()


def import_(office: Office, path: Path) -> tuple[int, int, int]:
    with path.open("rb") as stream, open_archive(stream) as archive:
        report = restore(office.mailbag, archive)
    return report.new, report.known, len(report.taken) + len(report.bad)


def without_places(text: str) -> str:
    """A link to older letters names a row, which has another number elsewhere."""
    return re.sub(r"before=([0-9-]+)\.\d+", r"before=\1", text)


def test_the_same_column_comes_out_of_its_archive(office: Office, other: Office, tmp_path: Path) -> None:
    fill(office)
    raw = archive_of(office, tmp_path / "one.zip")
    names = zipfile.ZipFile(tmp_path / "one.zip").namelist()
    pages = [name.removeprefix("letters").removesuffix(".json") for name in names if name.startswith("letters/")]
    pages = sorted({page.removesuffix(".md") for page in pages})
    assert len(pages) == 17
    assert import_(other, tmp_path / "one.zip") == (18, 0, 0)

    here, there = client_of(office), client_of(other)
    for page in pages:
        before, after = here.get(f"{page}.md"), there.get(f"{page}.md")
        assert before.status_code == after.status_code == 200
        assert before.data == after.data, page
        with zipfile.ZipFile(tmp_path / "one.zip") as packed:
            assert packed.read(f"letters{page}.md") == before.data
    lists = ["/", "/archive", "/topics/physiotherapy-advice/", "/experts/the-old-guru/", "/feed.atom", "/feed.json"]
    for page in [*pages, *lists, "/2014/", "/about", "/sitemap/2026.xml", *(f"{page}.json" for page in pages)]:
        assert without_places(here.get(page).text) == without_places(there.get(page).text), page
    letter = next(page for page in pages if "/about-a-knee" in page)
    shown = there.get(letter).text
    assert "The road was too long." in shown
    (photo,) = re.findall(r'src="(/photos/[^"?]+)', shown)
    (portrait,) = {name for name in names if name.startswith("portraits/")}
    for path in (photo, f"/{portrait}"):
        assert here.get(path).status_code == 200
        assert here.get(path).data == there.get(path).data
    assert [name for name in names if "again" in name] == [], "a follow-up is on the page of its letter"
    (gone,) = [n.removeprefix("withdrawn/").removesuffix(".json") for n in names if n.startswith("withdrawn/")]
    assert "“gone”" in there.get(f"/2026/11/22/{gone}").text
    assert there.get(f"/2026/11/22/{gone}").status_code == 410
    assert there.get("/old/heel").status_code == 301

    assert archive_of(other, tmp_path / "two.zip") == raw, "and its archive is the same file"
    assert import_(other, tmp_path / "one.zip") == (0, 18, 0)
    assert import_(office, tmp_path / "one.zip") == (0, 18, 0)


def test_an_archive_goes_from_sqlite_into_either_database(office: Office, other: Office, tmp_path: Path) -> None:
    fill(other)
    raw = archive_of(other, tmp_path / "one.zip")
    assert import_(office, tmp_path / "one.zip") == (18, 0, 0)
    assert archive_of(office, tmp_path / "two.zip") == raw


def test_nothing_private_is_in_an_archive(other: Office, tmp_path: Path) -> None:
    fill(other)
    raw = archive_of(other, tmp_path / "one.zip").decode("latin-1")
    assert "Rest it longer." in raw
    assert [word for word in PRIVATE if word in raw] == []
    assert KEY.seed.hex() not in raw


def test_the_markdown_of_an_exchange_comes_in_as_the_same_page(office: Office, other: Office) -> None:
    fill(other)
    here, there = client_of(other), client_of(office)
    (path,) = re.findall(r'href="(/[^"#]*about-a-knee[^"#]*)"', here.get("/archive").text)[:1]
    text = here.get(f"{path}.md").text
    assert text.count("wrote again:") == 1
    assert "The Other Guru Responded:" in text
    assert import_text(office.mailbag, text, is_html=False).new == 1
    assert import_text(office.mailbag, text, is_html=False).known == 1
    listed = there.get("/archive").text
    (copy,) = set(re.findall(r'href="(/[^"#]*about-a-knee[^"#]*)"', listed))
    assert there.get(f"{copy}.md").text == text
