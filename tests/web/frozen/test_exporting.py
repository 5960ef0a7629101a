"""The column as a folder: whole, public, complete in its links, and written no more than it needs."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.question import Question
from app.domain.subscription import Frequency
from app.language import language_of
from app.usecases import digesting
from app.usecases.importing import import_text
from app.web import archive, feeds
from app.web.frozen import BrokenPage, Conflict, StaticExport, Written, export_static, exporting
from app.web.frozen.addresses import file_of, read_address, relative
from app.web.frozen.folder import MANIFEST
from tests.office import ANNA, BECKY, COMPILED, GURU, TEMPLATES, Office, open_copy
from tests.usecases.archiving.columns import fill, withdraw
from tests.usecases.readers import subscribe

BASE = "https://copy.example/guru"
LIVE = "https://guru.example"
READER = "rita@reader.example"
PRIVATE = [READER, "rita@", BECKY, GURU, ANNA, "Anna", "An unprinted question", "asker.example", "@column.example"]


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "m.db") as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    """Templates that another test has compiled already."""
    make = exporting.create_app

    def create_app(*arguments: object, **more: object) -> Flask:
        app = make(*arguments, **more)  # type: ignore[arg-type]
        app.jinja_env.bytecode_cache = COMPILED
        return app

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "create_app", create_app)
        yield


@pytest.fixture(scope="module")
def whole(compiled: None, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a column with everything in it."""
    folder = tmp_path_factory.mktemp("whole")
    with open_copy(sqlite_template, folder / "m.db") as opened:
        fill(opened)
        subscribe(opened, READER)
        issue_id = digesting.draft_of(opened.mailbag, Frequency.WEEKLY, by="editor Anna")
        digesting.start(opened.mailbag, issue_id or 0, by="Anna")
        opened.run_jobs()
        export(opened, folder / "site")
    return files(folder / "site")


def export(office: Office, target: Path, live: str = LIVE) -> Written:
    return export_static(office.mailbag, StaticExport(target, BASE, live), templates=TEMPLATES)


def many(office: Office, number: int, first: int = 1) -> None:
    text = "".join(
        f"Jan {n % 28 + 1}, {2014 + n // 28}\n\nTom asked The Guru for the following Running Advice:\n\n"
        f"Letter number {n} about a heel.\n\nThe Guru Responded:\n\nRoll it.\n\n"
        for n in range(first, first + number)
    )
    assert import_text(office.mailbag, text, is_html=False).new == number


def files(target: Path) -> dict[str, bytes]:
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


class Links(HTMLParser):
    """Every address that a browser would follow or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def dead_links(folder: dict[str, bytes]) -> list[str]:
    """Links of pages that lead to no file, as a web server would look for it."""
    dead = []
    for name, raw in folder.items():
        if not name.endswith(".html"):
            continue
        reader = Links()
        reader.feed(raw.decode())
        for link in reader.found:
            target = urlsplit(urljoin(f"{BASE}/{name}", link))
            if target.netloc != "copy.example" or link.startswith("#"):
                continue
            path = unquote(target.path.removeprefix("/guru/"))
            found = (path, f"{path}index.html", f"{path}/index.html".lstrip("/"))
            if not any(one in folder for one in found):
                dead.append(f"{name}: {link}")
    return dead


def test_every_public_page_is_a_file_and_every_link_leads_to_one(whole: dict[str, bytes]) -> None:
    folder = whole
    assert dead_links(folder) == []
    letters = [name.removesuffix(".md") for name in folder if re.match(r"\d{4}/\d\d/\d\d/[^/]+\.md", name)]
    letters = [name for name in letters if not name.endswith("/index")]
    assert len(letters) == 17
    for path in letters:
        assert {f"{path}/index.html", f"{path}.json"} <= set(folder)
    for name in (
        *("index.html", "about/index.html", "archive/index.html", "topics/running-advice/index.html", "404.html"),
        *("experts/the-old-guru/index.html", "2014/index.html", "2014/01/index.html", "2014/01/11/index.html"),
        *("feed.atom", "feed.json", "index.md", "topics/running-advice/feed.atom", "2014/index.json", "sitemap.xml"),
        *("sitemap/2014.xml", "robots.txt", "static/style.css", "search/index.html", "search/letters.json"),
        "old/heel/index.html",
    ):
        assert name in folder, name


def test_exchanges_photos_portraits_link_pictures_and_issues_are_there(whole: dict[str, bytes]) -> None:
    (letter,) = [
        name for name in whole if re.match(r"2026/.*about-a-knee[^/]*/index.html", name) and b"again0" in whole[name]
    ]
    page = whole[letter].decode()
    assert 'id="again0"' in page
    assert "again1" not in page, "it was withdrawn"
    (photo,) = re.findall(r'src="([^"]*photos/small/[^"]+)"', page)
    assert whole[resolved(letter, photo)][:2] == b"\xff\xd8"
    assert len([name for name in whole if name.startswith("photos/")]) == 2, "not the one that waits for an editor"
    (portrait,) = [name for name in whole if name.startswith("portraits/")]
    assert whole[portrait][:4] == b"RIFF"
    (picture,) = re.findall(rf'property="og:image" content="{BASE}/([^"]+)"', page)
    assert whole[picture][:4] == b"\x89PNG"
    issue = whole["issues/weekly/1/index.html"].decode()
    (link,) = re.findall(r'href="([^"]+)#again0"', issue)
    assert resolved("issues/weekly/1/index.html", link) + "index.html" == letter
    assert 'href="weekly/1/"' in whole["issues/index.html"].decode()
    assert f"{BASE}/issues/weekly/1" in whole["issues/feed.atom"].decode()
    assert b"road" in whole["search/words/r-o.json"], "and its words are found"


def resolved(name: str, link: str) -> str:
    """The file, or folder, that a link of the page in this file leads to."""
    return unquote(urlsplit(urljoin(f"{BASE}/{name}", link)).path.removeprefix("/guru/"))


def test_nothing_private_is_in_any_file(whole: dict[str, bytes]) -> None:
    assert any(b"Rest it longer." in raw for raw in whole.values())
    for name, raw in whole.items():
        text = raw.decode("utf-8", "replace")
        assert [word for word in PRIVATE if word in text] == [], name
        assert not re.search(r"\b[qbcsw]-[0-9a-z]{28,}", text), name


def test_a_file_is_what_the_site_says(office: Office, tmp_path: Path, client: FlaskClient) -> None:
    many(office, 3)
    export(office, tmp_path / "site")
    for name, raw in files(tmp_path / "site").items():
        if name.endswith(".html"):
            html5lib.HTMLParser(strict=True).parse(raw.decode())
    with office.mailbag.database.read() as tx:
        path = tx.session.scalars(select(Question)).all()[0].path
    folder = files(tmp_path / "site")
    assert folder[f"{path[1:]}.md"] == client.get(f"{path}.md").data
    page = folder[f"{path[1:]}/index.html"].decode()
    assert f'<link rel="canonical" href="{BASE}{path}">' in page
    assert 'href="../../../../topics/running-advice/"' in page
    assert f'href="{LIVE}/ask?topic=running-advice"' in page, "the form is where the column runs"
    assert f"{BASE}{path}" in folder["feed.atom"].decode()
    assert f"<loc>{BASE}{path}</loc>" in folder["sitemap/2014.xml"].decode()
    assert 'href="/guru/archive/"' in folder["404.html"].decode(), "it is shown at any depth"


def test_older_letters_are_reached_by_links_of_pages_and_feeds(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PAGE_SIZE", 3)
    monkeypatch.setattr(feeds, "SIZE", 3)
    many(office, 8)
    export(office, tmp_path / "site")
    folder = files(tmp_path / "site")
    assert dead_links(folder) == []
    assert sum(name.startswith("archive/before/") for name in folder) >= 2
    seen, name = set[str](), "feed.json"
    while name:
        feed = json.loads(folder[name])
        seen |= {item["url"] for item in feed["items"]}
        name = feed.get("next_url", "").removeprefix(f"{BASE}/")
    assert len(seen) == 8


def test_the_words_of_a_letter_are_not_rewritten(office: Office, tmp_path: Path) -> None:
    words = 'Write href="/ask" and <a href="/about"> and "/archive" into it.'
    text = (
        f"Jan 11th, 2014\n\nTom asked The Guru for the following Running Advice:\n\n{words}\n\nThe Guru Responded:\n\n"
        f"{words} And [see](https://x.example/a?b=1&c=2).\n"
    )
    import_text(office.mailbag, text, is_html=False)
    export(office, tmp_path / "site")
    (page,) = [raw for name, raw in files(tmp_path / "site").items() if name.startswith("2014/01/11/write")][-1:]
    (name,) = [n for n in files(tmp_path / "site") if n.startswith("2014/01/11/write") and n.endswith(".html")]
    page = files(tmp_path / "site")[name]
    tree = html5lib.parse(page.decode(), namespaceHTMLElements=False)
    article = "".join(tree.find(".//article").itertext())
    assert article.count(words) == 2
    assert tree.find(".//section[@class='answer flow']//a[@href]").get("href") == "https://x.example/a?b=1&c=2"


def test_an_export_again_writes_nothing_and_a_new_letter_only_what_it_changes(office: Office, tmp_path: Path) -> None:
    site = tmp_path / "site"
    many(office, 2)
    first = export(office, site)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file() and path.name != MANIFEST}
    again = export(office, site)
    assert (again.written, again.unchanged, again.removed) == (0, first.written, 0)
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    many(office, 1, first=100)
    more = export(office, site)
    assert 0 < more.written < first.written
    (letter,) = (site / "2014/01/02").glob("letter*/index.html")
    assert letter.stat().st_mtime_ns == before[letter]


def test_what_is_gone_is_taken_away_but_nothing_of_somebody_elses(office: Office, tmp_path: Path) -> None:
    site = tmp_path / "site"
    many(office, 3)
    export(office, site)
    (letter,) = site.glob("2014/01/03/letter*.md")
    (site / "CNAME").write_text("guru.example", encoding="utf-8")
    (changed,) = site.glob("2014/01/03/letter*.json")
    changed.write_text("mine now", encoding="utf-8")
    withdraw(office, 2)
    report = export(office, site)
    assert report.removed >= 2
    assert report.left == [str(changed.relative_to(site))]
    assert not letter.exists()
    assert (site / "CNAME").exists()
    assert "taken down" in letter.with_suffix("").joinpath("index.html").read_text(encoding="utf-8")
    assert not (site / "2014/01/03/index.html").exists()


def test_a_page_that_the_site_cannot_show_ends_the_export(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(office, 3)
    export(office, tmp_path / "site")
    before = files(tmp_path / "site")
    make = exporting.create_app

    def create_app(*arguments: object, **more: object) -> Flask:
        app = make(*arguments, **more)  # type: ignore[arg-type]
        app.view_functions["archive.topics"] = lambda: 1 / 0
        return app

    monkeypatch.setattr(exporting, "create_app", create_app)
    with pytest.raises(BrokenPage, match="/topics"):
        export(office, tmp_path / "site")
    assert files(tmp_path / "site") == before, "and takes nothing away"


def test_a_folder_with_files_of_somebody_elses_is_not_written_over(office: Office, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("my home page", encoding="utf-8")
    with pytest.raises(Conflict, match="no export has written it"):
        export(office, site)
    assert (site / "index.html").read_text(encoding="utf-8") == "my home page"
    outside = tmp_path / "outside"
    outside.mkdir()
    (site / "index.html").unlink()
    (site / "about").symlink_to(outside)
    with pytest.raises(Conflict, match="no folder of this export"):
        export(office, site)
    assert list(outside.iterdir()) == []


def test_an_export_that_was_killed_is_finished_by_the_next(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, written = tmp_path / "site", [0]
    many(office, 3)
    replaced = Path.replace

    def dying(self: Path, target: Path) -> Path:
        written[0] += 1
        if written[0] > 20:
            raise KeyboardInterrupt
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        export(office, site)
    monkeypatch.undo()
    many(office, 1, first=50)
    export(office, site)
    assert dead_links(files(site)) == []
    assert not [name for name in files(site) if name.endswith(".mailbag-new")]
    assert export(office, site).written == 0


def test_a_closed_column_says_so_where_its_form_stood(office: Office, tmp_path: Path) -> None:
    many(office, 1)
    export(office, tmp_path / "site", live="")
    folder = files(tmp_path / "site")
    assert 'href="closed/"' in folder["index.html"].decode()
    assert LIVE not in folder["index.html"].decode()
    assert dead_links(folder) == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/", "index.html"),
        ("/archive?before=2014-01-11.37", "archive/before/2014-01-11.37/index.html"),
        ("/topics/x/feed.atom?before=2014-01-11.37", "topics/x/before/2014-01-11.37/feed.atom"),
        ("/2014/01/11/a-b2c3d4#responded", "2014/01/11/a-b2c3d4/index.html"),
        ("/static/style.css?v=1", "static/style.css"),
        ("/archive?before=../../x", None),
        ("/archive?q=x", None),
        ("/a/../../etc/passwd", None),
        ("/a/%2e%2e/x", None),
        ("/.htaccess", None),
        ("/a//b", None),
        ("/a\\b", None),
    ],
)
def test_each_address_has_one_file_or_none(address: str, name: str | None) -> None:
    assert file_of(read_address(address)) == name


def test_one_file_points_at_another() -> None:
    assert relative("index.html", "index.html") == "./"
    assert relative("a/b/index.html", "index.html") == "../../"
    assert relative("a/b/index.html", "a/b.md") == "../b.md"
    assert relative("a/index.html", "a/feed.atom") == "feed.atom"
    assert relative("a/b/index.html", "c/index.html") == "../../c/"


def test_a_page_that_has_moved_says_so_in_the_language_of_the_column(sqlite_template: Path, tmp_path: Path) -> None:
    with open_copy(sqlite_template, tmp_path / "m.db", language=language_of("de")) as german:
        fill(german)
        export(german, tmp_path / "site")
    moved = [raw.decode() for raw in files(tmp_path / "site").values() if b'http-equiv="refresh"' in raw]
    assert moved
    assert all('<html lang="de" dir="ltr">' in page and "Diese Seite ist umgezogen." in page for page in moved)
