"""A real Chromium for tests: Debian's, without any connection of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 60_000.0  # milliseconds; a busy machine is no fault of the page
expect.set_options(timeout=PATIENCE)

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The one without windows first: the same pages for half of the CPU time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


def new_page(browser: Browser, site: str, *, width: int = 1280, script: bool = True, **more: Any) -> Page:
    """In a context of its own, at no address yet; waits for what it looks for, long enough for a loaded machine."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script, base_url=site, **more
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page
