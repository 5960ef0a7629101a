"""For other sites: a small box with one letter, and oEmbed (oembed.com, 1.0), which tells them its code."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request, url_for
from markupsafe import Markup

from app.domain.letter import opening
from app.domain.question import Question
from app.store import archive
from app.store.base import Transaction
from app.web.pages import persona_of, short_id, the_mailbag

blueprint = Blueprint("embed", __name__)

WIDTH, HEIGHT = 560, 360  # CSS pixels of the box where nothing smaller is asked for
_NARROWEST, _LOWEST = 220, 160
_ALLOW = "allow-popups allow-popups-to-escape-sandbox"


@blueprint.get("/embed/<public_id>")
def box(public_id: str) -> Response:
    with the_mailbag().database.read() as tx:
        question = archive.published(tx, public_id) or abort(404 if archive.withdrawn(tx, public_id) is None else 410)
        return make_response(render_template("embed.html", question=question))


@blueprint.get("/oembed")
def oembed() -> Response:
    """`url` is a letter's address, `format` json or xml, `maxwidth` and `maxheight` bound the box."""
    form = request.args.get("format", "json")
    if form not in ("json", "xml"):
        abort(501)  # as the specification has it
    with the_mailbag().database.read() as tx:
        facts = _facts(_asked_for(tx))
    if form == "json":
        return jsonify(facts)
    response = make_response(render_template("oembed.xml", facts=facts))
    response.content_type = "text/xml; charset=utf-8"
    return response


def _asked_for(tx: Transaction) -> Question:
    """Only an address of ours is answered: the path of a letter, in whatever spelling."""
    try:
        parts = urlsplit(request.args.get("url", ""))
    except ValueError:
        abort(404)
    if parts.netloc.lower() != urlsplit(the_mailbag().links.base_url).netloc.lower():
        abort(404)
    found = re.fullmatch(r"/\d{1,4}/\d{1,2}/\d{1,2}/([^/]+)", parts.path)
    public_id = short_id(found[1]) if found else None
    return (archive.published(tx, public_id) if public_id else None) or abort(404)


def _facts(question: Question) -> dict[str, Any]:
    mailbag = the_mailbag()
    base, column = mailbag.links.base_url, mailbag.column
    width, height = _bounded("maxwidth", WIDTH, _NARROWEST), _bounded("maxheight", HEIGHT, _LOWEST)
    title = opening(question.text)
    code = Markup(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" frameborder="0" sandbox="{}"></iframe>'
    ).format(base + url_for("embed.box", public_id=question.public_id), width, height, title, _ALLOW)
    return {
        "type": "rich",
        "version": "1.0",
        "title": title,
        "author_name": persona_of(question),
        "provider_name": column.title,
        "provider_url": f"{base}/",
        "cache_age": 3600,
        "html": str(code),
        "width": width,
        "height": height,
    }


def _bounded(name: str, usual: int, least: int) -> int:
    """What the other site has room for, at most what is usual; a box is no narrower than can be read."""
    wanted = request.args.get(name, "")
    return max(least, min(usual, int(wanted))) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else usual
