"""Subscribing: the form, the page that says "look in your mailbox", and the button that the mail leads to.

The small forms of all other pages post here too. They carry no key and need no cookie: what they post is a wish, which
does nothing before somebody presses a button in her own mailbox.
"""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.domain.letter import Problem
from app.domain.subscription import Subscriber
from app.domain.token import Purpose
from app.mail.address import BadAddress
from app.store import subscribers
from app.usecases import choosing, guarding, subscribing
from app.usecases.asking import problem_of
from app.usecases.choosing import Ticked
from app.web.origin import is_too_fast, origin
from app.web.pages import the_mailbag
from app.web.security import private

blueprint = Blueprint("subscribe", __name__)


@blueprint.get("/subscribe")
def form() -> Response:
    return _form(ticked_in(request.args), "", {})


@blueprint.post("/subscribe")
def submit() -> Any:
    """The same answer, after the same work, for an address that is new, known, or must not be written to."""
    mailbag, ticked, typed = the_mailbag(), ticked_in(request.form), request.form.get("address", "")
    if request.form.get("website"):  # people do not see that field
        return _form(ticked, typed, {"form_key": Problem.FORM_EXPIRED})
    if is_too_fast("posts") or guarding.are_too_many_wishes(mailbag, origin()):
        return _form(ticked, typed, {"form_key": Problem.TOO_MANY_FROM_HERE}, 429)
    if ticked.is_nothing:
        return _form(ticked, typed, {"what": Problem.NOTHING_TICKED})
    with mailbag.database.read() as tx:
        choice = choosing.choice_of(tx, ticked)
    try:
        subscribing.wish(mailbag, typed, choice, origin())
    except BadAddress as error:
        return _form(ticked, typed, {"address": problem_of(error)})
    return redirect(url_for("subscribe.sent"), 303)


def ticked_in(fields: MultiDict[str, str]) -> Ticked:
    return Ticked(
        frequency=fields.get("frequency", ""),
        what=fields.get("what", ""),
        had=fields.get("had", ""),
        topics=tuple(fields.getlist("topic")),
        experts=tuple(fields.getlist("expert")),
        letters=tuple(fields.getlist("letter")),
    )


def _form(ticked: Ticked, typed: str, problems: dict[str, Problem], status: int = 422) -> Response:
    with the_mailbag().database.read() as tx:
        choice = choosing.choice_of(tx, ticked)
        page = render_template(
            "subscribe.html",
            offered=choosing.offered(tx),
            choice=choice,
            letters=subscribers.printed(tx, choice.questions),
            typed=typed,
            problems=problems,
        )
    response = make_response(page, status if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/subscribe/sent")
def sent() -> str:
    """The same page for every address."""
    return render_template("subscribe_sent.html")


@blueprint.get("/subscribe/<token>")
def confirmation(token: str) -> Response:
    """Opening this changes nothing: mail programs open every link to look for viruses."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        asked = subscribing.behind(mailbag, tx, token)
        named = subscribing.names(tx, asked.choice)
        page = render_template(
            "subscribe_confirm.html",
            asked=asked,
            choice=asked.choice,
            token=token,
            preferences=own_page(asked.subscriber),
            **named,
        )
    return private(make_response(page))


def own_page(subscriber: Subscriber | None) -> str:
    """The path of a subscriber's preferences, for whoever came by a link of hers; empty where she has none."""
    if subscriber is None or subscriber.id is None or subscriber.confirmed_at is None:
        return ""
    token = the_mailbag().links.signer.mint(Purpose.PREFERENCES, subscriber.id)
    return url_for("preferences.page", token=token)


@blueprint.post("/subscribe/<token>")
def confirm(token: str) -> Any:
    subscribing.confirm(the_mailbag(), token)
    return redirect(url_for("subscribe.confirmation", token=token), 303)
