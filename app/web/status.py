"""Is it up? For whoever runs it."""

from typing import Any

from flask import Blueprint, jsonify

from app.store.migrations import is_current
from app.usecases.watching import is_late
from app.web.pages import the_mailbag

blueprint = Blueprint("status", __name__)


@blueprint.get("/healthz")
def healthz() -> Any:
    """200 when the database answers and has this program's schema, else 503.

    `fetching` says whether mail is fetched in time; its status stays 200, since a new web process would mend nothing.
    """
    database = the_mailbag().database
    is_up = database.is_up() and is_current(database.engine)
    fetching = ("late" if is_late(the_mailbag()) else "in time") if is_up else "unknown"
    response = jsonify(status="up" if is_up else "down", fetching=fetching)
    response.headers["Cache-Control"] = "no-store"
    return response, 200 if is_up else 503
