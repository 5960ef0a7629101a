"""The forms and the links of the digest: the same answer for everybody, and no look changes anything."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.domain.subscription import Choice, SuppressionReason
from app.store.tables import metadata
from app.usecases import preferring, subscribing, suppressing
from tests.office import Office
from tests.readers import READER, office_reader, reader_id, subscribe, the_link, view

LOOKS = 12  # at each link; test_every_page.py looks at those of every mail
ONE_CLICK = "List-Unsubscribe=One-Click"


def leave_path(office: Office, address: str = READER) -> str:
    return office.mailbag.links.unsubscribe(reader_id(office, address)).removeprefix("https://guru.example")


def own_path(office: Office, address: str = READER) -> str:
    return office.mailbag.links.preferences(reader_id(office, address)).removeprefix("https://guru.example")


# The form.


@pytest.mark.parametrize("path", ["/", "/archive", "/about", "/search", "/ask"])
def test_every_public_page_has_the_form(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert '<form class="line bymail' in page.text
    assert "Set-Cookie" not in page.headers


def wish_from(client: FlaskClient, place: str, number: int) -> int:
    data = {"address": f"victim{number}@somewhere.example"}
    return client.post("/subscribe", data=data, environ_base={"REMOTE_ADDR": place}).status_code


def test_nobody_can_have_many_written_to(office: Office, client: FlaskClient) -> None:
    assert [wish_from(client, "1.2.3.4", number) for number in range(11)] == [303] * 10 + [429]
    assert [wish_from(client, f"1.2.3.{number}", 100 + number) for number in range(5, 26)] == [303] * 20 + [429]
    assert wish_from(client, "9.9.9.9", 40) == 303
    assert [wish_from(client, "127.0.0.1", number) for number in range(50, 65)] == [303] * 15, "a proxy, perhaps"
    refused = client.post("/subscribe", data={"address": READER}, environ_base={"REMOTE_ADDR": "1.2.3.4"})
    assert "press once more in an hour" in refused.text
    assert READER in refused.text
    office.run_jobs()
    assert len(office.server.sent) == 10 + 20 + 1 + 15
    office.clock.pass_by(hours=2)
    assert wish_from(client, "1.2.3.4", 70) == 303


def test_a_letters_page_offers_to_follow_it(office: Office, client: FlaskClient) -> None:
    question = office.ask()
    office.receive(office.reply())
    page = client.get(office.question(question.id).path).text
    assert "Tell me when this one changes" in page
    letter = re.search(r'name="letter" value="([^"]+)"', page)
    assert letter
    answer = client.post("/subscribe", data={"address": READER, "letter": letter[1]})
    assert (answer.status_code, answer.location) == (303, "/subscribe/sent")
    office.run_jobs()
    assert (
        "What changes in the letter of Becky"
        in client.get("/subscribe/" + the_link(office, READER, "/subscribe/")).text
    )


def test_the_way_from_form_to_page_of_her_own(office: Office, client: FlaskClient) -> None:
    fields = {"address": READER, "frequency": "daily", "what": "some", "topic": "physiotherapy-advice"}
    assert client.post("/subscribe", data=fields).location == "/subscribe/sent"
    office.run_jobs()
    path = "/subscribe/" + the_link(office, READER, "/subscribe/")
    page = client.get(path)
    assert "Letters about Physiotherapy Advice, once a day" in page.text
    assert READER not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post(path).location == path
    assert "The letters come to you" in client.get(path).text
    assert view(office).topics == ["Physiotherapy Advice"]
    assert client.get(own_path(office)).status_code == 200


def test_every_address_gets_the_same_answer(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, "bounced@reader.example", SuppressionReason.HARD_BOUNCE)
        suppressing.suppress(office.mailbag, tx, "gone@reader.example", SuppressionReason.ERASED)
    addresses = [READER, "new@reader.example", "bounced@reader.example", "gone@reader.example"]
    answers = [client.post("/subscribe", data={"address": one}) for one in addresses]
    seen = {(a.status_code, a.text, str([h for h in a.headers if h[0] != "Date"])) for a in answers}
    assert len(seen) == 1
    with office.mailbag.database.read() as tx:
        assert [len(r) for r in [tx.session.execute(metadata.tables["wish"].select()).all()]] == [4]


def test_every_address_is_the_same_work(
    office: Office, client: FlaskClient, count_queries: Callable[[Callable[[], object]], list[str]]
) -> None:
    """Statement by statement: what takes the same work takes the same time."""
    subscribe(office)
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, "bounced@reader.example", SuppressionReason.HARD_BOUNCE)
    work = [
        count_queries(lambda one=one: client.post("/subscribe", data={"address": one}))  # type: ignore[misc]
        for one in (READER, "new@reader.example", "bounced@reader.example")
    ]
    assert work[0]
    assert work[0] == work[1] == work[2]


def test_a_slip_is_told_beside_the_field(client: FlaskClient) -> None:
    answer = client.post("/subscribe", data={"address": "rita.reader.example", "frequency": "monthly"})
    assert answer.status_code == 422
    assert "There is no @ in this address." in answer.text
    assert 'value="rita.reader.example"' in answer.text
    assert re.search(r'value="monthly" checked', answer.text)


def test_a_robot_that_fills_every_field_stores_nothing(office: Office, client: FlaskClient) -> None:
    answer = client.post("/subscribe", data={"address": READER, "website": "https://spam.example"})
    assert answer.status_code == 422
    assert office.bells == []


def test_a_form_from_another_site_is_refused(client: FlaskClient) -> None:
    headers = {"Origin": "https://evil.example"}
    assert client.post("/subscribe", data={"address": READER}, headers=headers).status_code == 403


@pytest.mark.parametrize("query", ["topic=physiotherapy-advice", "expert=the-guru", "letter=zzz", "topic=%00"])
def test_the_page_opens_with_what_a_link_ticks(client: FlaskClient, query: str) -> None:
    assert client.get(f"/subscribe?{query}").status_code == 200


# Looking.


def test_no_look_at_any_link_changes_anything(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    preferring.ask_to_move(office.mailbag, own_path(office).rpartition("/")[2], "rita@new.example")
    subscribing.wish(office.mailbag, "other@reader.example", Choice())
    office.run_jobs()
    paths = [
        "/subscribe/" + the_link(office, "other@reader.example", "/subscribe/"),
        "/move/" + the_link(office, READER, "/move/"),
        leave_path(office),
        own_path(office),
        own_path(office) + "/forget",
    ]
    before = office.stored()
    for n in range(LOOKS):
        headers = {"Purpose": "prefetch", "Sec-Purpose": "prefetch"} if n % 2 else {}
        for path in paths:
            assert client.open(path, method=("GET", "HEAD", "OPTIONS")[n % 3], headers=headers).status_code == 200
    for path in paths:
        for action in ("leave", "again", "address"):
            assert client.get(f"{path}/{action}").status_code in (404, 405)
    assert office.stored() == before


def test_a_link_that_nobody_made_is_any_missing_page(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    tokens = {path: path.rpartition("/")[2] for path in (leave_path(office), own_path(office))}
    for place in ("/subscribe/", "/move/", "/unsubscribe/", "/preferences/"):
        for path, token in tokens.items():
            if not path.startswith(place):
                assert client.get(place + token).status_code == 404
                assert client.post(place + token).status_code == 404
        assert client.get(place + "0" * 28).status_code == 404
    assert view(office).state == "confirmed"


# One click (RFC 8058).


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_needs_nothing_and_leads_nowhere(office: Office, client: FlaskClient, kind: str) -> None:
    subscribe(office)
    subscribe(office, "otto@reader.example")
    path = leave_path(office)
    foreign = {"Origin": "https://mail.provider.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"}, content_type=kind, headers=foreign)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert (view(office).state, view(office).left_because) == ("unsubscribed", "one-click")
    assert view(office).events.count("subscription unsubscribed") == 1
    assert view(office, "otto@reader.example").state == "confirmed"


def test_one_click_with_any_body_or_none(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    assert client.post(leave_path(office)).status_code == 200
    assert view(office).state == "unsubscribed"
    for body in (b"\xff\x00", ONE_CLICK.encode(), b"--x\r\n"):
        assert client.post(leave_path(office), data=body, content_type="multipart/form-data").status_code == 200


def test_the_page_has_a_button_and_a_way_to_less(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    page = client.get(leave_path(office)).text
    assert "One press, and no more letters come" in page
    assert own_path(office) in page
    assert READER not in page
    assert "You are off the list" in client.post(leave_path(office)).text


def test_the_link_of_somebody_forgotten_still_says_so(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    path, own = leave_path(office), own_path(office)
    assert "You are forgotten" in client.post(f"{own}/forget").text
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.get(own).status_code == 404
    assert office_reader(office, READER) is None


# Her own page.


def test_what_she_saves_is_what_comes(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    path = own_path(office)
    fields = {"frequency": "monthly", "what": "some", "topic": "physiotherapy-advice", "pause": "2026-12-24"}
    assert client.post(path, data=fields).status_code == 303
    assert (view(office).frequency, view(office).topics) == ("monthly", ["Physiotherapy Advice"])
    page = client.get(path + "?said=saved").text
    assert "Saved." in page
    assert "nothing comes until Dec 24th, 2026" in page
    client.post(path, data={**fields, "pause": "yesterday", "what": "everything"})
    assert view(office).takes_all
    assert "Paused" not in client.get(path).text


def test_ticking_a_topic_is_enough_and_ticking_nothing_is_told(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    path = own_path(office)
    client.post(path, data={"what": "everything", "had": "everything", "topic": "physiotherapy-advice"})
    assert view(office).topics == ["Physiotherapy Advice"]
    nothing = client.post(path, data={"what": "some", "had": "some"})
    assert nothing.status_code == 422
    assert "Tick something that you would like to get" in nothing.text
    assert client.post("/subscribe", data={"what": "some", "address": READER}).status_code == 422
    client.post(path, data={"what": "everything", "had": "some", "topic": "physiotherapy-advice"})
    assert view(office).takes_all


def test_leaving_and_coming_back(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    path = own_path(office)
    client.post(f"{path}/leave")
    assert "You are off the list" in client.get(path).text
    assert client.post(path, data={"frequency": "daily"}).status_code == 409
    client.post(f"{path}/again")
    assert view(office).state == "confirmed"


def test_no_way_back_past_a_complaint(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, READER, SuppressionReason.COMPLAINT)
    path = own_path(office)
    assert "we write to it no more" in client.get(path).text
    assert client.post(f"{path}/again").status_code == 409
    assert view(office).state == "unsubscribed"


def test_another_address_that_is_none(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    answer = client.post(f"{own_path(office)}/address", data={"address": "x"})
    assert answer.status_code == 422
    assert "There is no @" in answer.text


def test_the_move_is_seen_step_by_step(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    client.post(f"{own_path(office)}/address", data={"address": "rita@new.example"})
    office.run_jobs()
    first = "/move/" + the_link(office, READER, "/move/")
    assert "r…a@new.example" in client.get(first).text
    client.post(first)
    assert "Look in the other mailbox" in client.get(first).text
    office.run_jobs()
    second = "/move/" + the_link(office, "rita@new.example", "/move/")
    client.post(second)
    assert "Your letters come here" in client.get(second).text
    assert "Your letters come to the other address now" in client.get(first).text


def test_the_address_that_the_letters_come_to_already(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    answer = client.post(f"{own_path(office)}/address", data={"address": READER.upper()}, follow_redirects=True)
    assert "The letters come to that address already." in answer.text


def test_a_pause_that_is_over_is_told(office: Office, client: FlaskClient) -> None:
    subscribe(office)
    fields = {"frequency": "monthly", "what": "everything", "pause": "2020-01-01"}
    answer = client.post(own_path(office), data=fields, follow_redirects=True)
    assert "Saved, but without a pause" in answer.text
    assert view(office).frequency == "monthly"


def test_an_empty_address_is_asked_for_in_words_that_fit_every_form(office: Office, client: FlaskClient) -> None:
    answer = client.post("/subscribe", data={"address": ""})
    assert answer.text.count("We need an address to write to.") == 2
