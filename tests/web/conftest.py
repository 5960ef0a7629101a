"""The site over a real database, driven by Flask's client."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app.usecases import signing_in
from app.web import create_app
from tests.office import ANNA, COMPILED, TEMPLATES, Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def client(office: Office) -> FlaskClient:
    app = create_app(office.mailbag, templates=TEMPLATES)
    app.jinja_env.bytecode_cache = COMPILED
    return app.test_client()


@pytest.fixture
def desk(office: Office, client: FlaskClient) -> FlaskClient:
    """The same browser, with Anna signed in."""
    signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    mail = office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b"").decode()
    token = re.search(r"/desk/enter/([0-9a-z]+)", mail)
    assert token
    assert client.post(f"/desk/enter/{token[1]}").status_code == 303
    return client


@pytest.fixture
def count_queries(office: Office) -> Callable[[Callable[[], object]], list[str]]:
    """The statements that a call sends to the database, in order, without their values."""

    def counted(call: Callable[[], object]) -> list[str]:
        statements: list[str] = []

        def note(*arguments: Any) -> None:
            statements.append(arguments[2])

        event.listen(office.mailbag.database.engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(office.mailbag.database.engine, "before_cursor_execute", note)
        return statements

    return counted
