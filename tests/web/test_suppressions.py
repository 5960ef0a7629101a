"""The desk about addresses: looked up by their hash, with the reason, and lifted by an editor alone."""

from flask.testing import FlaskClient

from app.domain.subscription import SuppressionReason
from app.usecases import suppressing
from tests.office import Office
from tests.readers import READER, office_reader, subscribe, view
from tests.web.test_desk import press, token

PAGE = "/desk/suppressions"


def look_up(desk: FlaskClient, address: str) -> str:
    answer = desk.post(PAGE, data={"csrf_token": token(desk, PAGE), "address": address})
    assert answer.status_code == 200
    return answer.text


def bounced(office: Office, reason: SuppressionReason = SuppressionReason.HARD_BOUNCE) -> None:
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, READER, reason, detail=f"550 <{READER}> is unknown here")


def test_an_address_is_recognised_with_its_reason(office: Office, desk: FlaskClient) -> None:
    subscribe(office)
    bounced(office)
    page = look_up(desk, "Rita@Reader.example")
    assert "mail came back for good" in page
    assert "is unknown here" in page
    assert "left on Nov 22nd, 2026 because her mail came back" in page
    listed = desk.get(PAGE).text
    assert "mail came back for good" in listed
    assert READER not in listed
    assert "Not suppressed." in look_up(desk, "otto@reader.example")
    assert "it is no address" in look_up(desk, "otto")


def test_lifting_by_address_brings_back_whom_bounces_took_off(office: Office, desk: FlaskClient) -> None:
    subscribe(office)
    bounced(office)
    assert "Mail may go there again" in press(desk, PAGE, f"{PAGE}/lift", address=READER)
    assert view(office).state == "confirmed"
    assert "It was, and was lifted on" in look_up(desk, READER)


def test_lifting_from_the_list_lifts_that_alone(office: Office, desk: FlaskClient) -> None:
    subscribe(office)
    bounced(office)
    assert "Lifted." in press(desk, PAGE, f"{PAGE}/1/lift")
    assert view(office).state == "unsubscribed", "the list does not know whose it is"
    assert "lifted by editor Anna" in desk.get(PAGE).text


def test_an_editor_suppresses_whom_somebody_asked_her_to(office: Office, desk: FlaskClient) -> None:
    subscribe(office)
    press(desk, PAGE, f"{PAGE}/add", address=READER)
    assert (view(office).state, view(office).left_because) == ("unsubscribed", "editor")
    assert "an editor said so" in look_up(desk, READER)


def test_who_asked_with_a_suppressed_address_is_seen(office: Office, desk: FlaskClient) -> None:
    bounced(office, SuppressionReason.ERASED)
    desk.post("/subscribe", data={"address": READER})
    office.run_jobs()
    page = look_up(desk, READER)
    assert "Somebody gave this address in a form" in page
    assert "No subscriber has this address." in page
    assert office_reader(office, READER) is None
