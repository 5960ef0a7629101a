"""Is it up? For whoever runs it."""

from typing import Any

from flask import Blueprint, jsonify

from app.store.migrations import is_current
from app.web.pages import the_mailbag

blueprint = Blueprint("status", __name__)


@blueprint.get("/healthz")
def healthz() -> Any:
    """200 when the database answers and has this program's schema, else 503."""
    database = the_mailbag().database
    is_up = database.is_up() and is_current(database.engine)
    response = jsonify(status="up" if is_up else "down")
    response.headers["Cache-Control"] = "no-store"
    return response, 200 if is_up else 503
