"""The desk: closed to everybody but editors, and everything that waits for a person can be settled there."""

import re

import pytest
from flask.testing import FlaskClient

from app.domain.column import Intake, Publication
from app.mail.transport import Fate, Handover
from app.usecases import receiving
from app.usecases.watching import Watch
from app.web import create_app
from tests.office import ANNA, ANSWER, GURU, TEMPLATES, Office, open_office
from tests.usecases.test_receiving import plain


def token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, client.get(path).text
    return found[1]


def press(client: FlaskClient, page: str, action: str, **fields: str) -> str:
    """Press a button of a page, and return what the next page says."""
    answer = client.post(action, data={"csrf_token": token(client, page), **fields}, follow_redirects=True)
    assert answer.status_code == 200
    said = re.search(r'role="status">([^<]+)<', answer.text)
    return said[1] if said else ""


def test_every_page_and_every_button_is_closed_to_strangers(office: Office) -> None:
    app = create_app(office.mailbag, templates=TEMPLATES)
    office.ask()
    office.receive(plain("Hello there, who is it?", sender="pat@elsewhere.example"))
    open_to_all = {"desk.sign_in", "desk.sign_in_page", "desk.entrance", "desk.enter"}
    seen = 0
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("desk.") or rule.endpoint in open_to_all:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = app.test_client().open(path, method=method)
        assert (answer.status_code, answer.location) == (303, "/desk/sign-in"), rule
        seen += 1
    assert seen > 10
    assert office.question(1).state == "assigned"


def test_a_button_needs_the_token_of_its_page(office: Office, desk: FlaskClient) -> None:
    office.ask()
    assert desk.post("/desk/questions/1/decline").status_code == 400
    assert office.question(1).state == "assigned"


def test_signing_in_says_the_same_to_everybody(office: Office, client: FlaskClient) -> None:
    answers = {client.post("/desk/sign-in", data={"address": a}).text for a in (ANNA, GURU, "", "x" * 500)}
    assert len(answers) == 1


def test_the_link_opens_by_a_button_and_once(office: Office, client: FlaskClient) -> None:
    client.post("/desk/sign-in", data={"address": ANNA})
    office.run_jobs()
    found = re.search(rb"/desk/enter/[0-9a-z]+", office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b""))
    assert found
    link = found[0].decode()
    assert client.get("/desk/").status_code == 303
    assert "Hello Anna" in client.get(link).text
    assert client.get("/desk/").status_code == 303, "looking at the link opens nothing"
    cookie = client.post(link).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie, "the site is on https"
    assert client.post(link).status_code == 404


def test_leaving_closes_it(desk: FlaskClient) -> None:
    assert desk.get("/desk/").status_code == 200
    desk.post("/desk/leave", data={"csrf_token": token(desk, "/desk/")})
    assert desk.get("/desk/").status_code == 303


def test_an_empty_queue_says_so(desk: FlaskClient) -> None:
    assert "The bag is empty." in desk.get("/desk/").text


def signed_in(office: Office) -> FlaskClient:
    client = create_app(office.mailbag, templates=TEMPLATES).test_client()
    client.post("/desk/sign-in", data={"address": ANNA})
    office.run_jobs()
    found = re.findall(rb"/desk/enter/[0-9a-z]+", office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b""))
    client.post(found[0].decode())
    return client


def test_from_submitted_to_published_by_hand(database_url: str) -> None:
    column = {"intake": Intake.EDITOR_ASSIGNS, "publication": Publication.EDITOR_APPROVES}
    with open_office(database_url, **column) as office:
        desk = signed_in(office)
        office.ask()
        assert "to read and assign" in desk.get("/desk/").text
        assert "Assigned." in press(desk, "/desk/questions/1", "/desk/questions/1/assign", expert="1")
        office.run_jobs()
        assert "with the expert" in desk.get("/desk/").text
        office.receive(office.reply())
        page = desk.get("/desk/questions/1").text
        assert "kept + " in page
        assert "Nothing is missing." in page
        assert "quoted from our mail" in page
        edited = ANSWER + "\n\nGood luck."
        assert "Published." in press(desk, "/desk/questions/1", "/desk/questions/1/publish", text=edited)
        assert office.question(1).text == edited
        assert office.question(1).state == "published"


def test_unchanged_words_make_no_revision(database_url: str) -> None:
    """A browser sends line ends as CRLF; that is no change."""
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        desk = signed_in(office)
        office.ask()
        office.receive(office.reply())
        text = office.question(1).text.replace("\n", "\r\n")
        press(desk, "/desk/questions/1", "/desk/questions/1/publish", text=text)
        assert office.question(1).revisions == 1


def test_sending_back_and_declining(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        desk = signed_in(office)
        office.ask()
        office.receive(office.reply())
        assert "Sent back." in press(desk, "/desk/questions/1", "/desk/questions/1/send-back", note="And shoes?")
        assert office.question(1).state == "assigned"
        assert "Declined." in press(desk, "/desk/questions/1", "/desk/questions/1/decline", reason="Too long.")
        assert office.question(1).state == "declined"


def test_held_mail_is_shown_beside_its_source_and_attached(office: Office, desk: FlaskClient) -> None:
    office.ask()
    office.receive(plain("Rest, <script>and</script> walk.", sender="guru@home.example"))
    assert "it came from another address than we wrote to" in desk.get("/desk/").text
    page = desk.get("/desk/mail/1").text
    assert "Rest, &lt;script&gt;and&lt;/script&gt; walk." in page
    assert "From: guru@home.example" in page
    assert desk.get("/desk/mail/1.eml").data == office.inbound(1).raw
    assert "Attached." in press(desk, "/desk/mail/1", "/desk/mail/1/attach", question="1")
    assert office.question(1).state == "answered"


def test_held_mail_is_discarded_and_still_to_be_seen(office: Office, desk: FlaskClient) -> None:
    office.ask()
    office.receive(plain("Buy snake oil today.", sender="mallory@evil.example"))
    assert "Discarded." in press(desk, "/desk/mail/1", "/desk/mail/1/discard")
    assert "discarded by an editor" in desk.get("/desk/settled").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mail_too_large_to_be_fetched_is_looked_at_in_its_mailbox(office: Office, desk: FlaskClient) -> None:
    receiving.leave_oversized(
        office.mailbag, door="imap", place="INBOX 7", sender=GURU, recipient="q-1@column.example", said="UID 7"
    )
    assert "too large to be taken" in desk.get("/desk/").text
    page = desk.get("/desk/mail/1").text
    assert "still in the mailbox" in page
    assert "UID 7" in page
    assert "Read it again" not in page
    assert "Discarded." in press(desk, "/desk/mail/1", "/desk/mail/1/discard")


def test_a_failed_mail_of_ours_is_seen_and_sent_again(office: Office, desk: FlaskClient) -> None:
    office.server.answers = [Handover(Fate.REFUSED, "550 5.1.1 No such user")]
    office.ask()
    delivery = next(d for d in office.deliveries() if d.state == "failed")
    path = f"/desk/deliveries/{delivery.id}"
    assert "550 5.1.1 No such user" in desk.get("/desk/").text
    assert "being sent again" in press(desk, path, f"{path}/send-again")
    office.run_jobs()
    assert next(d for d in office.deliveries() if d.id == delivery.id).state == "sent"


def test_a_failed_mail_is_put_away(office: Office, desk: FlaskClient) -> None:
    office.server.answers = [Handover(Fate.REFUSED, "550 5.1.1 No such user")]
    office.ask()
    path = f"/desk/deliveries/{next(d for d in office.deliveries() if d.state == 'failed').id}"
    assert "Put away." in press(desk, path, f"{path}/put-away")
    assert "No such user" not in desk.get("/desk/").text


def test_a_mail_that_nobody_reads_is_seen(office: Office, desk: FlaskClient) -> None:
    receiving.accept(
        office.mailbag, b"From: a@b.example\n\nHello", door="smtp", sender="", recipient="x@column.example"
    )
    assert "Not read yet" not in desk.get("/desk/").text
    office.clock.pass_by(minutes=2)
    assert "Not read yet" in desk.get("/desk/").text


def test_a_mailbox_that_is_not_fetched_is_seen(office: Office, desk: FlaskClient) -> None:
    watch = Watch(office.mailbag, "column on imap.example", "INBOX")
    watch.troubled("check MAILBAG_IMAP_PASSWORD")
    assert "INBOX of column on imap.example. check MAILBAG_IMAP_PASSWORD" in desk.get("/desk/").text
    watch.looked()
    assert "imap.example" not in desk.get("/desk/").text
    office.clock.pass_by(hours=2)
    assert "The door does not run" in desk.get("/desk/").text


def test_what_an_editor_typed_survives_a_refusal(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        desk = signed_in(office)
        office.ask()
        office.receive(office.reply())
        typed = f"A long new text, and write to {GURU} for more."
        fields = {"csrf_token": token(desk, "/desk/questions/1"), "text": typed}
        answer = desk.post("/desk/questions/1/publish", data=fields)
        assert answer.status_code == 409
        assert "Not published: a private address" in answer.text
        assert typed in answer.text


def test_a_doubtful_mail_is_seen_and_settled(office: Office, desk: FlaskClient) -> None:
    office.server.answers = [Handover(Fate.UNKNOWN, "no answer after the message")]
    office.ask()
    delivery = next(d for d in office.deliveries() if d.is_doubtful)
    path = f"/desk/deliveries/{delivery.id}"
    assert "doubtful" in desk.get("/desk/").text
    assert "Noted as sent." in press(desk, path, f"{path}/sent")


def test_what_no_longer_fits_is_said(office: Office, desk: FlaskClient) -> None:
    office.ask()
    page = "/desk/questions/1"
    assert "Declined." in press(desk, page, "/desk/questions/1/decline")
    fields = {"csrf_token": token(desk, "/desk/"), "reason": ""}
    answer = desk.post("/desk/questions/1/decline", data=fields, follow_redirects=True)
    assert "no longer fits the state" in answer.text


@pytest.mark.parametrize("path", ["/desk/questions/99", "/desk/mail/99", "/desk/mail/99.eml", "/desk/deliveries/99"])
def test_what_is_not_there_is_404(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_a_mail_that_could_not_be_read_shows_its_source(office: Office, desk: FlaskClient) -> None:
    office.ask()
    office.receive(b"Subject: " + b"x" * 300_000 + b"\n\nhello\n")
    assert "could not be read" in desk.get("/desk/").text
    assert desk.get("/desk/mail/1").status_code == 200
    assert "read again" in press(desk, "/desk/mail/1", "/desk/mail/1/read-again")
