"""A subscriber's whole way in a real browser: subscribe, confirm, change topics, leave; with and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import new_page
from tests.journeys.demo_process import DemoProcess
from tests.journeys.test_browser import assert_nothing_is_cut_off, open_mail

pytestmark = pytest.mark.browser


@pytest.fixture(
    params=[(1280, True), (1280, False), (320, True), (320, False)],
    ids=["wide-script", "wide", "narrow-script", "narrow"],
)
def page(browser: Browser, demo: DemoProcess, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, script = request.param
    opened = new_page(browser, demo.base, width=width, script=script)
    yield opened
    assert opened.context.cookies() == [], "no cookie, so no banner"
    opened.context.close()


def test_a_reader_subscribes_chooses_and_leaves(page: Page, request: pytest.FixtureRequest) -> None:
    address = f"{request.node.callspec.id}@reader.example"

    page.goto("/")
    assert_nothing_is_cut_off(page)
    form = page.get_by_role("form", name="New letters by mail")
    form.get_by_label("Send new letters to").fill(address)
    form.get_by_role("button", name="Send them to me").click()
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()
    assert_nothing_is_cut_off(page)

    open_mail(page, address, "Press once, and the letters come")
    page.locator("pre a").first.click()
    expect(page.get_by_role("heading", name="One press, and the letters come")).to_be_visible()
    expect(page.get_by_text("Every letter that is printed, once a week")).to_be_visible()
    assert_nothing_is_cut_off(page)
    page.get_by_role("button", name="Yes, send me that").click()
    expect(page.get_by_role("heading", name="The letters come to you")).to_be_visible()

    page.get_by_role("link", name="Change what comes").click()
    assert_nothing_is_cut_off(page)
    page.get_by_label("Once a month").check()
    page.get_by_label("Only what I tick here:").check()
    page.get_by_text("Running", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_label("Once a month")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Running")).to_be_checked()
    expect(page.get_by_label("Only what I tick here:")).to_be_checked()

    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are off the list")).to_be_visible()
    assert_nothing_is_cut_off(page)
