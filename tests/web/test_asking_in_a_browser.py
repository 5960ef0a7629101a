"""The form as a person sees it, in a real browser, with and without its script, on a wide and on a narrow screen."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.domain.suspicion import Limits
from app.domain.token import Purpose
from app.usecases import asking, signing_in
from app.web import create_app
from tests.browser import PATIENCE, new_page
from tests.office import ANNA, QUESTION, TEMPLATES, Office
from tests.servers import wait_until
from tests.web.live import served
from tests.web.test_photos import stored

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

TELLING = "My elbow hurts after tennis. Dr Meyer says rest. Ring me on 01632 960 417 if that is easier!"


@pytest.fixture
def site(office: Office) -> Iterator[str]:
    """With one letter printed, and nobody taken for a robot."""
    office.ask()
    office.receive(office.reply())
    with served(create_app(office.mailbag, templates=TEMPLATES)) as address:
        yield address


@pytest.fixture
def wary_site(office: Office) -> Iterator[str]:
    """Everybody is taken for a robot."""
    office.mailbag = replace(office.mailbag, limits=Limits(seconds=3600))
    with served(create_app(office.mailbag, templates=TEMPLATES)) as address:
        yield address


def opened(browser: Browser, site: str, *, width: int = 1280, script: bool = True, **more: Any) -> Page:
    page = new_page(browser, site, width=width, script=script, **more)
    page.goto("/ask")
    return page


@pytest.fixture(autouse=True)
def no_context_stays(browser: Browser) -> Iterator[None]:
    yield
    for context in list(browser.contexts):
        context.close()


def fill(page: Page, text: str, address: str = "wilma@asker.example") -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_label("Name to print").fill("Wilma")
    page.get_by_label("Your email address").fill(address)
    page.get_by_text("Physiotherapy", exact=True).click()
    page.get_by_role("checkbox", name="Yes, print my letter").check()


def post(page: Page) -> None:
    page.get_by_role("button", name="Post my question").click()


def is_posted(page: Page) -> None:
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()


def nothing_is_cut_off(page: Page) -> None:
    if page.viewport_size and page.viewport_size["width"] <= 400:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"], page.url


def is_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def knee(folder: Path) -> str:
    file = io.BytesIO()
    Image.effect_noise((1200, 900), 90).save(file, "JPEG")
    path = folder / "knee.jpg"
    path.write_bytes(file.getvalue())
    return str(path)


@pytest.mark.parametrize(("width", "script"), [(1280, True), (320, False)], ids=["wide", "narrow-no-script"])
def test_from_the_form_to_the_post(
    office: Office, browser: Browser, site: str, tmp_path: Path, width: int, script: bool
) -> None:
    page = opened(browser, site, width=width, script=script)
    nothing_is_cut_off(page)
    fill(page, TELLING, "wilma.asker.example")
    page.get_by_text("Put photos in").click()
    page.get_by_label("Photo 1", exact=True).set_input_files(knee(tmp_path))
    page.get_by_label("What photo 1 shows").fill("My elbow")
    post(page)

    # a slip: the summary has the focus, the field says what to do, and all is there, the photo too
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="There is no @ in this address.").press("Enter")
    field = page.get_by_label("Your email address")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("There is no @ in this address."))
    expect(page.get_by_label("Your question")).to_have_value(TELLING)
    expect(page.get_by_role("img", name="My elbow")).to_be_visible()
    nothing_is_cut_off(page)
    field.fill("wilma@asker.example")
    post(page)

    # the preview: what tells is marked; back and forth loses nothing
    expect(page.get_by_role("heading", name="2 things here could tell people who you are")).to_be_visible()
    expect(page.locator(".letter mark")).to_have_text(["Meyer", "01632 960 417"])
    expect(page.get_by_role("img", name="My elbow")).to_be_visible()
    nothing_is_cut_off(page)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("Your question")).to_have_value(TELLING)
    expect(page.get_by_label("Your email address")).to_have_value("wilma@asker.example")
    page.get_by_label("Your question").fill(TELLING.replace("Dr Meyer", "My doctor"))
    post(page)
    expect(page.get_by_role("heading", name="One thing here could tell people who you are")).to_be_visible()
    page.get_by_role("button", name="Post it as it is").click()
    is_posted(page)
    assert [photo.question_id for photo in stored(office)] == [2]


def test_everything_can_be_done_with_the_keyboard(office: Office, browser: Browser, site: str) -> None:
    page = opened(browser, site)
    page.get_by_label("Your question").focus()
    page.keyboard.type("My elbow hurts after tennis, whatever I do.")
    for key in ("Tab", "Space", "Tab", "ArrowDown", "ArrowUp", "Tab"):  # topic; whose name
        page.keyboard.press(key)
    page.keyboard.type("Wilma")
    page.keyboard.press("Tab")
    page.keyboard.type("wilma@asker.example")
    for key in ("Tab", "Tab", "Space", "Tab", "Enter"):  # past the photos; consent; the button
        page.keyboard.press(key)
    is_posted(page)


def test_letters_like_hers_appear_while_she_types(office: Office, browser: Browser, site: str) -> None:
    page = opened(browser, site)
    box = page.get_by_role("region", name="This may already be answered")
    expect(box).to_be_hidden()
    fill(page, "I have had knee discomfort since my first marathon, two days after the run.")
    expect(box.get_by_role("link")).to_have_attribute("href", office.question(1).path)
    box.get_by_label("I have read these, and mine is different").check()
    post(page)
    is_posted(page)
    assert "question called different" in office.question(2).events


def test_characters_are_counted_down(browser: Browser, site: str) -> None:
    page = opened(browser, site)
    page.get_by_label("Your question").fill("x" * 100)
    expect(page.get_by_text("19,900 characters left")).to_be_visible()


DRAFT = "localStorage.getItem('mailbag-draft') || ''"


def wait_for_draft(page: Page, words: str) -> None:
    """The page's policy lets nobody wait for a function in it."""
    wait_until(lambda: words in page.evaluate(DRAFT), lambda: f"no draft with {words}")


def test_a_draft_survives_a_reload_and_ends_with_the_post(browser: Browser, site: str) -> None:
    page = opened(browser, site)
    fill(page, "My elbow hurts after tennis, whatever I do.")
    wait_for_draft(page, "Wilma")
    assert "wilma@asker" not in page.evaluate(DRAFT), "the address is not kept"
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value("My elbow hurts after tennis, whatever I do.")
    expect(page.get_by_label("Name to print")).to_have_value("Wilma")
    expect(page.get_by_text("This is what you wrote here before")).to_be_visible()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_label("Your question")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value("")
    fill(page, "My elbow hurts after tennis, whatever I do.")
    wait_for_draft(page, "Wilma")
    post(page)
    is_posted(page)
    page.wait_for_load_state("load")
    assert page.evaluate(DRAFT) == ""
    page.goto("/ask")
    expect(page.get_by_label("Your question")).to_have_value("")


def test_who_looks_like_a_robot_has_her_browser_do_a_sum(office: Office, browser: Browser, wary_site: str) -> None:
    page = opened(browser, wary_site)
    fill(page, "My elbow hurts after tennis, whatever I do.")
    post(page)
    page.get_by_role("button", name="Post it as it is").click()  # she need not wait for it
    page.wait_for_url("**/ask/posted", timeout=PATIENCE)
    assert "question held" not in office.question(1).events


def test_without_a_script_her_letter_goes_to_an_editor(office: Office, browser: Browser, wary_site: str) -> None:
    page = opened(browser, wary_site, script=False)
    fill(page, "My elbow hurts after tennis, whatever I do.")
    post(page)
    expect(page.get_by_text("Our editor looks at your letter first")).to_be_visible()
    page.get_by_role("button", name="Post it as it is").click()
    is_posted(page)
    assert "question held" in office.question(1).events


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing(
    office: Office, browser: Browser, site: str, tmp_path: Path, width: int, scheme: Any
) -> None:
    """At 320 pixels a page is as it is at 1280 enlarged fourfold."""
    page = opened(browser, site, width=width, color_scheme=scheme)
    page.get_by_text("Put photos in").click()
    is_accessible(page)
    fill(page, f"{QUESTION} {TELLING}", "wilma")
    page.get_by_label("Photo 1", exact=True).set_input_files(knee(tmp_path))
    post(page)
    is_accessible(page)
    page.get_by_label("Your email address").fill("wilma@asker.example")
    page.get_by_label("What photo 1 shows").fill("My elbow")
    post(page)
    expect(page.get_by_role("heading", name="This may already be answered")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Post it as it is").click()
    is_posted(page)
    is_accessible(page)


# Scripts that others write.


@pytest.fixture
def vectors(shared: Path) -> list[str]:
    found = json.loads((shared / "corpus/xss/vectors.json").read_text(encoding="utf-8"))
    return [vector for _, vector in found]


def parts(vectors: list[str], longest: int) -> list[str]:
    """As few texts as hold them all."""
    texts = [""]
    for vector in vectors:
        if len(texts[-1]) + len(vector) + 1 > longest:
            texts.append("")
        texts[-1] += f"\n{vector}"
    return texts


class Trap:
    """A page without the policy that would stop most scripts; it notes whatever runs, or asks for anything."""

    def __init__(self, browser: Browser) -> None:
        context = browser.new_context(bypass_csp=True)
        self.ran: list[str] = []
        self.body = b""
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("dialog", self._dismiss)
        self.page.on("popup", lambda popup: self.ran.append(f"popup: {popup.url}"))
        context.add_init_script(
            "window.ran = []; for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])"
            " window[name] = () => { window.ran.push(name) };"
        )
        context.route("**/*", self._answer)

    def _dismiss(self, dialog: Any) -> None:
        self.ran.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _answer(self, route: Any) -> None:
        url = route.request.url
        if url == "https://guru.example/shown":
            route.fulfill(body=self.body, content_type="text/html; charset=utf-8")
        else:
            if not url.startswith("https://guru.example/static/"):
                self.ran.append(url)
            route.abort()

    def elements(self, html: str) -> dict[str, int]:
        """Show the page, wait for what would run, and count what no typed word may make."""
        self.body = html.encode("utf-8", "replace")
        self.page.goto("https://guru.example/shown")
        found: dict[str, Any] = self.page.evaluate(
            """async () => {
              for (const one of document.querySelectorAll("input:not([type=file]), textarea")) one.focus();
              await new Promise((done) => setTimeout(done, 50));
              const kinds = ["script", "iframe, object, embed", "base, meta, link, style", "svg, math, video",
                "form, button", "a", "img", "[onerror], [onload], [onclick], [onfocus], [style]"];
              const counted = kinds.map((kind) => [kind, document.querySelectorAll(kind).length]);
              return { counted: Object.fromEntries(counted), ran: window.ran };
            }"""
        )
        self.ran += found["ran"]
        counted: dict[str, int] = found["counted"]
        return counted


def test_nothing_that_is_typed_runs(office: Office, browser: Browser, vectors: list[str]) -> None:
    """In every field, on the form, the preview, the page behind the mail's link, and the desk."""
    client = create_app(office.mailbag, templates=TEMPLATES).test_client()
    signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    link = re.search(rb"/desk/enter/[0-9a-z]+", office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b""))
    assert link
    client.post(link[0].decode())
    trap = Trap(browser)
    harmless = "How does a knee creak? See https://knees.example/ " * 20
    usual = {name: trap.elements(html) for name, html in every_page(office, client, 0, harmless).items()}
    for number, text in enumerate(parts(vectors, 19_000), 1):
        pages = every_page(office, client, number, text)
        assert {name: trap.elements(html) for name, html in pages.items()} == usual
    assert trap.ran == []
    assert trap.elements("<img src=x onerror=alert(1)>") != usual["form"]
    assert trap.ran, "the trap itself works"


def every_page(office: Office, client: FlaskClient, number: int, text: str) -> dict[str, str]:
    """With the text in each field that can hold it."""
    key = re.search(r'name="form_key" value="([^"]+)"', client.get("/ask").text)
    assert key
    names = ("public_name", "address", "topic", "alt1", "alt2", "seen", "similar", "text")
    wrong = {**dict.fromkeys(names, text), "form_key": key[1]}
    base = {"topic": "physiotherapy-advice", "consent": "publish", "form_key": key[1], "public_name": "Tom"}
    right = {**base, "address": f"x{number}@asker.example", "text": f"My name is Tom Ashdown.\n\n{text}"}
    letter = office.letter(text=right["text"], form_key=f"{number}", address=f"y{number}@asker.example")
    question = asking.submit(office.mailbag, letter)
    assert question.id is not None
    token = office.mailbag.links.signer.mint(Purpose.CONFIRM, question.id)
    pages = {
        "form": client.post("/ask", data=wrong).text,
        "preview": re.sub("<li>.*</li>|<script src=.*</script>", "", client.post("/ask", data=right).text),
        "confirm": client.get(f"/confirm/{token}").text,
        "desk": client.get(f"/desk/questions/{question.id}").text,
    }
    assert "Nearly there" in pages["form"]
    assert "Look once more" in pages["preview"]
    return pages


def test_no_vector_leaves_its_place(office: Office, browser: Browser, vectors: list[str]) -> None:
    """Each by itself, since one may spoil another: in a value, an alternative text, a line, and marked."""
    template = create_app(office.mailbag, templates=TEMPLATES).jinja_env.from_string(
        '{% for one in all %}<input value="{{ one }}"><img alt="{{ one }}"><div>{{ one }}{{ one|flow }}'
        "{{ one|told_on(one|telltales('Tom')) }}</div>{% endfor %}"
    )
    trap = Trap(browser)
    counted = trap.elements(template.render(all=vectors))
    assert trap.ran == []
    assert counted.pop("img") == trap.page.locator("input").count() == len(vectors)
    assert set(counted.values()) == {0}
