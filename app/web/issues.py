"""The web archive of issues, with a feed: what everybody may read of them, and nothing that is anybody's own."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from app.domain.digest import Issue, IssueState
from app.domain.question import Question
from app.domain.subscription import Frequency
from app.store import archive, digest
from app.store.base import Transaction
from app.web.feeds import without_controls
from app.web.pages import the_mailbag

blueprint = Blueprint("issues", __name__)

PUBLIC = (IssueState.SENDING, IssueState.SENT)
PAGE_SIZE = 30
FEED_SIZE = 20


@blueprint.get("/issues")
def issues() -> str:
    before = request.args.get("before", type=int)
    with the_mailbag().database.read() as tx:
        found = digest.issues(tx, *PUBLIC, limit=PAGE_SIZE + 1, before=before)
        older = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
        return render_template("issues.html", issues=found[:PAGE_SIZE], older=older)


@blueprint.get("/issues/<any(daily, weekly, monthly):frequency>/<int(max=2147483647):number>")
def issue(frequency: str, number: int) -> str:
    with the_mailbag().database.read() as tx:
        found = digest.issue_numbered(tx, Frequency(frequency), number)
        if found is None or found.state not in PUBLIC:
            abort(404)
        return render_template("issue.html", issue=found, letters=letters_of(tx, found))


def letters_of(tx: Transaction, found: Issue) -> list[Question]:
    """What of it is printed still, in the issue's order."""
    return archive.parts_by_ids(tx, [letter.id for letter in found.items if letter.id is not None])


@blueprint.get("/issues/feed.atom")
def feed() -> Response:
    with the_mailbag().database.read() as tx:
        found = digest.issues(tx, *PUBLIC, limit=FEED_SIZE)
        entries: list[tuple[Issue, list[Question]]] = [(one, letters_of(tx, one)) for one in found]
        text = render_template("issues.xml", entries=entries, tag_of=_tag_of)
    return Response(without_controls(text), content_type="application/atom+xml; charset=utf-8")


def _tag_of(found: Any) -> str:
    """A name that stays when the address changes (RFC 4151)."""
    host = the_mailbag().links.mail_domain
    return f"tag:{host},{found.made_at:%Y-%m-%d}:issue-{found.frequency.value}-{found.number}"
