"""The editor's desk: what waits for a person, and the few acts that settle it."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFProtect

from app.domain.errors import MailbagError, NotFound
from app.domain.letter import clean_text
from app.domain.mail import InboundMessage, InboundState
from app.domain.people import Editor
from app.domain.question import Question, QuestionState
from app.mail.reply import Reply
from app.store import mail, people, questions
from app.store.base import Transaction
from app.usecases import delivering, guessing, holding, likewise, publishing, recognising, routing, signing_in
from app.usecases.capturing import capture, exchange_of
from app.usecases.watching import troubled_folders
from app.web.pages import the_mailbag
from app.web.security import private

log = logging.getLogger(__name__)

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
csrf = CSRFProtect()

COOKIE = "mailbag_desk"
UNREAD_AFTER = timedelta(minutes=1)
OPEN_DOORS = ("desk.sign_in", "desk.sign_in_page", "desk.entrance", "desk.enter")


@blueprint.record_once
def _prepare(state: Any) -> None:
    app: Flask = state.app
    csrf.init_app(app)


@blueprint.before_request
def know_the_editor() -> Any:
    """Everything but the entrance needs an editor; every POST needs the token of a form that we rendered."""
    g.editor = signing_in.editor_of(the_mailbag(), request.cookies.get(COOKIE))
    if request.endpoint in OPEN_DOORS:
        return None
    if g.editor is None:
        return redirect(url_for("desk.sign_in_page"), 303)
    if request.method == "POST":
        csrf.protect()
    return None


@blueprint.after_request
def keep_private(response: Response) -> Response:
    return private(response)


def the_editor() -> Editor:
    editor: Editor = g.editor
    return editor


@blueprint.get("/sign-in")
def sign_in_page() -> Any:
    if g.editor is not None:
        return redirect(url_for("desk.queue"), 303)
    return render_template("desk/sign_in.html", is_sent=False)


@blueprint.post("/sign-in")
def sign_in() -> str:
    """The same page for an editor and for anybody else."""
    signing_in.request_link(the_mailbag(), request.form.get("address", ""))
    return render_template("desk/sign_in.html", is_sent=True)


@blueprint.get("/enter/<token>")
def entrance(token: str) -> str:
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        link = signing_in.link_behind(mailbag, tx, token)
        return render_template("desk/enter.html", editor=link.editor, token=token)


@blueprint.post("/enter/<token>")
def enter(token: str) -> Any:
    secret = signing_in.enter(the_mailbag(), token)
    response = redirect(url_for("desk.queue"), 303)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=signing_in.SESSION_LASTS,
        httponly=True,
        samesite="Lax",
        secure=the_mailbag().links.base_url.startswith("https:"),
    )
    return response


@blueprint.post("/leave")
def leave() -> Any:
    signing_in.leave(the_mailbag(), request.cookies.get(COOKIE, ""))
    response = redirect(url_for("archive.front"), 303)
    response.delete_cookie(COOKIE)
    return response


@blueprint.get("/")
def queue() -> str:
    """Everything that waits for a person, the most urgent first."""
    with the_mailbag().database.read() as tx:
        return render_template(
            "desk/queue.html",
            here="queue",
            held=mail.inbound_in_state(tx, InboundState.HELD, InboundState.FAILED),
            held_in_all=mail.count_inbound(tx, InboundState.HELD, InboundState.FAILED),
            unread=mail.left_unread(tx, the_mailbag().clock() - UNREAD_AFTER),
            answered=questions.in_state(tx, QuestionState.ANSWERED),
            submitted=questions.in_state(tx, QuestionState.SUBMITTED),
            assigned=questions.in_state(tx, QuestionState.ASSIGNED),
            troubled=mail.troubled_deliveries(tx),
            unconfirmed=questions.count_in_state(tx, QuestionState.UNCONFIRMED),
            folders=troubled_folders(the_mailbag()),
            guesses=guessing.alarm(tx, the_mailbag().clock()),
        )


@blueprint.get("/settled")
def settled() -> str:
    """Mail that no longer waits: taken, refused, discarded. Nothing that came in is ever out of sight."""
    with the_mailbag().database.read() as tx:
        states = (InboundState.ACCEPTED, InboundState.REJECTED, InboundState.DISCARDED)
        return render_template("desk/settled.html", here="settled", mails=mail.inbound_in_state(tx, *states))


@blueprint.get("/questions/<int(max=2147483647):question_id>")
def question(question_id: int) -> str:
    return _question_page(question_id, {})


def _question_page(question_id: int, typed: Mapping[str, str]) -> str:
    """`typed` is what an editor wrote into a form that could not be carried out."""
    with the_mailbag().database.read() as tx:
        found = routing.the_question(tx, question_id)
        message, reply = _captured(tx, found)
        return render_template(
            "desk/question.html",
            here="queue",
            question=found,
            experts=people.experts(tx),
            message=message,
            reply=reply,
            private=publishing.private_addresses(the_mailbag(), found),
            history=questions.history(tx, question_id),
            typed=typed,
        )


def _captured(tx: Transaction, found: Question) -> tuple[InboundMessage | None, Reply | None]:
    """The mail that the answer was taken from, and how it was read."""
    revisions = found.answer.revisions if found.answer else []
    inbound_id = next((r.inbound_id for r in reversed(revisions) if r.inbound_id), None)
    message = mail.inbound_by_id(tx, inbound_id) if inbound_id else None
    return message, _read(tx, message)


def _read(tx: Transaction, message: InboundMessage | None) -> Reply | None:
    """None where the mail cannot be read: then its source is all there is to show."""
    if message is None or message.state is InboundState.FAILED or not message.raw:
        return None
    try:
        return capture(the_mailbag(), exchange_of(tx, message))
    except Exception:  # a mail that the reader stumbles over is shown by its source
        log.exception("mail %s cannot be read", message.id)
        return None


@blueprint.get("/mail/<int(max=2147483647):inbound_id>")
def held_mail(inbound_id: int) -> str:
    with the_mailbag().database.read() as tx:
        message = mail.inbound_by_id(tx, inbound_id) or abort(404)
        open_states = (QuestionState.ASSIGNED, QuestionState.ANSWERED)
        candidates = questions.in_state(tx, *open_states)
        asked = message.delivery.question if message.delivery and message.delivery.assignment else None
        if asked is not None and asked.state is QuestionState.SUBMITTED:  # a late reply, after it was taken back
            candidates.append(asked)
        return render_template(
            "desk/mail.html",
            here="settled" if message.state is not InboundState.HELD else "queue",
            message=message,
            reply=_read(tx, message),
            source=message.raw.decode("utf-8", "replace"),
            candidates=candidates,
            expert=recognising.expert_of(tx, message.delivery),
            can_be_remembered=likewise.can_be_remembered(tx, message),
        )


@blueprint.get("/mail/<int(max=2147483647):inbound_id>.eml")
def mail_source(inbound_id: int) -> Response:
    with the_mailbag().database.read() as tx:
        message = mail.inbound_by_id(tx, inbound_id) or abort(404)
        response = Response(message.raw, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{inbound_id}.eml"'
    return response


@blueprint.get("/deliveries/<int(max=2147483647):delivery_id>")
def delivery(delivery_id: int) -> str:
    with the_mailbag().database.read() as tx:
        found = mail.delivery_by_id(tx, delivery_id) or abort(404)
        return render_template("desk/delivery.html", here="queue", delivery=found)


def act(rule: str, said: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """A POST on one row that ends at the queue, with one word about what it did, or why it could not."""

    def decorate(view: Callable[..., None]) -> Callable[..., Any]:
        @blueprint.post(rule, endpoint=view.__name__)
        @wraps(view)
        def acted(**row: int) -> Any:
            try:
                view(**row)
            except MailbagError as error:
                flash(error.code, "bad")
                if "question_id" in row and not isinstance(error, NotFound):
                    return _question_page(row["question_id"], request.form), 409
                return redirect(request.referrer or url_for("desk.queue"), 303)
            flash(said, "good")
            return redirect(url_for("desk.queue"), 303)

        return acted

    return decorate


@act("/questions/<int(max=2147483647):question_id>/assign", "assigned")
def assign(question_id: int) -> None:
    expert_id = request.form.get("expert", type=int) or abort(400)
    routing.assign(the_mailbag(), question_id, expert_id, by=the_editor().name)


@act("/questions/<int(max=2147483647):question_id>/unassign", "unassigned")
def unassign(question_id: int) -> None:
    routing.unassign(the_mailbag(), question_id, by=the_editor().name)


@act("/questions/<int(max=2147483647):question_id>/publish", "published")
def publish(question_id: int) -> None:
    text = request.form.get("text")
    edited = clean_text(text) if text is not None else None
    seen = request.form.get("revision", type=int)
    publishing.approve(the_mailbag(), question_id, edited, by=the_editor().name, seen=seen)


@act("/questions/<int(max=2147483647):question_id>/send-back", "sent-back")
def send_back(question_id: int) -> None:
    note = clean_text(request.form.get("note", ""))
    publishing.send_back(the_mailbag(), question_id, note, by=the_editor().name)


@act("/questions/<int(max=2147483647):question_id>/decline", "declined")
def decline(question_id: int) -> None:
    reason = clean_text(request.form.get("reason", ""))
    routing.decline(the_mailbag(), question_id, reason, by=the_editor().name)


@act("/mail/<int(max=2147483647):inbound_id>/attach", "attached")
def attach(inbound_id: int) -> None:
    question_id = request.form.get("question", type=int) or abort(400)
    later = "likewise" in request.form
    holding.attach(the_mailbag(), inbound_id, question_id, by=the_editor().name, likewise_later=later)


@act("/mail/<int(max=2147483647):inbound_id>/discard", "discarded")
def discard(inbound_id: int) -> None:
    later = "likewise" in request.form
    holding.discard(the_mailbag(), inbound_id, by=the_editor().name, likewise_later=later)


@act("/mail/<int(max=2147483647):inbound_id>/read-again", "read-again")
def read_again(inbound_id: int) -> None:
    holding.read_again(the_mailbag(), inbound_id, by=the_editor().name)


@act("/deliveries/<int(max=2147483647):delivery_id>/send-again", "send-again")
def send_again(delivery_id: int) -> None:
    delivering.send_again(the_mailbag(), delivery_id, by=the_editor().name)


@act("/deliveries/<int(max=2147483647):delivery_id>/put-away", "put-away")
def put_away(delivery_id: int) -> None:
    delivering.put_away(the_mailbag(), delivery_id, by=the_editor().name)


@act("/deliveries/<int(max=2147483647):delivery_id>/sent", "called-sent")
def call_it_sent(delivery_id: int) -> None:
    delivering.call_it_sent(the_mailbag(), delivery_id, by=the_editor().name)
