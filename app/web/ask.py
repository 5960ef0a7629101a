"""Asking: the form, the page that says "look in your mailbox", and the button that the mail leads to."""

import secrets
import time
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.letter import BadLetter, Letter, Problem
from app.domain.token import Genuine, Purpose
from app.store import people, questions
from app.usecases import asking
from app.web.pages import the_mailbag
from app.web.security import private

blueprint = Blueprint("ask", __name__)

FORM_LASTS = 7 * 24 * 60  # minutes
NO = ("", "no", "off", "false", "0", "private")  # a ticked box sends whatever its page says


@blueprint.get("/ask")
def form() -> Response:
    return _form(Letter(topic=request.args.get("topic", "")), {})


@blueprint.post("/ask")
def submit() -> Any:
    letter = Letter(
        public_name=request.form.get("public_name", ""),
        address=request.form.get("address", ""),
        topic=request.form.get("topic", ""),
        text=request.form.get("text", ""),
        consent=request.form.get("consent", "").strip().lower() not in NO,
        form_key=_fresh_key(request.form.get("form_key", "")),
    )
    try:
        if request.form.get("website") or not letter.form_key:
            return _form(letter, _problems(letter) | {"form_key": Problem.FORM_EXPIRED})
        asking.submit(the_mailbag(), letter)
    except BadLetter as error:
        return _form(letter, error.problems)
    return redirect(url_for("ask.posted"), 303)


def _problems(letter: Letter) -> dict[str, Problem]:
    try:
        asking.check(the_mailbag(), letter)
    except BadLetter as error:
        return error.problems
    return {}


def _form(letter: Letter, problems: dict[str, Problem]) -> Response:
    """The form with what was typed. A form with problems keeps its key, so that it still counts as one."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        topics = people.topics(tx)
    chosen = asking.find_topic(mailbag.column, letter.topic, topics)
    key = letter.form_key if letter.form_key and "form_key" not in problems else _new_key()
    page = render_template(
        "ask.html",
        letter=letter,
        topics=topics,
        chosen=chosen.slug if chosen else "",
        problems=problems,
        form_key=key,
    )
    response = make_response(page, 422 if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _new_key() -> str:
    """Signed, with the minute that it was made in, so that neither a cookie nor a row is needed."""
    minute = int(time.time()) // 60
    return the_mailbag().links.signer.mint(Purpose.FORM, minute << 32 | secrets.randbits(32))


def _fresh_key(text: str) -> str:
    """The key of a form that we rendered in the last days, in its one spelling; empty for any other text."""
    signer = the_mailbag().links.signer
    resolution = signer.resolve(Purpose.FORM, text)
    if not isinstance(resolution, Genuine):
        return ""
    age = int(time.time()) // 60 - (resolution.id >> 32)
    is_fresh = -5 <= age <= FORM_LASTS  # another host's clock may be a little ahead
    return signer.mint(Purpose.FORM, resolution.id) if is_fresh else ""


@blueprint.get("/ask/posted")
def posted() -> str:
    """The same page whoever asked, known or not."""
    return render_template("posted.html")


@blueprint.get("/confirm/<token>")
def confirmation(token: str) -> Response:
    """Opening this changes nothing: mail programs open every link to look for viruses."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        question = asking.letter_to_confirm(mailbag, tx, token)
        assert question.id is not None
        history = questions.history(tx, question.id)
        page = render_template("confirm.html", question=question, history=history, token=token)
    return private(make_response(page))


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> Any:
    asking.confirm(the_mailbag(), token)
    return redirect(url_for("ask.confirmation", token=token), 303)
