"""The demo's post office: every mail that Mailbag sent, and a way to answer it as its reader would.

Registered with the demo setting alone: it shows private mail to everybody.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)

from app.ingress.catcher import CaughtMail
from app.mail.programs import Program, compose_reply
from app.mail.transport import Fate
from app.web.pages import the_mailbag

if TYPE_CHECKING:
    from app.web import Demo

blueprint = Blueprint("mailbox", __name__)

STRANGER = ("Pat Nobody", "pat.nobody@elsewhere.example")
LONGEST_REPLY = 100_000


def the_demo() -> "Demo":
    demo: Demo = current_app.extensions["mailbag_demo"]
    return demo


class ShownMail:
    """A caught mail as a mail program would show it."""

    def __init__(self, caught: CaughtMail) -> None:
        self.id = caught.id
        self.recipient = caught.recipient
        self.sender = caught.sender
        self.caught_at = caught.caught_at
        self.raw = caught.raw
        message = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.subject = str(message["Subject"] or "")
        self.author = str(message["From"] or "")
        self.author_address = message["From"].addresses[0].addr_spec if message["From"] else ""
        self.reply_to = str(message["Reply-To"] or "")
        self.text = _body(message, "plain")
        self.html = _body(message, "html")
        self.source = self.raw.decode("ascii", "replace")

    @property
    def snippet(self) -> str:
        return " ".join(self.text.split())[:110]


@lru_cache(maxsize=5000)
def _read(caught: CaughtMail) -> ShownMail:
    """A caught mail never changes, and scripts ask for the list often."""
    return ShownMail(caught)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


@blueprint.get("/mailbox")
def mailbox() -> str:
    return _page(None)


@blueprint.get("/mailbox/<int(max=2147483647):number>")
def mail(number: int) -> str:
    return _page(_shown(number))


def _page(chosen: ShownMail | None) -> str:
    caught = the_demo().post_office.all()
    boxes: dict[str, int] = {}
    for item in caught:
        boxes[item.recipient] = boxes.get(item.recipient, 0) + 1
    box = request.args.get("to") or (chosen.recipient if chosen else None)
    mails = [_read(item) for item in caught if box is None or item.recipient == box][:100]
    if chosen is None and mails:
        chosen = mails[0]
    return render_template(
        "mailbox.html",
        boxes=boxes,
        box=box,
        mails=mails,
        chosen=chosen,
        view=request.args.get("view", "seen"),
        programs=list(Program),
    )


@blueprint.get("/mailbox.json")
def mailbox_json() -> Any:
    shown = (_read(caught) for caught in the_demo().post_office.all())
    return jsonify(
        [
            {
                "id": mail.id,
                "from": mail.author_address,
                "to": mail.recipient,
                "subject": mail.subject,
                "sent_at": mail.caught_at.isoformat(),
            }
            for mail in shown
        ]
    )


@blueprint.get("/mailbox/<int(max=2147483647):number>.eml")
def source(number: int) -> Response:
    return Response(_shown(number).raw, mimetype="message/rfc822")


@blueprint.get("/mailbox/<int(max=2147483647):number>.html")
def seen(number: int) -> Response:
    """The HTML part in a frame of its own: no script, no form, nothing fetched; links leave the frame."""
    html = _shown(number).html.replace("<head>", '<head><base target="_top">', 1)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
        "sandbox allow-top-navigation-by-user-activation"
    )
    return response


@blueprint.post("/mailbox/<int(max=2147483647):number>/reply")
def reply(number: int) -> Any:
    """Build the reply as the chosen program would, and send it in by the door that real replies use."""
    shown = _shown(number)
    text = request.form.get("text", "")[:LONGEST_REPLY]
    program = next((p for p in Program if p == request.form.get("program")), Program.GMAIL)
    name, address = STRANGER if request.form.get("who") == "stranger" else ("", shown.recipient)
    recipient, message = compose_reply(
        program,
        original=shown.raw,
        sender_name=name or address.partition("@")[0],
        sender=address,
        text=text,
        at=the_mailbag().clock(),
        signature=request.form.get("signature") or None,
    )
    for _ in range(2 if request.form.get("times") == "2" else 1):
        handover = the_demo().door.hand_over(message, sender=address, recipient=recipient)
        flash(f"SMTP: {handover.server_said}", "good" if handover.fate is Fate.TAKEN else "bad")
    return redirect(url_for("mailbox.mail", number=number), 303)


def _shown(number: int) -> ShownMail:
    caught = the_demo().post_office.get(number)
    if caught is None:
        abort(404)
    return _read(caught)
