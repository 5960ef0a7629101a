"""What readers read: the front page, a letter's page, topics, and everything that came before."""

import re
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from app.store import archive, people
from app.web.pages import the_mailbag

blueprint = Blueprint("archive", __name__)

FRONT_SIZE = 7  # the lead and two rows of three
PAGE_SIZE = 20
_TAIL = re.compile(r"^(?:.*-)?([0-9a-z]{6,12})$")


@blueprint.get("/")
def front() -> str:
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=FRONT_SIZE)
        return render_template("front.html", page=page, total=archive.count(tx))


@blueprint.get("/<int:year>/<int:month>/<int:day>/<tail>")
def letter(tail: str, **_: int) -> Any:
    """The short id at the end finds the letter; every other spelling of its address leads to the one."""
    match = _TAIL.match(tail)
    with the_mailbag().database.read() as tx:
        question = archive.published(tx, match[1]) if match else None
        if question is None:
            abort(404)
        if request.path != question.path:
            return redirect(question.path, 301)
        return render_template("letter.html", question=question)


@blueprint.get("/archive")
def older() -> str:
    before = request.args.get("before")
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=PAGE_SIZE, before=before)
        return render_template("archive.html", page=page, total=archive.count(tx), before=before)


@blueprint.get("/topics")
def topics() -> Any:
    with the_mailbag().database.read() as tx:
        found = archive.topics_with_counts(tx)
        if not found:
            return render_template("topics_empty.html")
        return redirect(url_for("archive.topic", slug=found[0][0].slug))


@blueprint.get("/topics/<slug>")
def topic(slug: str) -> str:
    with the_mailbag().database.read() as tx:
        chosen = people.topic_by_slug(tx, slug)
        if chosen is None:
            abort(404)
        page = archive.newest(tx, size=PAGE_SIZE, before=request.args.get("before"), topic=chosen)
        return render_template("topic.html", topic=chosen, page=page, topics=archive.topics_with_counts(tx))
