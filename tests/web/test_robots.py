"""Robots: people never notice what keeps them out, and a person who is taken for one loses nothing."""

import base64
import html
import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import altcha
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.suspicion import Limits, Origin
from app.domain.token import Purpose
from app.store import tables as t
from app.usecases import asking, guarding
from app.web import create_app, work
from tests.office import COMPILED, QUESTION, TEMPLATES, Office
from tests.web.test_ask import confirm_link, fields
from tests.web.test_preview import hidden

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WORDS = ("elbow", "shoulder", "ankle", "wrist", "toe", "finger", "hip", "neck", "back", "jaw", "thumb", "heel", "calf")


@pytest.fixture
def limits() -> Limits:
    return Limits(seconds=4, from_host=2, from_network=3, in_all=50)


@pytest.fixture
def client(office: Office, limits: Limits, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(work, "COST", 10)  # the sum is the same, the steps are fewer
    office.mailbag = replace(office.mailbag, limits=limits)
    app = create_app(office.mailbag, templates=TEMPLATES)
    app.jinja_env.bytecode_cache = COMPILED
    return app.test_client()


def key_of_age(office: Office, seconds: int) -> str:
    return office.mailbag.links.signer.mint(Purpose.FORM, (int(time.time()) - seconds) << 32 | seconds)


def letter(office: Office, number: int = 0, age: int = 60, **more: str) -> dict[str, str]:
    text = f"Dear Guru, what do you do about a {WORDS[number]} that creaks like a door in the wind?"
    base = {"topic": "physiotherapy-advice", "consent": "publish", "public_name": "Becky", "text": text}
    address = f"becky{number}@asker.example"
    return {**base, "address": address, "form_key": key_of_age(office, age + number), **more}


def post(client: FlaskClient, data: dict[str, str], address: str = "1.2.3.4", **headers: str) -> Any:
    return client.post("/ask", data=data, environ_base={"REMOTE_ADDR": address}, headers=headers)


def challenge_of(page: str) -> dict[str, Any]:
    found = re.search(r'name="altcha" value="" data-challenge="([^"]+)"', page)
    assert found, page
    parsed: dict[str, Any] = json.loads(html.unescape(found[1]))
    return parsed


def solved(page: str) -> str:
    challenge = altcha.Challenge.from_dict(challenge_of(page))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def press(client: FlaskClient, page: str, **more: str) -> int:
    fields = hidden(re.sub(r' data-challenge="[^"]*"', "", page))
    status: int = post(client, {**fields, "step": "post", **more}).status_code
    return status


def state(office: Office, question_id: int = 1) -> str:
    token = office.mailbag.links.signer.mint(Purpose.CONFIRM, question_id)
    asking.confirm(office.mailbag, token)
    return office.question(question_id).state


def test_a_persons_letter_goes_straight_through(office: Office, client: FlaskClient) -> None:
    assert post(client, letter(office)).status_code == 303
    assert state(office) == "assigned"


def test_a_form_that_comes_back_at_once_has_work_to_do(office: Office, client: FlaskClient) -> None:
    answer = post(client, letter(office, age=1))
    assert (answer.status_code, office.deliveries()) == (200, [])
    assert press(client, answer.text, altcha=solved(answer.text)) == 303
    assert state(office) == "assigned"
    assert "question held" not in office.question(1).events


def test_without_a_script_it_is_posted_and_an_editor_looks_first(office: Office, client: FlaskClient) -> None:
    answer = post(client, letter(office, age=1))
    assert "Our editor looks at your letter first" in answer.text
    assert press(client, answer.text) == 303
    assert state(office) == "submitted", "no expert gets it by itself"
    assert "question held" in office.question(1).events


def test_many_letters_from_one_place_have_work_to_do(office: Office, client: FlaskClient) -> None:
    answers = [post(client, letter(office, number)).status_code for number in range(3)]
    assert answers == [303, 303, 200]
    assert post(client, letter(office, 3), "1.2.3.99").status_code == 303, "another host of the network: the third"
    assert post(client, letter(office, 4), "1.2.3.98").status_code == 200, "the network is over its number"
    assert post(client, letter(office, 5), "1.2.4.1").status_code == 303
    office.clock.pass_by(hours=2)
    assert post(client, letter(office, 6)).status_code == 303


def test_a_flood_is_refused_with_the_letter_in_the_form(office: Office, client: FlaskClient) -> None:
    with office.mailbag.database.write() as tx:
        for _ in range(20):
            guarding.count(office.mailbag, tx, Origin("1.2.3.4", "1.2.3.0/24"))
    page = post(client, letter(office, 1)).text
    answer = post(client, {**hidden(re.sub(r' data-challenge="[^"]*"', "", page)), "step": "post"})
    assert answer.status_code == 429
    assert WORDS[1] in answer.text
    assert "Keep this page open" in answer.text
    assert office.deliveries() == []
    assert press(client, page, altcha=solved(page)) == 303, "who does the work is no flood"


@pytest.mark.parametrize(
    "bend",
    [
        lambda made: "",
        lambda made: "nonsense",
        lambda made: "x" * 100_000,
        lambda made: base64.b64encode(b"[]").decode(),
        lambda made: base64.b64encode(b'{"challenge": {"parameters": null}, "solution": {}}').decode(),
        lambda made: base64.b64encode(
            base64.b64decode(made).replace(b'"keyPrefix": "00"', b'"keyPrefix": ""')
        ).decode(),
        lambda made: base64.b64encode(
            re.sub(rb'"counter": \d+', b'"counter": 999999', base64.b64decode(made))
        ).decode(),
        lambda made: base64.b64encode(re.sub(rb'"cost": 10', b'"cost": 1', base64.b64decode(made))).decode(),
    ],
)
def test_what_is_no_solution_is_none(office: Office, client: FlaskClient, bend: Any) -> None:
    page = post(client, letter(office, age=1)).text
    assert press(client, page, altcha=bend(solved(page))) == 303
    assert "question held" in office.question(1).events


def test_a_solution_is_good_for_one_letter(office: Office, client: FlaskClient) -> None:
    solution = solved(post(client, letter(office, 0, age=1)).text)
    page = post(client, letter(office, 1, age=1)).text
    assert press(client, page, altcha=solution) == 303
    assert "question held" in office.question(1).events


def test_a_solution_is_good_for_a_while(office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LASTS", -1)
    page = post(client, letter(office, age=1)).text
    assert press(client, page, altcha=solved(page)) == 303
    assert "question held" in office.question(1).events


def test_no_address_of_a_reader_is_stored(office: Office, client: FlaskClient) -> None:
    post(client, letter(office), "81.2.69.142")
    with office.mailbag.database.read() as tx:
        rows = tx.session.execute(select(t.tally)).all()
        everything = repr([tx.session.execute(table.select()).all() for table in t.metadata.sorted_tables])
    assert len(rows) == 3
    assert "81.2.69" not in everything
    office.clock.pass_by(days=1)
    with office.mailbag.database.write() as tx:
        guarding.count(office.mailbag, tx, Origin("81.2.69.142", "81.2.69.0/24"))
        assert len(set(tx.session.scalars(select(t.tally.c.digest)))) == 6, "another salt each day"
    office.clock.pass_by(days=1, hours=2)
    office.sweep()
    with office.mailbag.database.read() as tx:
        assert len(tx.session.execute(select(t.tally)).all()) == 3


def test_readers_behind_an_unknown_proxy_do_not_lock_each_other_out(office: Office, client: FlaskClient) -> None:
    for number in range(8):
        forwarded = {"X-Forwarded-For": "1.2.3.4"}
        assert post(client, letter(office, number), "127.0.0.1", **forwarded).status_code == 303


def test_known_and_unknown_addresses_get_the_same_answer(office: Office, client: FlaskClient) -> None:
    office.ask(address="known@asker.example", text=QUESTION + " I am known.")
    told = []
    for address in ("known@asker.example", "unknown@asker.example"):
        answer = client.post("/ask", data={**fields(client, address=address), "form_key": key_of_age(office, 99)})
        told.append((answer.status_code, answer.location, answer.text, client.get(answer.location).text))
    assert told[0] == told[1]


def test_the_sum_is_checked_in_an_instant(office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "COST", 3000)
    with client.application.test_request_context():
        challenge = altcha.Challenge.from_dict(json.loads(work.challenge("key", "mark")))
        solution = altcha.Solution(5, "00" * 32)
        began = time.process_time()
        work.is_done(altcha.Payload(challenge, solution).to_base64(), "key", "mark")
        assert time.process_time() - began < 0.2


def test_a_network_may_post_so_often_in_a_minute(office: Office, client: FlaskClient) -> None:
    statuses = [post(client, {"text": f"{number}"}).status_code for number in range(125)]
    assert statuses[:120] == [422] * 120
    assert statuses[120:] == [429] * 5


def test_two_processes_count_together(office: Office, client: FlaskClient) -> None:
    other = create_app(office.mailbag, templates=TEMPLATES).test_client()
    assert [post(c, letter(office, n)).status_code for n, c in enumerate((client, other, client))] == [303, 303, 200]


def test_an_hour_that_is_over_counts_less(office: Office, client: FlaskClient) -> None:
    post(client, letter(office, 0))
    post(client, letter(office, 1))
    assert post(client, letter(office, 2)).status_code == 200
    office.clock.at += timedelta(minutes=75)
    assert post(client, letter(office, 2)).status_code == 303


def test_the_robot_that_fills_what_people_do_not_see_gets_no_photo_in(office: Office, client: FlaskClient) -> None:
    assert post(client, letter(office, website="https://spam.example")).status_code == 422
    assert confirm_link(office)
    assert office.deliveries() == []
