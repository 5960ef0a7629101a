"""An office on each database that Mailbag runs on."""

from collections.abc import Iterator

import pytest

from tests.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened
