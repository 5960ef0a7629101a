"""What every test may ask for: servers, a fresh migrated database on each kind, the folder of measuring data.

A test that needs something which is not on this machine is skipped, and says what it misses.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app.store.base import Database
from app.store.migrations import upgrade
from tests.browser import chromium_path, running_browser
from tests.compiled import routes_compiled_once
from tests.dovecot import Dovecot
from tests.servers import NotInstalled, Postgresql, Redis

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser or whole processes first: one that comes last is waited for with a core at rest."""
    long_ones = {item.path for item in items if "journeys" in item.path.parts or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long_ones)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: it need not be looked through again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _compiled_routes() -> Iterator[None]:
    with routes_compiled_once():
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    try:
        server = Postgresql()
    except NotInstalled as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgresql_url(postgresql: Postgresql) -> str:
    """Of an empty database, for whoever migrates it or makes others beside it."""
    return postgresql.url()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    try:
        server = Redis()
    except NotInstalled as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """Redis with nothing in it."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; each test opens a context of its own in it."""
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    with running_browser(path) as running:
        yield running


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    try:
        server = Dovecot()
    except NotInstalled as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgresql_migrated(postgresql: Postgresql) -> str:
    """The name of a database with the newest schema; one for all tests, each leaves it without a row."""
    postgresql.execute("create database migrated")
    _migrate(postgresql.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mailbag.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(url, lambda job, row_id: None)
    upgrade(database.engine)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own with the newest schema and no rows; SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, tmp_path / "mailbag.db")
        yield f"sqlite:///{tmp_path / 'mailbag.db'}"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    name: str = request.getfixturevalue("postgresql_migrated")
    yield server.url(name)
    server.empty(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data that is not committed: the real page, real replies."""
    folder = Path(os.environ.get("MAILBAG_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no measuring data at {folder}; MAILBAG_SHARED names their folder")
    return folder
