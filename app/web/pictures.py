"""Pictures that pages name. Their addresses carry a digest, so that a browser may keep them for ever."""

from flask import Blueprint, Response, abort

from app.store import people
from app.web.pages import the_mailbag

blueprint = Blueprint("pictures", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


@blueprint.get("/portraits/<digest>.webp")
def portrait(digest: str) -> Response:
    with the_mailbag().database.read() as tx:
        picture = people.portrait(tx, digest) or abort(404)
    return _for_ever(Response(picture, mimetype="image/webp"))


def _for_ever(response: Response) -> Response:
    response.headers["Cache-Control"] = FOR_EVER
    return response
