"""What the form's script asks while she types: letters like hers, in no log and in no cache."""

import pytest
from flask.testing import FlaskClient

from tests.office import QUESTION, Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def look(client: FlaskClient, text: str) -> object:
    answer = client.post("/ask/similar", data={"text": text})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    return answer.json["letters"]


def test_letters_like_hers_are_named(office: Office, client: FlaskClient) -> None:
    office.ask(public_name="<b>Becky</b>")
    assert look(client, QUESTION) == [], "not printed yet"
    office.receive(office.reply())
    path = office.question(1).path
    expected = {
        "id": path.rpartition("-")[2],
        "path": path,
        "opening": "I ran my first marathon two months ago – and have had knee discomfort from two days after the run.",
        "by": "<b>Becky</b>, 2026",
    }
    assert look(client, "knee discomfort after my first marathon") == [expected]
    assert look(client, "knee discomfort after my first marathon") == [expected], "out of what is kept"
    assert look(client, "my elbow hurts after tennis") == []
    assert look(client, "") == []
    assert look(client, "x" * 30_000) == []


def test_it_is_asked_by_post_so_that_no_log_has_her_words(client: FlaskClient) -> None:
    assert client.get("/ask/similar?text=knee").status_code == 405


def test_who_asks_too_fast_gets_nothing(client: FlaskClient) -> None:
    def ask() -> int:
        return client.post("/ask/similar", data={"text": "knee"}, environ_base={"REMOTE_ADDR": "1.2.3.4"}).status_code

    assert [ask() for _ in range(241)][-2:] == [200, 429]
