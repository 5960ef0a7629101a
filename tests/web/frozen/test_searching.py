"""The folder is searched in a real browser, served by nothing but a file server below a path of its own."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.words import stems_of
from app.usecases.importing import import_text
from app.web.frozen import StaticExport, export_static
from app.web.frozen.wordlist import WordList, shard_of
from tests.browser import PATIENCE
from tests.office import TEMPLATES, open_copy

pytestmark = pytest.mark.browser

LETTERS = [
    ("Becky", "My kneecap aches after running. I'd like to run.", "Rest the knee."),
    ("Zoë", "Mein Rücken schmerzt auf der Straße.", "Das wird besser, <b>sagte</b> er."),
    ("Aiko", "膝が痛いです。走れますか。", "休みましょう。"),
    ("<img src=x onerror=alert(1)>", "What <script>alert(1)</script> about stairs and studies?", "Take the stairs."),
    *((f"Tom {n}", f"Stretching, letter {n}, for a heel.", "Roll it.") for n in range(22)),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an exported column, two folders deep on its server."""
    folder = tmp_path_factory.mktemp("searched")
    text = "".join(
        f"Jan {n + 1}, 2014\n\n{name} asked The Guru for the following Running Advice:\n\n{question}\n\n"
        f"The Guru Responded:\n\n{answer}\n\n"
        for n, (name, question, answer) in enumerate(LETTERS)
    )
    with open_copy(sqlite_template, folder / "m.db") as office:
        assert import_text(office.mailbag, text, is_html=False).new == len(LETTERS)
        order = StaticExport(folder / "web/old/guru", "http://127.0.0.1/old/guru", "https://guru.example")
        export_static(office.mailbag, order, templates=TEMPLATES)
    handler = functools.partial(Quiet, directory=str(folder / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/old/guru"
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_context().new_page()
    opened.set_default_timeout(PATIENCE)
    opened.on("dialog", lambda dialog: pytest.fail(f"a script of a letter ran: {dialog.message}"))
    yield opened
    opened.context.close()


def test_a_reader_searches_from_any_page_and_comes_to_the_letter(site: str, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{site}/about/")
    page.get_by_role("searchbox").first.fill("Knees")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("1 letter")
    expect(page.locator("#found mark").first).to_have_text("kneecap")
    page.locator("#found a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Becky asked The Guru")
    assert refused == [], "its own policy lets it load what it needs"


def test_words_are_found_in_any_form_and_script(site: str, page: Page) -> None:
    for sought, number in (
        ("RUN knee", 1),
        ("runs", 1),
        ("id", 1),
        ("i’d", 1),
        ("rucken strasse", 1),
        ("RÜCKEN", 1),
        ("膝", 1),
        ("study", 1),
        ("stair letter", 0),
        ("onerror", 0),
        ("zzz", 0),
        ("?!", 0),
        ("stretch", 22),
    ):
        page.goto(f"{site}/search/?q={sought}")
        status = page.get_by_role("status")
        words = {0: "No letter has these words.", 1: "1 letter"}.get(number, f"{number} letters")
        expect(status, sought).to_have_text(words)
    expect(page.locator("#found article")).to_have_count(20)
    page.get_by_role("button", name="More letters").click()
    expect(page.locator("#found article")).to_have_count(22)
    expect(page.get_by_role("button", name="More letters")).to_have_count(0)


def test_what_somebody_wrote_never_becomes_a_script(site: str, page: Page) -> None:
    page.goto(f"{site}/search/?q=stairs+<img src=x onerror=alert(1)>")
    expect(page.get_by_role("status")).to_have_text("No letter has these words.")
    page.goto(f"{site}/search/?q=stairs")
    expect(page.locator("#found article")).to_contain_text("<img src=x onerror=alert(1)> asked")
    assert page.locator("main img").count() == 0


def test_without_javascript_the_page_says_so(site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/search/?q=knee")
    expect(page.get_by_text("only a script can search it")).to_be_visible()
    page.get_by_role("link", name="Every letter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every letter")
    context.close()


def test_the_words_of_a_letter_stand_where_the_script_looks() -> None:
    words = WordList()
    words.add("2014/01/11/a/", "Jan 11th", "Tom asked", "My knees ache.", "Rest the knee. 膝")
    files = dict(words.files())
    assert files["letters.json"] == b'{"chunk":100,"letters":1}'
    assert files["words/k-n.json"] == b'{"knee":[0,4]}', "three for the letter's own word, one for the answer's"
    for stem in stems_of("My knees ache. Rest the knee. 膝"):
        assert f"words/{shard_of(stem)}.json" in files
    assert shard_of("膝") == "819d"
    assert shard_of("a") == "a"
