"""Lists of letters for programs: Atom (RFC 4287), JSON Feed 1.1, Markdown and JSON; and the sitemap."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request, url_for

from app.domain.letter import opening
from app.domain.question import Question
from app.store import archive, people
from app.store.archive import Page, Span
from app.store.base import Transaction
from app.web import plain, search
from app.web.pages import letter_as_html, persona_of, the_mailbag

blueprint = Blueprint("feeds", __name__)

SIZE = 20
FORM = '<any("feed.atom", "feed.json", "index.md", "index.json"):form>'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


@dataclass(frozen=True)
class Feed:
    """Letters under one title; `home` is the path of the page that shows the same ones."""

    title: str
    home: str
    page: Page

    @property
    def next(self) -> str | None:
        """The address of the older ones, in the same form."""
        if self.page.older is None:
            return None
        return f"{the_mailbag().links.base_url}{request.path}?{_query(before=self.page.older)}"

    @property
    def updated(self) -> str:
        """When the newest change of any letter in it was printed."""
        return max((changed_at(question) for question in self.page.questions), default="1970-01-01T00:00:00+00:00")


def without_controls(text: str) -> str:
    return _NOT_XML.sub("", text)


def _query(**more: str) -> str:
    """What this address asks, but for its place among pages, and something more."""
    asked = {name: value for name, value in request.args.items() if name != "before"}
    return urlencode({**asked, **more})


def changed_at(question: Question) -> str:
    return question.changed_at.isoformat(timespec="seconds")


def tag_of(question: Question) -> str:
    """A name that stays when the address changes (RFC 4151)."""
    assert question.published_at is not None
    host = the_mailbag().links.mail_domain
    return f"tag:{host},{question.published_at:%Y-%m-%d}:{question.public_id}"


def as_atom(feed: Feed) -> Response:
    text = render_template("feed.xml", feed=feed, tag_of=tag_of, changed_at=changed_at)
    return Response(without_controls(text), content_type="application/atom+xml; charset=utf-8")


def as_json_feed(feed: Feed) -> Response:
    base = the_mailbag().links.base_url
    fields: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": base + feed.home,
        "feed_url": base + request.full_path.rstrip("?"),
        "description": the_mailbag().column.tagline,
        "language": the_mailbag().language.tag,
        "items": [_item(question) for question in feed.page.questions],
    }
    if feed.next:
        fields["next_url"] = feed.next
    response = jsonify(fields)
    response.content_type = "application/feed+json; charset=utf-8"
    return response


def _item(question: Question) -> dict[str, Any]:
    assert question.published_at is not None
    return {
        "id": tag_of(question),
        "url": the_mailbag().links.page(question),
        "title": opening(question.text),
        "content_html": letter_as_html(question),
        "date_published": question.published_at.isoformat(timespec="seconds"),
        "date_modified": changed_at(question),
        "authors": [{"name": persona_of(question)}],
        "tags": [question.topic.name],
    }


def as_markdown(feed: Feed) -> Response:
    return Response("\n".join(map(plain.as_markdown, feed.page.questions)), mimetype="text/markdown")


def as_json(feed: Feed) -> Response:
    return jsonify(title=feed.title, letters=[plain.as_json(q) for q in feed.page.questions], next=feed.next)


_FORMS: dict[str, Callable[[Feed], Response]] = {
    "feed.atom": as_atom,
    "feed.json": as_json_feed,
    "index.md": as_markdown,
    "index.json": as_json,
}


def _respond(form: str, title: str, home: str, page: Page) -> Response:
    name = the_mailbag().column.title
    return _FORMS[form](Feed(f"{name}: {title}" if title else name, home, page))


def _page(tx: Transaction, **chosen: Any) -> Page:
    return archive.newest(tx, size=SIZE, before=request.args.get("before"), **chosen)


@blueprint.get(f"/{FORM}")
def everything(form: str) -> Response:
    with the_mailbag().database.read() as tx:
        return _respond(form, "", url_for("archive.front"), _page(tx))


@blueprint.get(f"/topics/<slug>/{FORM}")
def topic(slug: str, form: str) -> Response:
    with the_mailbag().database.read() as tx:
        chosen = people.topic_by_slug(tx, slug)
        if chosen is None:
            abort(404)
        return _respond(form, chosen.name, url_for("archive.topic", slug=slug), _page(tx, topic=chosen))


@blueprint.get(f"/experts/<slug>/{FORM}")
def expert(slug: str, form: str) -> Response:
    with the_mailbag().database.read() as tx:
        chosen = archive.experts(tx).get(slug)
        if chosen is None:
            abort(404)
        return _respond(form, chosen.public_name, url_for("archive.expert", slug=slug), _page(tx, expert=chosen))


@blueprint.get(f"/<int(fixed_digits=4):year>/{FORM}")
def year(year: int, form: str) -> Response:
    span = _year(year)
    with the_mailbag().database.read() as tx:
        return _respond(form, str(year), url_for("archive.year", year=year), _page(tx, span=span))


@blueprint.get(f"/search/{FORM}")
def found(form: str) -> Response:
    """The newest letters that a search finds."""
    with the_mailbag().database.read() as tx:
        asked = {**search.read_arguments(tx), "newest": True}
        hits = search.find(tx, asked, after=request.args.get("before"), size=SIZE)
        home = f"{url_for('search.results')}?{_query(order='newest')}"
        return _respond(form, asked["query"], home, Page(hits.hits, hits.next))


def _year(number: int) -> Span:
    if number == 0:
        abort(404)
    return Span(date(number, 1, 1), date(number, 12, 31))


# The sitemap (sitemaps.org): a part for the pages that list letters, and one for the letters of each year.


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    with the_mailbag().database.read() as tx:
        years = sorted({year for year, _, _ in archive.months_with_counts(tx)}, reverse=True)
    return _xml(render_template("sitemap.xml", years=years))


@blueprint.get("/sitemap/pages.xml")
def sitemap_of_pages() -> Response:
    with the_mailbag().database.read() as tx:
        paths = [url_for("archive.front"), url_for("archive.older"), url_for("archive.about")]
        paths += [url_for("subscribe.form"), url_for("issues.issues")]
        paths += [url_for("archive.topic", slug=topic.slug) for topic, _ in archive.topics_with_counts(tx)]
        paths += [url_for("archive.expert", slug=slug) for slug in archive.experts(tx)]
        months = archive.months_with_counts(tx)
    paths += [url_for("archive.year", year=year) for year in sorted({year for year, _, _ in months})]
    paths += [url_for("archive.month", year=year, month=month) for year, month, _ in months]
    return _xml(render_template("sitemap_part.xml", places=[(path, None) for path in paths]))


@blueprint.get("/sitemap/<int(fixed_digits=4):year>.xml")
def sitemap_of_year(year: int) -> Response:
    with the_mailbag().database.read() as tx:
        places = archive.places(tx, _year(year))
    if not places:
        abort(404)
    return _xml(render_template("sitemap_part.xml", places=places))


def _xml(text: str) -> Response:
    response = make_response(without_controls(text))
    response.content_type = "application/xml; charset=utf-8"
    return response
