"""The desk's pages of issues: a draft with its words and order, how it will look, and how far a running one is."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for

from app.domain.digest import Issue, IssueState
from app.domain.errors import MailbagError, NothingToDraft
from app.domain.letter import clean_line, clean_text
from app.domain.subscription import Frequency
from app.mail.address import BadAddress, address_of
from app.store import archive, digest
from app.store.base import Transaction
from app.usecases import digesting
from app.web.desk import act, blueprint, the_editor
from app.web.pages import the_mailbag

__all__ = ["blueprint"]  # the desk's own, with these pages on it

ROW = "<int(max=2147483647):issue_id>"
SECONDS_BETWEEN_LOOKS = 5
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@blueprint.get("/issues")
def issues() -> str:
    before = request.args.get("before", type=int)
    with the_mailbag().database.read() as tx:
        found = digest.issues(tx, before=before)
        return render_template("desk/issues.html", here="issues", issues=found, frequencies=list(Frequency))


@blueprint.post("/issues/draft")
def draft_issue() -> Any:
    frequency = request.form.get("frequency", "")
    if frequency not in list(Frequency):
        abort(400)
    try:
        issue_id = digesting.draft_of(the_mailbag(), Frequency(frequency), by=f"editor {the_editor().name}")
        if issue_id is None:
            raise NothingToDraft("nothing was printed since, or nobody gets it")
    except MailbagError as error:
        flash(error.code, "bad")
        return redirect(url_for("desk.issues"), 303)
    return redirect(url_for("desk.issue", issue_id=issue_id), 303)


@blueprint.get(f"/issues/{ROW}")
def issue(issue_id: int) -> Response:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        found = digest.the_issue(tx, issue_id)
        page = render_template(
            "desk/issue.html",
            here="issues",
            issue=found,
            letters=_letters(tx, found),
            progress=digesting.progress(mailbag, issue_id) if found.state is not IssueState.DRAFT else None,
            seen=request.args.get("as", ""),
            view="text" if request.args.get("view") == "text" else "seen",
            own_address=the_editor().address,
        )
    response = make_response(page)
    if found.state is IssueState.SENDING and not found.is_paused:
        response.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return response


def _letters(tx: Transaction, found: Issue) -> list[Any]:
    return archive.parts_by_ids(tx, [letter.id for letter in found.items if letter.id is not None])


@blueprint.get(f"/issues/{ROW}/preview")
def preview_issue(issue_id: int) -> Response:
    """The mail as one subscriber gets it, or as somebody who takes everything. Its links belong to him."""
    mailbag, seen = the_mailbag(), request.args.get("as", "").strip()
    try:
        subscriber = digesting.subscriber_at(mailbag, address_of(seen)) if seen else None
        message = message_from_bytes(digesting.preview(mailbag, issue_id, subscriber), policy=policy.default)
    except (BadAddress, MailbagError):
        return Response("Nobody gets this issue at that address.", mimetype="text/plain")
    assert isinstance(message, EmailMessage)
    kind = "plain" if request.args.get("view") == "text" else "html"
    part = message.get_body((kind,))
    content = str(part.get_content()) if part is not None else ""
    if kind == "plain":
        return Response(f"Subject: {message['Subject']}\n\n{content}", mimetype="text/plain")
    response = Response(content, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAMED
    return response


@act(f"/issues/{ROW}", "issue-saved", back="desk.issue")
def save_issue(issue_id: int) -> None:
    """Letters in the order of the numbers beside them; one without its tick is left out."""
    kept = [(request.form.get(f"place-{row_id}", 0, type=int), n, row_id) for n, row_id in enumerate(_ticked())]
    try:
        digesting.edit(
            the_mailbag(),
            issue_id,
            by=the_editor().name,
            subject=clean_line(request.form.get("subject", "")) or None,
            introduction=clean_text(request.form.get("introduction", "")),
            question_ids=[row_id for _, _, row_id in sorted(kept)] or None,
            sends_at=_moment(request.form.get("sends_at", "")),
            waits=request.form.get("goes") == "waits",
        )
    except ValueError:
        abort(400)


def _ticked() -> list[int]:
    return request.form.getlist("letter", type=int)


def _moment(text: str) -> datetime | None:
    """What a field for date and time sends, in the column's time zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=the_mailbag().column.time_zone).astimezone(UTC)
    except ValueError:
        return None


@act(f"/issues/{ROW}/send", "issue-started", back="desk.issue")
def send_issue(issue_id: int) -> None:
    digesting.start(the_mailbag(), issue_id, by=the_editor().name)


@act(f"/issues/{ROW}/test", "issue-tested", back="desk.issue")
def test_issue(issue_id: int) -> None:
    try:
        digesting.send_test(the_mailbag(), issue_id, address_of(request.form.get("address", "")))
    except ValueError:
        abort(400)


@act(f"/issues/{ROW}/pause", "issue-paused", back="desk.issue")
def pause_issue(issue_id: int) -> None:
    digesting.pause(the_mailbag(), issue_id, by=the_editor().name)


@act(f"/issues/{ROW}/resume", "issue-resumed", back="desk.issue")
def resume_issue(issue_id: int) -> None:
    digesting.resume(the_mailbag(), issue_id, by=the_editor().name)


@act(f"/issues/{ROW}/cancel", "issue-cancelled", back="desk.issue")
def cancel_issue(issue_id: int) -> None:
    digesting.cancel(the_mailbag(), issue_id, by=the_editor().name)
