"""Asking: the form, the page that says "look in your mailbox", and the button that the mail leads to."""

import re
import secrets
import time
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.letter import BadLetter, Letter, Naming, Problem, clean_text
from app.domain.token import Genuine, Purpose
from app.store import people, questions
from app.store.similar import MOST as MOST_SIMILAR
from app.usecases import asking
from app.usecases.asking import LookedOver
from app.web.enclosed import SLOTS, enclosed, take_in
from app.web.pages import the_mailbag
from app.web.security import private

blueprint = Blueprint("ask", __name__)

FORM_LASTS = 7 * 24 * 60 * 60  # seconds
NO = ("", "no", "off", "false", "0", "private")  # a ticked box sends whatever its page says


@blueprint.get("/ask")
def form() -> Response:
    return _form(Letter(topic=request.args.get("topic", ""), naming=Naming.NAME), {})


@blueprint.post("/ask")
def submit() -> Any:
    """Stored at once where there is nothing to look at; else after a page that shows the letter as it will stand."""
    letter = read_letter()
    if request.form.get("step") == "change":
        return _form(letter, {})
    if request.form.get("website") or not letter.form_key:
        return _form(letter, _problems(letter) | {"form_key": Problem.FORM_EXPIRED})
    if problems := _problems(letter) | take_in(letter.form_key):
        return _form(letter, problems)
    looked = asking.look_over(the_mailbag(), letter)
    if _is_worth_a_look(looked, letter):
        return _preview(letter, looked)
    try:
        asking.submit(the_mailbag(), letter)
    except BadLetter as error:
        return _form(letter, error.problems)
    return redirect(url_for("ask.posted"), 303)


def read_letter() -> Letter:
    """What was typed. A program that knows no names for the choices may leave them out."""
    typed = request.form
    naming = typed.get("naming", "")
    return Letter(
        public_name=typed.get("public_name", ""),
        naming=Naming(naming) if naming in set(Naming) else Naming.UNSAID,
        address=typed.get("address", ""),
        topic=typed.get("topic", ""),
        text=typed.get("text", ""),
        consent=typed.get("consent", "").strip().lower() not in NO,
        form_key=_fresh_key(typed.get("form_key", "")),
        unlike=_unlike(typed.get("similar", "")) if "different" in typed else (),
    )


def _unlike(ids: str) -> tuple[str, ...]:
    return tuple(one for one in ids.split()[:MOST_SIMILAR] if re.fullmatch("[0-9a-z]{6,12}", one))


def _is_worth_a_look(looked: LookedOver, letter: Letter) -> bool:
    """She has not seen yet what gives her away, or which letters ask the same."""
    if request.form.get("seen") == looked.mark:
        return False
    has_new_likeness = not {one.public_id for one in looked.similar} <= set(letter.unlike)
    return bool(looked.telltales) or has_new_likeness


def _preview(letter: Letter, looked: LookedOver) -> Response:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        topic = asking.find_topic(mailbag.column, letter.topic, people.topics(tx))
    text = clean_text(letter.text)
    page = render_template(
        "preview.html", letter=letter, text=text, topic=topic, looked=looked, photos=enclosed(letter.form_key)
    )
    return _unkept(make_response(page))


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
        seen=request.form.get("seen", "")[:16],
        similar=_unlike(request.form.get("similar", "")),
        photos=enclosed(letter.form_key),
        slots=SLOTS,
    )
    return _unkept(make_response(page, 422 if problems else 200))


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _new_key() -> str:
    """Signed, with the second that it was made in, so that neither a cookie nor a row is needed."""
    return the_mailbag().links.signer.mint(Purpose.FORM, int(time.time()) << 32 | secrets.randbits(32))


def _fresh_key(text: str) -> str:
    """The key of a form that we rendered in the last days, in its one spelling; empty for any other text."""
    signer = the_mailbag().links.signer
    resolution = signer.resolve(Purpose.FORM, text)
    if not isinstance(resolution, Genuine):
        return ""
    age = int(time.time()) - (resolution.id >> 32)
    is_fresh = -300 <= age <= FORM_LASTS  # another host's clock may be a little ahead
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
