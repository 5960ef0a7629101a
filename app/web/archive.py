"""What readers read: the front page, a letter's page, and lists of letters by date, topic and expert."""

import calendar
import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from app.domain.event import Action
from app.domain.question import Question
from app.store import archive, people
from app.store.archive import Span
from app.store.base import Transaction
from app.web import pictures, plain, structured
from app.web.pages import the_mailbag

blueprint = Blueprint("archive", __name__)

FRONT_SIZE = 7  # the lead and two rows of three
PAGE_SIZE = 20
YEAR, MONTH, DAY = "<int(fixed_digits=4):year>", "<int(fixed_digits=2):month>", "<int(fixed_digits=2):day>"
_TAIL = re.compile(r"^(?:.*-)?([0-9a-z]{6,12})(\.md|\.json)?$")


@blueprint.get("/")
def front() -> str:
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=FRONT_SIZE)
        return render_template("front.html", page=page, total=archive.count(tx))


@blueprint.get("/<int:year>/<int:month>/<int:day>/<tail>")
def letter(tail: str, **_: int) -> Any:
    """The short id at the end finds the letter; every other spelling of its address leads to the one."""
    match = _TAIL.match(tail)
    if match is None:
        abort(404)
    with the_mailbag().database.read() as tx:
        question = archive.published(tx, match[1])
        if question is None:
            return _elsewhere(tx, match[1])
        suffix = match[2] or ""
        if request.path != question.path + suffix:
            return redirect(question.path + suffix, 301)
        if suffix:
            return plain.letter(question, suffix)
        slug = _slug_of(tx, question)
        expert = url_for("archive.expert", slug=slug) if slug else None
        assert question.answer is not None
        article = structured.article(question, structured.person(question.answer.expert, expert))
        picture = pictures.address(pictures.of_letter(question), "letter", question.public_id)
        article["image"] = the_mailbag().links.base_url + picture
        return render_template("letter.html", question=question, expert=expert, structured=article, picture=picture)


def _slug_of(tx: Transaction, question: Question) -> str | None:
    assert question.answer is not None
    return next((s for s, expert in archive.experts(tx).items() if expert is question.answer.expert), None)


def _elsewhere(tx: Transaction, public_id: str) -> Any:
    """What stands on another letter's page, or was withdrawn; the rest is nowhere."""
    first = archive.page_of_follow_up(tx, public_id)
    if first is not None:
        return redirect(f"{first.path}#{public_id}", 301)
    question = archive.withdrawn(tx, public_id)
    if question is None:
        abort(404)
    name = f"{Question.NOUN} {Action.WITHDRAW.past}"
    event = next((event for event in reversed(question.events) if event.name == name), None)
    return render_template("withdrawn.html", event=event), 410


@blueprint.get("/archive")
def older() -> str:
    before = request.args.get("before")
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=PAGE_SIZE, before=before)
        months = archive.months_with_counts(tx)
        return render_template(
            "archive.html",
            page=page,
            total=archive.count(tx),
            before=before,
            months=months,
            year=page.questions[0].published_on.year if page.questions and page.questions[0].published_on else None,
        )


@blueprint.get(f"/{YEAR}/")
def year(year: int) -> str:
    return _span(year, 1, 1, year, 12, 31)


@blueprint.get(f"/{YEAR}/{MONTH}/")
def month(year: int, month: int) -> str:
    if not (1 <= month <= 12 and year):
        abort(404)
    return _span(year, month, 1, year, month, calendar.monthrange(year, month)[1])


@blueprint.get(f"/{YEAR}/{MONTH}/{DAY}/")
def day(year: int, month: int, day: int) -> str:
    return _span(year, month, day, year, month, day)


def _span(*days: int) -> str:
    """A page of the letters from one day to another; a span without any has no page."""
    try:
        span = Span(date(*days[:3]), date(*days[3:]))
    except ValueError:
        abort(404)
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=PAGE_SIZE, before=request.args.get("before"), span=span)
        if not page.questions:
            abort(404)
        months = archive.months_with_counts(tx)
        return render_template("span.html", page=page, span=span, months=months, year=span.first.year)


@blueprint.get("/topics", strict_slashes=False)
def topics() -> Any:
    with the_mailbag().database.read() as tx:
        found = archive.topics_with_counts(tx)
        if not found:
            return render_template("topics_empty.html")
        return redirect(url_for("archive.topic", slug=found[0][0].slug))


@blueprint.get("/topics/<slug>/", strict_slashes=False)
def topic(slug: str) -> str:
    with the_mailbag().database.read() as tx:
        chosen = people.topic_by_slug(tx, slug)
        if chosen is None:
            abort(404)
        page = archive.newest(tx, size=PAGE_SIZE, before=request.args.get("before"), topic=chosen)
        topics, picture = archive.topics_with_counts(tx), pictures.address(pictures.of_topic(chosen), "topic", slug)
        return render_template("topic.html", topic=chosen, page=page, topics=topics, picture=picture)


@blueprint.get("/experts/")
def experts() -> str:
    with the_mailbag().database.read() as tx:
        return render_template("experts.html", experts=archive.experts(tx), letters=archive.letters_by_expert(tx))


@blueprint.get("/experts/<slug>/")
def expert(slug: str) -> str:
    with the_mailbag().database.read() as tx:
        chosen = archive.experts(tx).get(slug)
        if chosen is None:
            abort(404)
        page = archive.newest(tx, size=PAGE_SIZE, before=request.args.get("before"), expert=chosen)
        total = archive.letters_by_expert(tx)[chosen.id or 0]
        facts = {
            "@context": "https://schema.org",
            "@type": "ProfilePage",
            "mainEntity": structured.person(chosen, request.path),
        }
        return render_template("expert.html", expert=chosen, slug=slug, page=page, total=total, structured=facts)


@blueprint.get("/about")
def about() -> str:
    with the_mailbag().database.read() as tx:
        return render_template(
            "about.html",
            experts=archive.experts(tx),
            topics=archive.topics_with_counts(tx),
            months=archive.months_with_counts(tx),
        )


@blueprint.get("/robots.txt")
def robots() -> Response:
    """The desk and the post office are nobody's to find; a search page is made anew for every word."""
    lines = ["User-agent: *", "Disallow: /desk/", "Disallow: /mailbox", "Disallow: /confirm/", "Disallow: /search"]
    lines += ["Disallow: /subscribe/", "Disallow: /preferences/", "Disallow: /unsubscribe/", "Disallow: /move/", ""]
    lines.append(f"Sitemap: {the_mailbag().links.base_url}/sitemap.xml")
    return Response("\n".join([*lines, ""]), mimetype="text/plain")
