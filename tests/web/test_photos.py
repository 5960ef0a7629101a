"""Photos: kept with the form through every slip, seen by nobody before an editor, gone with their letter."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domain.photo import Photo
from app.store import tables as t
from app.usecases import asking, photographing, routing
from tests.mail.test_picture import camera_file, with_exif
from tests.office import QUESTION, Office
from tests.web.test_ask import confirm_link, fields
from tests.web.test_desk import press
from tests.web.test_preview import TELLING, hidden

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def photo(content: bytes | None = None, name: str = "knee.jpg") -> "tuple[io.BytesIO, str]":
    return io.BytesIO(with_exif() if content is None else content), name


def stored(office: Office) -> list[Photo]:
    with office.mailbag.database.read() as tx:
        return list(tx.session.scalars(select(Photo).order_by(t.photo.c.id)))


def post(client: FlaskClient, **more: Any) -> Any:
    return client.post("/ask", data={**fields(client), **more})


@pytest.fixture
def asked(office: Office, client: FlaskClient) -> Photo:
    """A photo with a letter that its asker has confirmed."""
    assert post(client, photo1=photo(), alt1="My knee, <b>swollen</b>").status_code == 303
    client.post(confirm_link(office))
    office.run_jobs()
    (found,) = stored(office)
    return found


def addresses(one: Photo) -> list[str]:
    return [f"/photos/{one.public_id}.jpg", f"/photos/small/{one.public_id}.jpg"]


def test_nobody_sees_it_before_an_editor_has(office: Office, client: FlaskClient, asked: Photo) -> None:
    assert asked.question_id == 1
    office.receive(office.reply())
    assert "/photos/" not in client.get(office.question(1).path).text
    unknown = client.get("/photos/00000000000000000000.jpg")
    for path in (*addresses(asked), f"/desk/photos/{asked.id}.jpg", f"/photos/{asked.id}.jpg"):
        answer = client.get(path)
        assert answer.status_code in (404, 303), path
        assert answer.mimetype == "text/html"
    assert client.get(addresses(asked)[0]).text == unknown.text, "not even that there is one"


def test_an_editor_approves_and_it_is_shown(office: Office, desk: FlaskClient, client: FlaskClient) -> None:
    assert post(client, photo1=photo(), alt1="My knee, <b>swollen</b>").status_code == 303
    client.post(confirm_link(office))
    office.run_jobs()
    office.receive(office.reply())
    path = office.question(1).path
    page = client.get(path)
    (one,) = stored(office)
    assert desk.get(f"/desk/photos/{one.id}.jpg").mimetype == "image/jpeg"
    assert (
        press(desk, "/desk/questions/1", f"/desk/photos/{one.id}/approve") == "Approved. It is shown with its letter."
    )
    shown = client.get(path, headers={"If-None-Match": page.headers["ETag"]})
    assert shown.status_code == 200, "another edition"
    assert 'alt="My knee, &lt;b&gt;swollen&lt;/b&gt;"' in shown.text
    for address in addresses(one):
        assert address in shown.text
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert press(desk, "/desk/questions/1", f"/desk/photos/{one.id}/remove") == "Taken out. Nothing of it is kept."
    assert client.get(addresses(one)[0]).status_code == 404
    assert stored(office) == []
    assert "question photo approved" in office.question(1).events
    assert "question photo removed" in office.question(1).events


def test_it_is_kept_through_an_error_in_another_field(office: Office, client: FlaskClient) -> None:
    answer = post(client, address="tom.example.org", photo2=photo(), alt2="My knee")
    assert answer.status_code == 422
    assert re.search(r'<img src="data:image/jpeg;base64,[^"]+" alt="My knee"', answer.text)
    assert 'value="My knee"' in answer.text
    assert client.post("/ask", data={**fields(client), **hidden(answer.text)}).status_code == 303
    assert [one.question_id for one in stored(office)] == [1]


def test_it_is_kept_through_the_preview_and_back(office: Office, client: FlaskClient) -> None:
    page = post(client, text=TELLING, photo1=photo(), alt1="My knee").text
    assert 'alt="My knee"' in page
    form = client.post("/ask", data={**hidden(page), "step": "change"}).text
    assert 'alt="My knee"' in form
    assert client.post("/ask", data={**hidden(page), "step": "post"}).status_code == 303
    assert [one.question_id for one in stored(office)] == [1]


def test_another_one_takes_its_place_and_it_can_be_taken_out(office: Office, client: FlaskClient) -> None:
    typed = fields(client, address="nobody")
    for number in (1, 2):
        other = photo(camera_file(size=(100 * number, 80)))
        client.post("/ask", data={**typed, "photo1": other, "alt1": f"Number {number}"})
    assert [(one.alt, one.width) for one in stored(office)] == [("Number 2", 200)]
    client.post("/ask", data={**typed, "drop1": "yes"})
    assert stored(office) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "This photo is a HEIC"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no photo that we can show"),
        (camera_file()[:600], "This photo cannot be read"),
        (b"\xff\xd8" + b"\0" * 200_000, "This photo is larger than we can take"),
    ],
)
def test_what_is_no_photo_is_said_beside_it(
    office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, content: bytes, sentence: str
) -> None:
    monkeypatch.setattr(photographing, "MOST_OCTETS", 100_000)
    answer = post(client, photo3=photo(content), alt3="My knee")
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert '<p class="error" id="photo3-error">' in answer.text
    assert 'value="My knee"' in answer.text
    assert stored(office) == []


def test_a_photo_needs_a_few_words(client: FlaskClient) -> None:
    assert "Say in a few words what the photo shows" in post(client, photo1=photo(), alt1=" ").text


def test_no_other_address_takes_as_much(client: FlaskClient) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="photo1"; filename="x"\r\n\r\n'
    for path, status in (("/desk/sign-in", 413), ("/ask", 422)):
        body = head + b"x" * 2_000_000 + b"\r\n--x--\r\n"
        assert client.post(path, data=body, content_type="multipart/form-data; boundary=x").status_code == status


def test_a_flood_of_photos_fills_no_disk(office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographing, "MOST_WAITING", 2)
    for number in (1, 2, 3):
        answer = post(client, address="nobody", photo1=photo(camera_file(size=(40, 30))), alt1="x")
        assert ("We cannot take photos just now." in answer.text) == (number == 3)
    assert len(stored(office)) == 2


def test_what_nobody_posts_is_thrown_away(office: Office, client: FlaskClient) -> None:
    post(client, address="nobody", photo1=photo(), alt1="x")
    office.sweep()
    assert len(stored(office)) == 1
    office.clock.pass_by(days=1, minutes=1)
    office.sweep()
    assert stored(office) == []


def test_a_declined_letter_takes_its_photos_along(office: Office, client: FlaskClient, asked: Photo) -> None:
    routing.decline(office.mailbag, 1, "", by="Anna")
    assert stored(office) == []


def test_a_letter_that_is_taken_down_takes_its_photos_along(office: Office, client: FlaskClient, asked: Photo) -> None:
    office.receive(office.reply())
    assert asked.id is not None
    photographing.approve(office.mailbag, asked.id, by="Anna")
    assert client.get(addresses(asked)[0]).status_code == 200
    with office.mailbag.database.write() as tx:
        tx.session.execute(t.question.update().values(state="withdrawn"))
    office.sweep()
    assert stored(office) == []


def test_a_letter_that_expires_takes_its_photos_along(office: Office, client: FlaskClient) -> None:
    post(client, photo1=photo(), alt1="x")
    asking.expire(office.mailbag, office.clock() + office.mailbag.column.time_to_confirm + timedelta(minutes=1))
    assert stored(office) == []


def test_the_same_letter_again_has_its_photos_once(office: Office, client: FlaskClient) -> None:
    same = fields(client)
    for _ in range(2):
        assert client.post("/ask", data={**same, "photo1": photo(), "alt1": "My knee"}).status_code == 303
    later = {**same, "text": f"{QUESTION} And my elbow too.", "photo1": photo(), "alt1": "My elbow"}
    assert client.post("/ask", data=later).status_code == 303
    assert [(one.question_id, one.alt) for one in stored(office)] == [(1, "My knee"), (2, "My elbow")]


def test_the_same_letter_from_another_form_keeps_no_more_photos_than_one_form_has(
    office: Office, client: FlaskClient
) -> None:
    for number in (1, 2, 3):
        shown = {f"photo{slot}": photo() for slot in range(1, number + 1)}
        assert (
            post(client, **shown, **{name.replace("photo", "alt"): f"No. {number}" for name in shown}).status_code
            == 303
        )
    assert [(one.question_id, one.slot, one.alt) for one in stored(office)] == [(1, n, "No. 3") for n in (1, 2, 3)]
