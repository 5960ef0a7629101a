"""Pages that only the folder has: its search, what stands where nothing does, and where nobody answers any more."""

from flask import Blueprint, render_template

blueprint = Blueprint("frozen", __name__)


@blueprint.get("/frozen/search")
def search() -> str:
    return render_template("frozen/search.html")


@blueprint.get("/frozen/404")
def not_found() -> str:
    return render_template("error.html", code=404, problem="")


@blueprint.get("/frozen/closed")
def closed() -> str:
    return render_template("frozen/closed.html")
