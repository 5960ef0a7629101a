"""The page behind "Was that you?": looking changes nothing, the buttons do, and no link of a forger's is on it."""

from flask.testing import FlaskClient

from app.mail.authenticate import Border
from app.web import create_app
from tests.office import GURU, TEMPLATES, open_office
from tests.usecases.test_forgery import NAME
from tests.usecases.test_was_it_you import token_of, unproven

FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def test_a_look_changes_nothing_and_a_press_takes_it(database_url: str) -> None:
    with open_office(database_url, Border((NAME,))) as office:
        client: FlaskClient = create_app(office.mailbag, templates=TEMPLATES).test_client()
        question = office.ask()
        to = office.reply_address()
        inbound_id = office.receive(unproven(to, "Rest, <b>now</b>, see https://evil.example/ and walk."), to=to)
        path = f"/was-it-you/{token_of(office, inbound_id)}"
        for method in ("GET", "HEAD", "GET"):
            answer = client.open(path, method=method)
            assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "guru at clinic dot example" in answer.text
        assert "Rest, &lt;b&gt;now&lt;/b&gt;, see […] and walk." in answer.text
        assert "evil.example" not in answer.text
        assert office.question(question.id).state == "assigned"
        assert client.post(path, data={"answer": "yes"}, headers=FOREIGN).status_code == 403
        assert client.post(path, data={"answer": "perhaps"}).status_code == 400
        assert office.question(question.id).state == "assigned"
        after = client.post(path, data={"answer": "yes"}, follow_redirects=True)
        assert "It is taken as your answer." in after.text
        assert client.post(path, data={"answer": "no"}).status_code == 303
        office.run_jobs()
        assert office.question(question.id).state == "published"
        assert len(office.server.to(GURU)) == 3, "the letter, the question whether it was her, the receipt"


def test_no_is_taken_and_can_be_taken_back(database_url: str) -> None:
    with open_office(database_url, Border((NAME,))) as office:
        client: FlaskClient = create_app(office.mailbag, templates=TEMPLATES).test_client()
        question = office.ask()
        to = office.reply_address()
        inbound_id = office.receive(unproven(to), to=to)
        path = f"/was-it-you/{token_of(office, inbound_id)}"
        assert (
            "You said that this is not yours." in client.post(path, data={"answer": "no"}, follow_redirects=True).text
        )
        assert office.question(question.id).state == "assigned"
        client.post(path, data={"answer": "yes"})
        assert office.question(question.id).state == "published"


def test_a_token_that_nobody_made_is_404(database_url: str) -> None:
    with open_office(database_url) as office:
        client: FlaskClient = create_app(office.mailbag, templates=TEMPLATES).test_client()
        assert client.get("/was-it-you/" + "0" * 28).status_code == 404
        assert client.post("/was-it-you/" + "0" * 28, data={"answer": "yes"}).status_code == 404
