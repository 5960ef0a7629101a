"""What a reader waits for: the first paint comes at once, and nothing moves after it."""

import re
from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser

from tests.journeys.demo_process import DemoProcess, running_demo

MOST_MILLISECONDS = 300  # to the first paint on a quiet machine; the figure is printed
SLACK = 10  # what a machine that does other things may add

# Since the page began, every shift; and when its first words stood there.
PAINTED = """() => new Promise(done => {
  let shift = 0;
  new PerformanceObserver(list => { for (const e of list.getEntries()) shift += e.value; })
    .observe({type: 'layout-shift', buffered: true});
  const look = () => {
    const [first] = performance.getEntriesByName('first-contentful-paint');
    first ? setTimeout(() => done([first.startTime, shift]), 150) : requestAnimationFrame(look);
  };
  look();
})"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280])
def test_a_page_is_there_at_once_and_stays_where_it_is(demo: DemoProcess, browser: Browser, width: int) -> None:
    """Each time in a browser that has nothing kept."""
    letter = re.findall(r'<h2><a href="([^"]+)"', demo.get("/").text)[0]
    for path in ("/", letter, "/archive", "/ask"):
        demo.get(path)
        paints, shifts = zip(*(first_paint(browser, demo.base + path, width) for _ in range(3)), strict=True)
        print(f"{path} at {width}: first paint {median(paints):.0f} ms, shift {max(shifts)}")  # noqa: T201
        assert max(shifts) == 0, path
        assert min(paints) < MOST_MILLISECONDS * SLACK, path


def first_paint(browser: Browser, address: str, width: int) -> tuple[float, float]:
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        tab = context.new_page()
        tab.goto(address)
        paint, shift = tab.evaluate(PAINTED)
        return paint, shift
