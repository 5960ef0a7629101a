"""What a subscriber changes by the secret link of her mails. GET shows, POST acts."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from app.domain.letter import Problem
from app.domain.mail import DeliveryState
from app.mail.address import BadAddress
from app.store import digest
from app.usecases import choosing, preferring, suppressing
from app.usecases.asking import problem_of
from app.web.pages import the_mailbag
from app.web.security import private
from app.web.subscribe import ticked_in

blueprint = Blueprint("preferences", __name__)

SAID = ("saved", "past", "asked", "back")
MOST_ISSUES = 12
NEVER_SENT = (DeliveryState.SUPPRESSED, DeliveryState.FAILED)


@blueprint.after_request
def keep_private(response: Response) -> Response:
    return private(response)


@blueprint.get("/preferences/<token>")
def page(token: str) -> str:
    return _page(token)


def _page(token: str, typed: str = "", problems: dict[str, Problem] | None = None) -> str:
    mailbag = the_mailbag()
    said = request.args.get("said")
    with mailbag.database.read() as tx:
        subscriber = preferring.behind(mailbag, tx, token)
        assert subscriber.id is not None
        return render_template(
            "preferences.html",
            subscriber=subscriber,
            choice=subscriber.choice,
            offered=choosing.offered(tx),
            letters=subscriber.questions,
            copies=[copy for copy in digest.copies_of(tx, subscriber.id) if copy.state not in NEVER_SENT][:MOST_ISSUES],
            is_suppressed=suppressing.is_suppressed(mailbag, tx, subscriber.address),
            token=token,
            said=said if said in SAID else "",
            typed=typed,
            problems=problems or {},
        )


def _back(token: str, said: str = "") -> Any:
    return redirect(url_for("preferences.page", token=token, said=said or None), 303)


@blueprint.post("/preferences/<token>")
def save(token: str) -> Any:
    mailbag, ticked = the_mailbag(), ticked_in(request.form)
    if ticked.is_nothing:
        return _page(token, problems={"what": Problem.NOTHING_TICKED}), 422
    with mailbag.database.read() as tx:
        choice = choosing.choice_of(tx, ticked)
    pause = _day(request.form.get("pause", ""))
    preferring.prefer(mailbag, token, choice, paused_until=pause)
    is_over = pause is not None and pause <= mailbag.column.day(mailbag.clock())
    return _back(token, "past" if is_over else "saved")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@blueprint.post("/preferences/<token>/leave")
def leave(token: str) -> Any:
    preferring.leave(the_mailbag(), token)
    return _back(token)


@blueprint.post("/preferences/<token>/again")
def come_back(token: str) -> Any:
    preferring.come_back(the_mailbag(), token)
    return _back(token, "back")


@blueprint.post("/preferences/<token>/address")
def move(token: str) -> Any:
    typed = request.form.get("address", "")
    try:
        preferring.ask_to_move(the_mailbag(), token, typed)
    except BadAddress as error:
        return _page(token, typed, {"address": problem_of(error)}), 422
    return _back(token, "asked")


@blueprint.get("/preferences/<token>/forget")
def forgetting(token: str) -> str:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        return render_template("forget.html", subscriber=preferring.behind(mailbag, tx, token), token=token)


@blueprint.post("/preferences/<token>/forget")
def forget(token: str) -> str:
    """No redirect: there is no page of hers any more."""
    preferring.forget(the_mailbag(), token)
    return render_template("forget.html", subscriber=None)


# Another address: a button in the mail to the one, then in the mail to the other.


@blueprint.get("/move/<token>")
def moving(token: str) -> str:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        move = preferring.move_behind(mailbag, tx, token)
        return render_template("move.html", move=move, is_first=move.delivery.kind == "move-from", token=token)


@blueprint.post("/move/<token>")
def agree_to_move(token: str) -> Any:
    preferring.agree_to_move(the_mailbag(), token)
    return redirect(url_for("preferences.moving", token=token), 303)
