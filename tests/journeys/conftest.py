"""One demo for all journeys: they share it as strangers would share a site."""

from collections.abc import Iterator

import pytest

from tests.journeys.demo_process import DemoProcess, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
