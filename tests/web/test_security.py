"""What guards every request and response."""

import re

import pytest
from flask.testing import FlaskClient

from app.domain.token import Purpose
from app.usecases import asking, signing_in
from app.usecases.watching import Watch
from app.web import create_app
from tests.office import ANNA, TEMPLATES, Office


@pytest.mark.parametrize("path", ["/", "/ask", "/desk/sign-in", "/nowhere", "/static/style.css"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "max-age" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_posted_from_another_site_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/ask", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://guru.example"}, {"Origin": "http://localhost"}],
)
def test_our_own_forms_and_programs_are_not(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/ask", headers=headers).status_code == 422


def test_pages_have_nothing_inline(office: Office, client: FlaskClient) -> None:
    office.ask()
    office.receive(office.reply())
    for path in ("/", "/ask", "/archive", office.question(1).path):
        page = client.get(path).text.replace('<script type="application/ld+json">', "")  # holds no program
        page = re.sub(r'<script src="/static/mailbag\.js\?v=[0-9a-f]+" defer></script>', "", page)
        assert "<script" not in page
        assert " style=" not in page
        assert " onclick" not in page


def test_the_post_office_is_the_demos_alone(client: FlaskClient) -> None:
    for path in ("/mailbox", "/mailbox.json", "/mailbox/1", "/mailbox/1.eml"):
        assert client.get(path).status_code == 404


def test_static_files_may_be_kept_for_ever(client: FlaskClient) -> None:
    assert "style.css?v=" in client.get("/").text
    assert "max-age=31536000" in client.get("/static/style.css", buffered=True).headers["Cache-Control"]


def test_healthz_tells_when_the_database_is_gone(office: Office) -> None:
    client = create_app(office.mailbag, templates=TEMPLATES).test_client()
    assert client.get("/healthz").status_code == 200
    office.mailbag.database.is_up = lambda: False  # type: ignore[method-assign]
    assert client.get("/healthz").status_code == 503


def test_healthz_tells_that_mail_is_not_fetched_and_not_whose(office: Office) -> None:
    client = create_app(office.mailbag, templates=TEMPLATES).test_client()
    assert client.get("/healthz").json == {"status": "up", "fetching": "in time"}
    Watch(office.mailbag, "column on imap.example", "INBOX").troubled("no login for column")
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "up", "fetching": "late"})


def test_no_get_changes_anything(office: Office, desk: FlaskClient) -> None:
    """Link scanners open everything that a mail holds, as often as they like, signed in or not."""
    signer = office.mailbag.links.signer
    waiting = asking.submit(office.mailbag, office.letter(form_key="2", text="Another question of mine, about feet."))
    office.ask()
    office.receive(office.reply())
    office.receive(b"From: pat@elsewhere.example\r\n\r\nHello, who is there?\r\n")
    signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    assert waiting.id is not None
    values = {
        "/confirm/<token>": [signer.mint(Purpose.CONFIRM, waiting.id)],
        "/desk/enter/<token>": [signer.mint(Purpose.SIGN_IN, number) for number in (1, 2, 3)],
        "/<int:year>/<int:month>/<int:day>/<tail>": [office.question(2).path],
        "/topics/<slug>/": ["physiotherapy-advice"],
        "/experts/<slug>/": ["the-guru"],
        "/<int(fixed_digits=4):year>/": ["2026"],
        "/static/<path:filename>": ["style.css"],
    }
    before = office.stored()
    opened = 0
    for rule in desk.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for value in values.get(rule.rule, ["1"]):
            path = value if value.startswith("/") else re.sub(r"<[^>]+>", value, rule.rule)
            for browser in (desk, desk.application.test_client()):
                for method in ("GET", "HEAD", "OPTIONS"):
                    assert browser.open(path, method=method, buffered=True).status_code < 500, path
                    opened += 1
    assert opened > 80
    assert office.stored() == before
