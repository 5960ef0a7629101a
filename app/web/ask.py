"""Asking: the form, and the look at the letter before it is posted."""

import re
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.letter import BadLetter, Letter, Naming, Problem, clean_text
from app.domain.suspicion import Doubt
from app.store import people
from app.store.similar import MOST as MOST_SIMILAR
from app.usecases import asking, guarding
from app.usecases.asking import LookedOver
from app.web import work
from app.web.enclosed import SLOTS, enclosed, take_in
from app.web.formkey import fresh_key, new_key, seconds_since
from app.web.origin import is_too_fast, origin
from app.web.pages import the_mailbag

blueprint = Blueprint("ask", __name__)

NO = ("", "no", "off", "false", "0", "private")  # a ticked box sends whatever its page says


@blueprint.get("/ask")
def form() -> Response:
    return _form(Letter(topic=request.args.get("topic", ""), naming=Naming.NAME), {})


@blueprint.post("/ask")
def submit() -> Any:
    """Stored at once where there is nothing to look at; else after a page that shows the letter as it will stand."""
    letter = read_letter()
    if is_too_fast("posts"):
        return _form(letter, {"form_key": Problem.TOO_FAST_FROM_HERE}, 429)
    if request.form.get("step") == "change":
        return _form(letter, {})
    if problems := _what_is_wrong(letter):
        return _form(letter, problems)
    return _look_over_and_post(letter)


def _what_is_wrong(letter: Letter) -> dict[str, Problem]:
    if request.form.get("website") or not letter.form_key:
        return _problems(letter) | {"form_key": Problem.FORM_EXPIRED}
    return _problems(letter) | take_in(letter.form_key)


def _look_over_and_post(letter: Letter) -> Any:
    looked = asking.look_over(the_mailbag(), letter)
    suspicion = guarding.suspect(the_mailbag(), origin(), letter.text, seconds_since(letter.form_key))
    is_worked = work.is_done(request.form.get("altcha", ""), letter.form_key, looked.mark)
    doubts = () if is_worked else suspicion.doubts
    if _is_worth_a_look(looked, letter) or (doubts and not _is_seen(looked)):
        return _preview(letter, looked, is_doubtful=bool(doubts))
    if suspicion.is_a_flood and not is_worked:
        return _form(letter, {"form_key": Problem.TOO_FAST_FROM_HERE}, 429)
    return _post(letter, doubts)


def _post(letter: Letter, doubts: tuple[Doubt, ...]) -> Any:
    try:
        asking.submit(the_mailbag(), letter, origin(), doubts)
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
        form_key=fresh_key(typed.get("form_key", "")),
        unlike=_unlike(typed.get("similar", "")) if "different" in typed else (),
    )


def _unlike(ids: str) -> tuple[str, ...]:
    return tuple(one for one in ids.split()[:MOST_SIMILAR] if re.fullmatch("[0-9a-z]{6,12}", one))


def _is_worth_a_look(looked: LookedOver, letter: Letter) -> bool:
    """She has not seen yet what gives her away, or which letters ask the same."""
    if _is_seen(looked):
        return False
    has_new_likeness = not {one.public_id for one in looked.similar} <= set(letter.unlike)
    return bool(looked.telltales) or has_new_likeness


def _is_seen(looked: LookedOver) -> bool:
    return request.form.get("seen") == looked.mark


def _preview(letter: Letter, looked: LookedOver, *, is_doubtful: bool) -> Response:
    """Where it may be a robot's, the page has work for its script; without one an editor looks at the letter first."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        topic = asking.find_topic(mailbag.column, letter.topic, people.topics(tx))
    text = clean_text(letter.text)
    page = render_template(
        "preview.html",
        letter=letter,
        text=text,
        topic=topic,
        looked=looked,
        photos=enclosed(letter.form_key),
        challenge=work.challenge(letter.form_key, looked.mark) if is_doubtful else "",
    )
    return _unkept(make_response(page))


def _problems(letter: Letter) -> dict[str, Problem]:
    try:
        asking.check(the_mailbag(), letter)
    except BadLetter as error:
        return error.problems
    return {}


def _form(letter: Letter, problems: dict[str, Problem], status: int = 422) -> Response:
    """The form with what was typed. A form with problems keeps its key, so that it still counts as one."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        topics = people.topics(tx)
    chosen = asking.find_topic(mailbag.column, letter.topic, topics)
    key = letter.form_key if letter.form_key and problems.get("form_key") is not Problem.FORM_EXPIRED else new_key()
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
    return _unkept(make_response(page, status if problems else 200))


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
