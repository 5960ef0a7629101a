"""How an editor comes to the desk: a mailed link, used once by a POST, then a session in her browser."""

import hashlib
import secrets
from datetime import timedelta

from app.domain.errors import NotFound
from app.domain.mail import DeliveryKind
from app.domain.people import DeskSession, Editor, SignIn
from app.domain.token import Genuine, Purpose
from app.store import people
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue

LINK_LASTS = timedelta(minutes=30)
SESSION_LASTS = timedelta(days=14)
PAUSE = timedelta(seconds=30)  # between two links to one editor: the form is no way to flood a mailbox


def request_link(mailbag: Mailbag, address: str) -> None:
    """Mail a link to an editor. For any other address nothing happens, and the caller cannot tell."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        editor = people.editor_at(tx, address.strip())
        if editor is None or editor.id is None:
            return
        last = people.last_sign_in(tx, editor.id)
        if last is not None and last.is_usable(now) and now < last.made_at + PAUSE:
            return
        sign_in = SignIn(editor=editor, made_at=now, expires_at=now + LINK_LASTS)
        tx.add(sign_in)
        queue(mailbag, tx, DeliveryKind.SIGN_IN, editor.address, occasion=f"{sign_in.id}", sign_in=sign_in)


def link_behind(mailbag: Mailbag, tx: Transaction, token: str) -> SignIn:
    """The link, if it can still be used; looking does not use it. Raises NotFound."""
    resolution = mailbag.links.signer.resolve(Purpose.SIGN_IN, token)
    sign_in = people.sign_in(tx, resolution.id) if isinstance(resolution, Genuine) else None
    if sign_in is None or not sign_in.is_usable(mailbag.clock()):
        raise NotFound("no such link, or it was used, or it is too old")
    return sign_in


def enter(mailbag: Mailbag, token: str) -> str:
    """Use the link up and open a session; returns its secret, for the browser's cookie. Raises NotFound."""
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        sign_in = link_behind(mailbag, tx, token)
        sign_in.used_at = now
        secret = secrets.token_urlsafe(32)
        tx.add(DeskSession(digest=_digest(secret), editor=sign_in.editor, made_at=now, expires_at=now + SESSION_LASTS))
        return secret


def editor_of(mailbag: Mailbag, secret: str | None) -> Editor | None:
    """Whose browser this is."""
    if not secret:
        return None
    with mailbag.database.read() as tx:
        session = people.desk_session(tx, _digest(secret))
        return session.editor if session is not None and session.is_open(mailbag.clock()) else None


def leave(mailbag: Mailbag, secret: str) -> None:
    with mailbag.database.write() as tx:
        session = people.desk_session(tx, _digest(secret))
        if session is not None and session.ended_at is None:
            session.ended_at = mailbag.clock()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
