"""Photos: with the letter once an editor approved them, and before that on the desk alone."""

from flask import Blueprint, Response, abort

from app.domain.photo import Photo
from app.store import photos
from app.usecases import photographing
from app.web.desk import act, the_editor
from app.web.desk import blueprint as desk
from app.web.pages import the_mailbag

blueprint = Blueprint("photos", __name__)


@blueprint.get("/photos/<public_id>.jpg")
def large(public_id: str) -> Response:
    with the_mailbag().database.read() as tx:
        return _jpeg(_printed(photos.printed(tx, public_id)).large)


@blueprint.get("/photos/small/<public_id>.jpg")
def small(public_id: str) -> Response:
    with the_mailbag().database.read() as tx:
        return _jpeg(_printed(photos.printed(tx, public_id)).small)


def _printed(photo: Photo | None) -> Photo:
    """One that waits for an editor answers like one that never was."""
    return photo or abort(404)


def _jpeg(content: bytes) -> Response:
    return Response(content, mimetype="image/jpeg")


@desk.get("/photos/<int(max=2147483647):photo_id>.jpg")
def on_the_desk(photo_id: int) -> Response:
    with the_mailbag().database.read() as tx:
        photo = photos.by_id(tx, photo_id) or abort(404)
        return _jpeg(photo.large if photo.question_id else abort(404))


@act("/photos/<int(max=2147483647):photo_id>/approve", "photo-approved")
def approve_photo(photo_id: int) -> None:
    photographing.approve(the_mailbag(), photo_id, by=the_editor().name)


@act("/photos/<int(max=2147483647):photo_id>/remove", "photo-removed")
def remove_photo(photo_id: int) -> None:
    photographing.refuse(the_mailbag(), photo_id, by=the_editor().name)
