"""An office on each database, and its site with every hook open."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ingress.webhook import Hooks
from app.web import create_app
from tests.ingress import posts
from tests.office import TEMPLATES, Office, open_office

LIMIT = 200_000


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def amazon() -> posts.Amazon:
    return posts.Amazon()


@pytest.fixture
def client(office: Office, amazon: posts.Amazon) -> FlaskClient:
    hooks = Hooks(office.mailbag, posts.keys(), LIMIT, amazon)
    return create_app(office.mailbag, templates=TEMPLATES, hooks=hooks).test_client()


@pytest.fixture
def post(client: FlaskClient) -> Callable[[posts.Post], TestResponse]:
    return lambda made: client.post(made.path, headers=made.headers, data=made.body)
