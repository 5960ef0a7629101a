"""The form and the button: what was typed is never lost, and looking changes nothing."""

import re

import pytest
from flask.testing import FlaskClient

from app.domain.token import Purpose
from tests.office import BECKY, QUESTION, Office

FIELDS = {
    "public_name": "Becky",
    "address": BECKY,
    "topic": "physiotherapy-advice",
    "text": QUESTION,
    "consent": "publish",
}


def form_key(client: FlaskClient) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', client.get("/ask").text)
    assert found
    return found[1]


def fields(client: FlaskClient, **changes: str) -> dict[str, str]:
    return {**FIELDS, "form_key": form_key(client), **changes}


def confirm_link(office: Office) -> str:
    """Of the first question."""
    return f"/confirm/{office.mailbag.links.signer.mint(Purpose.CONFIRM, 1)}"


def test_the_form_names_its_fields(client: FlaskClient) -> None:
    page = client.get("/ask").text
    for name in FIELDS:
        assert f'name="{name}"' in page
    assert "Set-Cookie" not in client.get("/ask").headers, "no cookie, so no banner"


def test_a_good_letter_leads_to_the_mailbox(office: Office, client: FlaskClient) -> None:
    answer = client.post("/ask", data=fields(client))
    assert (answer.status_code, answer.location) == (303, "/ask/posted")
    assert len(office.deliveries()) == 1


@pytest.mark.parametrize("consent", ["publish", "yes", "on", "1", "true"])
def test_consent_in_the_usual_words(office: Office, client: FlaskClient, consent: str) -> None:
    assert client.post("/ask", data=fields(client, consent=consent)).status_code == 303


def test_without_consent_nothing_is_stored(office: Office, client: FlaskClient) -> None:
    for refusal in ("", "no", "private"):
        answer = client.post("/ask", data=fields(client, consent=refusal))
        assert answer.status_code == 422
        assert "We print nothing without your word." in answer.text
    assert office.deliveries() == []


def test_what_was_typed_comes_back_with_a_sentence_beside_the_field(client: FlaskClient) -> None:
    typed = fields(client, address="tom.example.org", public_name="<b>Tom</b> & Söhne")
    answer = client.post("/ask", data=typed)
    assert answer.status_code == 422
    assert answer.text.count("There is no @ in this address.") == 2, "in the summary, and beside the field"
    assert 'value="tom.example.org"' in answer.text
    assert "&lt;b&gt;Tom&lt;/b&gt; &amp; Söhne" in answer.text
    assert QUESTION.splitlines()[2] in answer.text
    assert re.search(r'value="physiotherapy-advice" checked', answer.text)
    assert f'value="{typed["form_key"]}"' in answer.text, "it still counts as the same form"


def test_an_empty_post_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.post("/ask", data={"form_key": form_key(client)})
    assert answer.status_code == 422
    for sentence in ("Your letter is still empty.", "We need an address", "Choose what it is about", "Tick this"):
        assert sentence in answer.text


@pytest.mark.parametrize("key", ["", "nonsense", "0" * 29])
def test_a_form_from_elsewhere_gets_a_fresh_key_and_loses_nothing(
    office: Office, client: FlaskClient, key: str
) -> None:
    answer = client.post("/ask", data={**FIELDS, "form_key": key})
    assert answer.status_code == 422
    assert QUESTION.splitlines()[2] in answer.text
    fresh = re.search(r'name="form_key" value="([^"]+)"', answer.text)
    assert fresh
    assert client.post("/ask", data={**FIELDS, "form_key": fresh[1]}).status_code == 303


def test_a_robot_that_fills_every_field_is_asked_again(office: Office, client: FlaskClient) -> None:
    assert client.post("/ask", data=fields(client, website="https://spam.example")).status_code == 422
    assert office.deliveries() == []


def test_absurd_fields_are_no_server_error(client: FlaskClient) -> None:
    absurd = dict.fromkeys(FIELDS, "\x01\ud7ff\u202e" + "🙂" * 3000)
    assert client.post("/ask", data={**absurd, "form_key": form_key(client)}).status_code == 422
    assert client.post("/ask", data={"text": "x" * 2_000_000}).status_code == 413


def test_the_same_form_twice_makes_one_question(office: Office, client: FlaskClient) -> None:
    same = fields(client)
    for _ in range(3):
        assert client.post("/ask", data=same).status_code == 303
    assert len(office.deliveries()) == 1


def test_only_the_button_confirms(office: Office, client: FlaskClient) -> None:
    client.post("/ask", data=fields(client))
    link = confirm_link(office)
    for method in ("get", "head", "options"):
        getattr(client, method)(link)
    assert office.question(1).state == "unconfirmed"
    assert "<button" in client.get(link).text
    assert client.post(link).status_code == 303
    assert office.question(1).state == "assigned"
    assert client.post(link).status_code == 303, "pressing twice is no error"


def test_the_confirmed_link_shows_where_the_letter_is(office: Office, client: FlaskClient) -> None:
    client.post("/ask", data=fields(client))
    link = confirm_link(office)
    client.post(link)
    office.run_jobs()
    assert "The Guru has it" in client.get(link).text
    office.receive(office.reply())
    assert "Your letter is printed" in client.get(link).text
    assert client.get(link).headers["Cache-Control"] == "no-store"


def test_a_wrong_link_is_not_found_in_plain_words(client: FlaskClient) -> None:
    answer = client.get("/confirm/nonsense")
    assert answer.status_code == 404
    assert "No letter has this address" in answer.text
