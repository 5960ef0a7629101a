"""Leaving: a page with a button, and the one click of a mail program (RFC 8058). GET shows, POST acts."""

from flask import Blueprint, Response, make_response, render_template, request

from app.usecases import unsubscribing
from app.web.pages import the_mailbag
from app.web.security import private
from app.web.subscribe import own_page

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/unsubscribe/<token>")
def page(token: str) -> Response:
    """Opening this changes nothing: mail programs open every link to look for viruses."""
    return _page(token)


@blueprint.post("/unsubscribe/<token>")
def leave(token: str) -> Response:
    """Whoever posts here has the mail, and that is all it takes: no cookie, no key, no question, no redirect.

    A mail program posts from elsewhere, so this is the one form that may come from another site.
    """
    is_one_click = request.form.get("List-Unsubscribe", "").lower() == "one-click"
    unsubscribing.leave(the_mailbag(), token, how="one-click" if is_one_click else "link")
    return _page(token)


def _page(token: str) -> Response:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        subscriber = unsubscribing.behind(mailbag, tx, token)
        is_known = subscriber is not None and subscriber.left_because != "erased"
        preferences = own_page(subscriber) if is_known else ""
        page = render_template("unsubscribe.html", subscriber=subscriber, token=token, preferences=preferences)
    return private(make_response(page))
