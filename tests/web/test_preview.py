"""Between the form and the post: a look at the letter as it will be printed, where there is anything to look at."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.event import Event
from tests.office import QUESTION, Office
from tests.web.test_ask import fields

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TELLING = "My heel hurts in the morning. My doctor, Dr Meyer, says rest. Ring me on 01632 960 417 if that is easier!"


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def press(client: FlaskClient, page: str, step: str, **more: str) -> "tuple[int, str]":
    answer = client.post("/ask", data={**hidden(page), "step": step, **more})
    return answer.status_code, answer.text


def details(office: Office, name: str) -> list[str]:
    with office.mailbag.database.read() as tx:
        return list(tx.session.scalars(select(Event.detail).where(Event.name == name)))  # type: ignore[arg-type]


@pytest.fixture
def printed(office: Office) -> str:
    """The address of a letter that is printed."""
    office.ask()
    office.receive(office.reply())
    return office.question(1).path


def test_what_tells_is_marked_and_nothing_is_stored_yet(office: Office, client: FlaskClient) -> None:
    page = client.post("/ask", data=fields(client, text=TELLING)).text
    assert "2 things here could tell people who you are" in page
    assert "Dr <mark>Meyer</mark>, says rest. Ring me on <mark>01632 960 417</mark> if" in page
    assert "Becky asked The Guru for the following Physiotherapy Advice:" in page
    assert office.deliveries() == []


def test_it_is_her_letter_and_one_press_more_posts_it(office: Office, client: FlaskClient) -> None:
    page = client.post("/ask", data=fields(client, text=TELLING)).text
    assert press(client, page, "post")[0] == 303
    assert len(office.deliveries()) == 1


def test_change_it_loses_nothing(office: Office, client: FlaskClient) -> None:
    typed = fields(client, text=f"{TELLING}\n\n<b>“Quoted”</b> & so on", public_name='Tom "T"', naming="alias")
    status, form = press(client, client.post("/ask", data=typed).text, "change")
    assert status == 200
    assert html.escape(typed["text"], quote=False).split("\n")[0] in html.unescape(form)
    assert "&lt;b&gt;“Quoted”&lt;/b&gt; &amp; so on" in form
    assert 'value="Tom &#34;T&#34;"' in form
    assert f'value="{typed["address"]}"' in form
    assert re.search(r'value="physiotherapy-advice" checked', form)
    assert re.search(r'value="alias" checked', form)
    assert re.search(r'name="consent"[^>]* checked', form)
    assert hidden(form)["form_key"] == typed["form_key"]
    unchanged = {**typed, **hidden(form)}
    assert client.post("/ask", data=unchanged).status_code == 303, "seen, and left as it is"


def test_other_words_are_looked_at_anew(client: FlaskClient) -> None:
    typed = fields(client, text=TELLING)
    seen = hidden(client.post("/ask", data=typed).text)["seen"]
    changed = client.post("/ask", data={**typed, "seen": seen, "text": f"{TELLING} Or on 01632 960 418."})
    assert (changed.status_code, "01632 960 418</mark>" in changed.text) == (200, True)


def test_a_letter_like_hers_is_shown_first(office: Office, client: FlaskClient, printed: str) -> None:
    page = client.post("/ask", data=fields(client, text=f"{QUESTION} I am sixty.", address="z@asker.example")).text
    assert "This may already be answered" in page
    assert f'href="{printed}"' in page
    assert len([d for d in office.deliveries() if d.address == "z@asker.example"]) == 0
    assert press(client, page, "post", different="yes")[0] == 303
    assert details(office, "question called different") == [printed.rpartition("-")[2]]


def test_not_saying_that_it_is_different_is_no_obstacle(office: Office, client: FlaskClient, printed: str) -> None:
    page = client.post("/ask", data=fields(client, text=f"{QUESTION} I am sixty.")).text
    assert press(client, page, "post")[0] == 303
    assert details(office, "question called different") == []


def test_who_saw_them_beside_the_form_is_not_shown_them_again(client: FlaskClient, printed: str) -> None:
    typed = fields(client, text=f"{QUESTION} I am sixty.", different="yes")
    del typed["form_key"]
    fresh = hidden(client.get("/ask").text)
    assert client.post("/ask", data={**fresh, **typed, "similar": "zzzzzz"}).status_code == 200, "another one"
    assert client.post("/ask", data={**fresh, **typed, "similar": printed.rpartition("-")[2]}).status_code == 303


def test_a_reader_without_a_name_is_asked_about_her_signature(client: FlaskClient) -> None:
    text = f"{QUESTION}\n\nThanks,\nBecky"
    assert client.post("/ask", data=fields(client, text=text, naming="name")).status_code == 303
    page = client.post("/ask", data=fields(client, text=text, naming="anonymous")).text
    assert "<mark>Becky</mark>" in page
    assert "A reader asked The Guru" in page


@pytest.mark.parametrize("naming", ["name", "alias"])
def test_who_wants_a_name_gives_one(client: FlaskClient, naming: str) -> None:
    answer = client.post("/ask", data=fields(client, naming=naming, public_name=" "))
    assert answer.status_code == 422
    assert "Give a name to print, or choose to be “A reader”." in answer.text


def test_anonymous_is_anonymous_whatever_stands_in_the_field(office: Office, client: FlaskClient) -> None:
    assert client.post("/ask", data=fields(client, naming="anonymous")).status_code == 303
    office.run_jobs()
    assert b"Becky" not in office.server.sent[0].raw
