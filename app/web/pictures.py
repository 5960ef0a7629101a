"""Pictures that pages name. Their addresses carry a digest, so that a browser may keep them for ever."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request, url_for

from app.domain.letter import opening
from app.domain.people import Topic
from app.domain.question import Question
from app.store import archive, people
from app.web.drawing import LONGEST, VERSION, Card, draw, face
from app.web.pages import the_mailbag
from app.web.theming import the_theme

blueprint = Blueprint("pictures", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


@blueprint.record_once
def _prepare(state: Any) -> None:
    state.app.jinja_env.globals["picture_of_column"] = lambda: address(of_column(), "column")


@blueprint.get("/portraits/<digest>.webp")
def portrait(digest: str) -> Response:
    with the_mailbag().database.read() as tx:
        picture = people.portrait(tx, digest) or abort(404)
    return _for_ever(Response(picture, mimetype="image/webp"))


def _for_ever(response: Response) -> Response:
    response.headers["Cache-Control"] = FOR_EVER
    return response


@blueprint.get("/pictures/letter/<key>/<digest>.png")
def letter(key: str, digest: str) -> Any:
    with the_mailbag().database.read() as tx:
        question = archive.published(tx, key) or abort(404)
        return _drawn(of_letter(question), digest, letter, key)


@blueprint.get("/pictures/topic/<key>/<digest>.png")
def topic(key: str, digest: str) -> Any:
    with the_mailbag().database.read() as tx:
        chosen = people.topic_by_slug(tx, key) or abort(404)
        return _drawn(of_topic(chosen), digest, topic, key)


@blueprint.get("/pictures/column/<digest>.png")
def column(digest: str) -> Any:
    return _drawn(of_column(), digest, column, None)


def of_letter(question: Question) -> Card:
    below = f"{question.public_name} · {question.topic.name} · {the_mailbag().column.print_date(_day(question))}"
    return _card(f"“{opening(question.text, LONGEST)}”", below)


def of_topic(chosen: Topic) -> Card:
    return _card(chosen.name, the_mailbag().column.tagline)


def of_column() -> Card:
    mailbag = the_mailbag()
    return _card(mailbag.column.tagline, urlsplit(mailbag.links.base_url).netloc)


def address(card: Card, kind: str, key: str | None = None) -> str:
    """Another one as soon as anything on the picture changes; without the column's base address."""
    return url_for(f"pictures.{kind}", key=key, digest=_digest(card))


def _day(question: Question) -> date:
    assert question.published_on is not None
    return question.published_on


def _card(words: str, below: str) -> Card:
    colours, name = the_theme().light, the_mailbag().column.title
    paper, ink, soft = colours["paper"], colours["ink"], colours["soft"]
    return Card(name, words, below, paper, ink, soft, colours["accent"], colours["accent-2"])


def _digest(card: Card) -> str:
    return hashlib.sha256(f"{VERSION} {face()} {card}".encode()).hexdigest()[:16]


def _drawn(card: Card, digest: str, view: Callable[..., Any], key: str | None) -> Any:
    """Of an older address the reader is led to the present one: another picture must not be kept under it."""
    if digest != _digest(card):
        return redirect(address(card, view.__name__, key), 302)
    response = _for_ever(Response(draw(card), mimetype="image/png"))
    response.set_etag(digest)
    return response.make_conditional(request)
