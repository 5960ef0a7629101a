"""The search page: a GET form, its filters, and the hits with the words marked."""

from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.store import archive, people, search
from app.store.base import Transaction
from app.store.search import Found
from app.web.pages import the_mailbag

blueprint = Blueprint("search", __name__)

LONGEST_QUERY = 200


@blueprint.get("/search")
def results() -> str:
    """Any text is a query; a filter that does not exist is none."""
    with the_mailbag().database.read() as tx:
        asked = read_arguments(tx)
        found = find(tx, asked, after=request.args.get("after"))
        slugs = {expert.id: slug for slug, expert in archive.experts(tx).items()}
        return render_template("search.html", asked=asked, found=found, to=partial(address, slugs, asked))


def address(slugs: dict[int | None, str], asked: dict[str, Any], /, **changes: Any) -> str:
    """Of this search with something else asked."""
    changed = {**asked, **changes}
    return url_for(
        "search.results",
        q=changed["query"],
        topic=changed["topic"].slug if changed["topic"] else None,
        expert=slugs.get(changed["expert"].id) if changed["expert"] else None,
        year=changed["year"],
        order="newest" if changed["newest"] else None,
        after=changed.get("after"),
    )


def read_arguments(tx: Transaction) -> dict[str, Any]:
    """`query` as it was typed, and the filters that it names, as what `app.store.search` takes."""
    year = request.args.get("year", "")
    return {
        "query": " ".join(request.args.get("q", "")[:LONGEST_QUERY].replace("\0", " ").split()),
        "topic": people.topic_by_slug(tx, request.args.get("topic", "").replace("\0", "")),
        "expert": archive.experts(tx).get(request.args.get("expert", "")),
        "year": int(year) if len(year) == 4 and year.isascii() and year.isdigit() and int(year) else None,
        "newest": request.args.get("order") == "newest",
    }


def find(tx: Transaction, asked: dict[str, Any], **page: Any) -> Found:
    filters = {name: value for name, value in asked.items() if name != "query"}
    return search.search(tx, asked["query"], **filters, **page)
