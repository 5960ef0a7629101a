"""The desk's pages of issues: a draft with its words and order, how it will look, and how far a running one is."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for

from app.domain.digest import Issue, IssueState
from app.domain.errors import ForbiddenTransition, MailbagError, NotFound, NothingToDraft
from app.domain.letter import clean_line, clean_text
from app.domain.subscription import Frequency, Subscriber
from app.mail.address import BadAddress, address_of
from app.mail.transport import Fate
from app.store import archive, digest, roster
from app.store.base import Transaction
from app.usecases import digesting
from app.web.desk import act, blueprint, the_editor
from app.web.pages import the_mailbag

__all__ = ["blueprint"]  # the desk's own, with these pages on it

ROW = "<int(max=2147483647):issue_id>"
SECONDS_BETWEEN_LOOKS = 5
_LAST = 10_000  # the place of a letter without a number
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


class Slip(Exception):
    """What stands in the draft's form cannot be carried out; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
    except ForbiddenTransition:
        flash("issue-of-period-done", "bad")
        return redirect(url_for("desk.issues"), 303)
    except MailbagError as error:
        flash(error.code, "bad")
        return redirect(url_for("desk.issues"), 303)
    return redirect(url_for("desk.issue", issue_id=issue_id), 303)


@blueprint.get(f"/issues/{ROW}")
def issue(issue_id: int) -> Response:
    return _issue_page(issue_id)


def _issue_page(issue_id: int, typed: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """`typed` is what an editor put into the draft's form, which could not be carried out."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        found = digest.the_issue(tx, issue_id)
        is_draft = found.state is IssueState.DRAFT
        page = render_template(
            "desk/issue.html",
            here="issues",
            issue=found,
            letters=_letters(tx, found),
            left_out=_left_out(tx, found) if is_draft else [],
            most=roster.count_by_frequency(tx).get(found.frequency, 0) if is_draft else 0,
            progress=None if is_draft else digesting.progress(mailbag, issue_id),
            reader=_reader(),
            view="text" if request.args.get("view") == "text" else "seen",
            own_address=the_editor().address,
            typed=typed,
            kept=_ticked(),
        )
    response = make_response(page, status)
    if status == 200 and found.state is IssueState.SENDING and not found.is_paused:
        response.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return response


def _letters(tx: Transaction, found: Issue) -> list[Any]:
    return archive.parts_by_ids(tx, [letter.id for letter in found.items if letter.id is not None])


def _left_out(tx: Transaction, found: Issue) -> list[Any]:
    """What was printed in its time and stands not in it: an editor may take it in again."""
    standing = {letter.id for letter in found.items}
    in_time = digest.published_between(tx, found.frequency, found.since, found.until)
    return archive.parts_by_ids(tx, [one.id for one in in_time if one.id is not None and one.id not in standing])


def _reader() -> Subscriber | None:
    """As whom the mail is looked at: by number, so that no address stands in a log or in the browser's history."""
    reader_id = request.args.get("reader", type=int)
    if reader_id is None:
        return None
    try:
        return digesting.subscriber_numbered(the_mailbag(), reader_id)
    except NotFound:
        return None


@blueprint.get(f"/issues/{ROW}/preview")
def preview_issue(issue_id: int) -> Response:
    """The mail as one subscriber gets it, or as somebody who takes everything. Its links belong to him."""
    mailbag, reader = the_mailbag(), _reader()
    try:
        if reader is None and "reader" in request.args:
            raise NotFound("no such subscriber")
        message = message_from_bytes(digesting.preview(mailbag, issue_id, reader), policy=policy.default)
    except MailbagError:
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


# A draft is one form: whichever of its buttons is pressed, what stands in it is saved first.


def _of_draft(issue_id: int, said: str, then: Callable[[], object], *, goes_now: bool = False) -> Any:
    try:
        if "subject" in request.form:
            _save(issue_id, goes_now=goes_now)
        place = url_for("desk.issue", issue_id=issue_id, **({} if goes_now else _seen_as()))
        then()
    except NotFound:
        raise
    except (MailbagError, Slip) as error:
        flash(error.code, "bad")
        return _issue_page(issue_id, request.form, 409)
    if said:
        flash(said, "good")
    return redirect(place, 303)


def _save(issue_id: int, *, goes_now: bool) -> None:
    """Letters in the order of the numbers beside them; one without its tick is left out."""
    subject, goes = clean_line(request.form["subject"]), request.form.get("goes")
    kept = [(request.form.get(f"place-{row_id}", _LAST, type=int), n, row_id) for n, row_id in enumerate(_ticked())]
    sends_at = _moment(request.form.get("sends_at", "")) if goes == "by-itself" and not goes_now else None
    if not subject:
        raise Slip("issue-without-subject")
    if not kept:
        raise Slip("issue-without-letters")
    if goes == "by-itself" and not goes_now and (sends_at is None or sends_at <= the_mailbag().clock()):
        raise Slip("issue-without-time" if sends_at is None else "issue-in-the-past")
    try:
        digesting.edit(
            the_mailbag(),
            issue_id,
            by=the_editor().name,
            subject=subject,
            introduction=clean_text(request.form.get("introduction", "")),
            question_ids=[row_id for _, _, row_id in sorted(kept)],
            sends_at=sends_at,
            waits=goes == "waits",
            seen=request.form.get("seen", type=int),
        )
    except ValueError as error:
        raise Slip("issue-letter-gone") from error


def _ticked() -> list[int]:
    return request.form.getlist("letter", type=int)


def _moment(text: str) -> datetime | None:
    """What a field for date and time sends, in the column's time zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=the_mailbag().column.time_zone).astimezone(UTC)
    except ValueError:
        return None


def _seen_as() -> dict[str, Any]:
    """How the page goes on showing the mail: as whom, by number, and which part of it. Raises Slip."""
    typed, view = request.form.get("reader", "").strip(), request.form.get("view")
    if not typed:
        return {"view": view}
    try:
        return {"view": view, "reader": digesting.subscriber_at(the_mailbag(), address_of(typed)).id}
    except (BadAddress, NotFound) as error:
        raise Slip("no-such-reader") from error


@blueprint.post(f"/issues/{ROW}")
def save_issue(issue_id: int) -> Any:
    return _of_draft(issue_id, "issue-saved", lambda: None)


@blueprint.post(f"/issues/{ROW}/seen-as")
def see_issue(issue_id: int) -> Any:
    return _of_draft(issue_id, "", lambda: None)


@blueprint.post(f"/issues/{ROW}/send")
def send_issue(issue_id: int) -> Any:
    start = partial(digesting.start, the_mailbag(), issue_id, by=the_editor().name)
    return _of_draft(issue_id, "issue-started", start, goes_now=True)


@blueprint.post(f"/issues/{ROW}/test")
def test_issue(issue_id: int) -> Any:
    return _of_draft(issue_id, "issue-tested", partial(_send_test, issue_id))


def _send_test(issue_id: int) -> None:
    try:
        address = address_of(request.form.get("address", ""))
    except BadAddress as error:
        raise Slip("test-without-address") from error
    if digesting.send_test(the_mailbag(), issue_id, address).fate is not Fate.TAKEN:
        raise Slip("test-not-taken")


@act(f"/issues/{ROW}/pause", "issue-paused", back="desk.issue")
def pause_issue(issue_id: int) -> None:
    digesting.pause(the_mailbag(), issue_id, by=the_editor().name)


@act(f"/issues/{ROW}/resume", "issue-resumed", back="desk.issue")
def resume_issue(issue_id: int) -> None:
    digesting.resume(the_mailbag(), issue_id, by=the_editor().name)


@act(f"/issues/{ROW}/cancel", "issue-cancelled", back="desk.issue")
def cancel_issue(issue_id: int) -> None:
    digesting.cancel(the_mailbag(), issue_id, by=the_editor().name)
