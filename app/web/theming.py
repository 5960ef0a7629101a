"""The column's theme on its pages: templates that come before ours, the sheet after ours, the logo in the nameplate."""

from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, url_for
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup

from app.domain.theme import Theme

blueprint = Blueprint("theming", __name__)


def the_theme(app: Flask | None = None) -> Theme:
    theme = (app or current_app).extensions["mailbag_theme"]
    assert isinstance(theme, Theme)
    return theme


def prepare(app: Flask, theme: Theme, templates: Path) -> None:
    """A template of the theme's may say {% extends "original/letter.html" %}: ours, below its own."""
    app.extensions["mailbag_theme"] = theme
    app.register_blueprint(blueprint)
    if theme.templates is not None:
        ours = FileSystemLoader(templates)
        app.jinja_loader = ChoiceLoader(
            [FileSystemLoader(theme.templates / "web"), ours, PrefixLoader({"original": ours})]
        )
    app.jinja_env.globals.update(logo=Markup(theme.logo), theme_url=_url if theme.css else None)  # noqa: S704 - the operator's own


def _url() -> str:
    return url_for("theming.sheet", digest=the_theme().digest)


@blueprint.get("/theme/<digest>.css")
def sheet(digest: str) -> Response:
    theme = the_theme()
    if not theme.css or digest != theme.digest:
        abort(404)
    response = Response(theme.css, mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
