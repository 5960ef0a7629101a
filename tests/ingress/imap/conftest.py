"""An office on SQLite for what does not depend on the database, and one on each for what does."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, open_copy, open_office

_numbers = itertools.count(1)


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "office.db") as opened:
        yield opened


@pytest.fixture
def either_office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def user() -> str:
    """A mailbox of the test's own."""
    return f"column{next(_numbers)}"
