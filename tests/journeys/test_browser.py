"""The loop as a person sees it, in a real browser, with JavaScript and without, on a wide and on a narrow screen."""

import time
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE, new_page
from tests.journeys.demo_process import DemoProcess

pytestmark = pytest.mark.browser

ATOM = "{http://www.w3.org/2005/Atom}"
LETTER = "Hi there,\n\nMy left knee creaks on the stairs, only on the way down.\n\nShould I worry, or oil it? {name}"
ANSWER = "Hi {name}\n\nDo not oil it, {name}. A knee that creaks makes conversation.\n\nTake the stairs, {name}."


LOOKS = {"Wilma": (1280, False), "Nora": (320, False), "Wanda": (1280, True), "Nadja": (320, True)}


@pytest.fixture(params=LOOKS.values(), ids=LOOKS)
def page(browser: Browser, demo: DemoProcess, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, script = request.param
    opened = new_page(browser, demo.base, width=width, script=script)
    yield opened
    opened.context.close()


def assert_nothing_is_cut_off(page: Page) -> None:
    """No sideways scrolling: WCAG 1.4.10 asks for that at 320 pixels."""
    assert page.viewport_size is not None
    for place in ("main", "header", "footer"):
        for found in page.locator(place).all():
            inner = found.bounding_box()
            assert inner is None or inner["x"] + inner["width"] <= page.viewport_size["width"] + 1, (page.url, place)


def reload_until(page: Page, seen: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        if seen():
            return
        page.wait_for_timeout(50)
        page.reload()
    raise AssertionError(f"never seen on {page.url}:\n{page.locator('main').inner_text()}")


def open_mail(page: Page, to: str, subject: str) -> None:
    """Open the post office at one person's newest mail of this subject, as plain text."""
    page.goto(f"/mailbox?to={to}")
    reload_until(page, lambda: page.get_by_role("link", name=subject).count() > 0)
    page.get_by_role("link", name=subject).first.click()
    page.get_by_role("link", name="Plain text").click()


def test_a_person_goes_through_the_whole_loop(page: Page, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    address = f"{name.lower()}@asker.example"

    page.goto("/")
    expect(page.get_by_role("heading", name="Latest letters")).to_be_attached()
    assert_nothing_is_cut_off(page)
    page.get_by_role("link", name="Ask a question").click()

    # a slip first: everything typed is still there, and the sentence says what to do
    page.get_by_label("Your question").fill(LETTER.format(name=name))
    page.get_by_label("Name to print").fill(name)
    page.get_by_label("Your email address").fill(f"{name.lower()}.asker.example")
    page.get_by_role("button", name="Post my question").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no @ in this address.")
    expect(page.get_by_label("Your question")).to_have_value(LETTER.format(name=name))
    assert_nothing_is_cut_off(page)
    page.get_by_label("Your email address").fill(address)
    page.get_by_text("Running", exact=True).click()
    page.get_by_role("checkbox", name="Yes, print my letter").check()
    page.get_by_role("button", name="Post my question").click()
    again = page.get_by_role("button", name="Post it as it is")
    if again.count():  # a letter like it was printed before, on the other screen
        assert_nothing_is_cut_off(page)
        again.click()
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()

    open_mail(page, address, "Press once")
    assert_nothing_is_cut_off(page)
    page.locator("pre a").first.click()
    expect(page.get_by_role("heading", name="One press, and it is posted")).to_be_visible()
    page.get_by_role("button", name="Yes, post my letter").click()
    expect(page.get_by_text("You confirmed your address")).to_be_visible()
    assert_nothing_is_cut_off(page)
    status = page.url

    open_mail(page, "guru@clinic.example", f"{name} asks for Running Advice")
    page.get_by_text("Plain text, 69 columns").click()
    page.get_by_label("The reply").fill(ANSWER.format(name=name))
    page.get_by_role("button", name="Drop it in the post").click()
    expect(page.get_by_role("status")).to_contain_text("250")

    page.goto(status)
    reload_until(page, lambda: page.get_by_role("link", name="Read it").count() > 0)
    page.get_by_role("link", name="Read it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"{name} asked The Guru for the following Running Advice:"
    )
    answer = page.get_by_role("region", name="The Guru Responded:")
    for paragraph in ANSWER.format(name=name).split("\n\n"):
        expect(answer.get_by_text(paragraph, exact=True)).to_be_visible()
    assert_nothing_is_cut_off(page)

    open_mail(page, address, "The Guru has answered you")
    expect(page.locator("pre")).to_contain_text("Do not oil it, ")
    page.goto("/")
    expect(page.get_by_role("article").first).to_contain_text(f"{name} asked The Guru")

    page.get_by_role("searchbox", name="Search all letters").fill(f"creaks {name}")
    page.get_by_role("button", name="Search", exact=True).first.click()
    expect(page.get_by_role("article").first).to_contain_text(f"{name} asked The Guru")
    assert_nothing_is_cut_off(page)
    for place in (page.get_by_role("link", name="Feed", exact=True), page.locator("head link[type$='atom+xml']").first):
        feed = page.request.get(str(place.get_attribute("href")))
        assert feed.headers["content-type"].startswith("application/atom+xml")
        (newest, *_) = ET.fromstring(feed.body()).iter(f"{ATOM}entry")
        assert f"{name} asked The Guru" in "".join(newest.itertext())


@pytest.mark.parametrize("page", [(1280, False), (320, False)], ids=["wide", "narrow"], indirect=True)
def test_an_editor_settles_held_mail(page: Page, demo: DemoProcess) -> None:
    name = "Helga" if page.viewport_size == {"width": 1280, "height": 900} else "Hanno"
    demo.ask(name=name, address=f"{name.lower()}@asker.example", text=LETTER.format(name=name))

    open_mail(page, "guru@clinic.example", f"{name} asks for")
    page.get_by_text("a stranger", exact=True).click()
    page.get_by_label("The reply").fill(f"Hello {name}, it is me, from my other address. Take the stairs.")
    page.get_by_role("button", name="Drop it in the post").click()

    before = demo.mails()[0]["id"]
    page.goto("/desk/")
    page.get_by_label("Your email address").fill("anna@column.example")
    page.get_by_role("button", name="Mail me a link").click()
    last = demo.wait_for_mail("anna@column.example", after=before)
    page.goto(f"/mailbox/{last['id']}?view=text")
    page.locator("pre a").first.click()
    page.get_by_role("button", name="To the desk").click()

    reload_until(page, lambda: page.get_by_role("link", name=f"Re: {name} asks for").count() > 0)
    assert_nothing_is_cut_off(page)
    page.get_by_role("link", name=f"Re: {name} asks for").first.click()
    expect(page.get_by_text(f"Hello {name}, it is me").first).to_be_visible()
    page.get_by_role("button", name="Attach").click()
    expect(page.get_by_role("status")).to_contain_text("Attached.")
    page.locator("section", has_text="Answered").get_by_role("link").first.click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_role("status")).to_contain_text("Published.")
    assert demo.wait_for_mail(f"{name.lower()}@asker.example", "has answered you")
