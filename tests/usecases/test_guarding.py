"""Counting where letters come from, and keeping their photos, on both databases."""

from app.domain.suspicion import Doubt, Origin
from app.store import photos
from app.usecases import asking, guarding, photographing
from tests.mail.test_picture import camera_file
from tests.office import Office

HERE = Origin("1.2.3.4", "1.2.3.0/24")
NEXT_DOOR = Origin("1.2.3.5", "1.2.3.0/24")


def test_letters_are_counted_by_host_and_network_for_an_hour(office: Office) -> None:
    for number in range(6):
        letter = office.letter(
            form_key=f"{number}", text=f"My knee creaks, letter {number}.", address=f"a{number}@b.example"
        )
        asking.submit(office.mailbag, letter, HERE)
    assert guarding.suspect(office.mailbag, HERE, "", 60).doubts == (Doubt.OFTEN,)
    assert guarding.suspect(office.mailbag, NEXT_DOOR, "", 60).doubts == ()
    assert guarding.suspect(office.mailbag, Origin(), "", 60).doubts == ()
    office.clock.pass_by(hours=2)
    assert guarding.suspect(office.mailbag, HERE, "", 60).doubts == ()
    guarding.forget(office.mailbag, office.clock())


def test_a_photo_goes_with_its_letter(office: Office) -> None:
    key = office.letter().form_key
    for content in (camera_file(), camera_file("PNG")):
        assert photographing.keep(office.mailbag, key, 1, content) is None
    photographing.describe(office.mailbag, key, {1: " My\nknee "})
    question = office.ask()
    office.receive(office.reply())
    with office.mailbag.database.read() as tx:
        assert photos.of_form(tx, key) == []
        (photo,) = asking.questions.by_id(tx, question.id or 0).photos  # type: ignore[union-attr]
        assert (photo.alt, photos.printed(tx, photo.public_id)) == ("My knee", None)
    photographing.approve(office.mailbag, photo.id or 0, by="Anna")
    with office.mailbag.database.read() as tx:
        found = photos.printed(tx, photo.public_id)
        assert found is not None
        assert found.large.startswith(b"\xff\xd8")
    photographing.refuse(office.mailbag, photo.id or 0, by="Anna")
    with office.mailbag.database.read() as tx:
        assert photos.printed(tx, photo.public_id) is None
    assert photographing.clear_away(office.mailbag, office.clock()) == 0
