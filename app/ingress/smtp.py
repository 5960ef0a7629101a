"""The SMTP and LMTP doors: refuse what is not ours at RCPT, commit the rest, and only then say 250."""

import asyncio
import logging
import re
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.config import Settings
from app.ingress.envelope import NOT_OURS, is_ours, is_storable, sender_text
from app.ingress.server import Listener
from app.usecases import receiving
from app.usecases.mailbag import Mailbag

log = logging.getLogger(__name__)

TAKEN = "250 2.0.0 Taken"
TOO_MANY = "452 4.5.3 Too many recipients; please send the others separately"
MALFORMED = "553 5.1.3 That is no address; check it for typing errors"
MOST_RECIPIENTS = 10
LATER = "450 4.7.1 Too many mails to addresses that do not exist; please try again later"
NO_ROOM = "452 4.3.1 We could not store the mail; please try again later"


class Door:
    """What the protocol does not decide: whose mail is taken, and what taking means."""

    def __init__(self, mailbag: Mailbag, name: str) -> None:
        self._mailbag = mailbag
        self._name = name

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY  # each would keep the bytes once more; the sender's server comes again with the rest
        if not is_storable(address):
            return MALFORMED
        if not is_ours(self._mailbag, address):
            return f"550 5.1.1 {NOT_OURS.format(recipient=address)}"
        if not receiving.is_welcome(self._mailbag, address):
            await asyncio.to_thread(self._turn_away, envelope, address)
            return LATER
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ours"

    def _turn_away(self, envelope: Envelope, recipient: str) -> None:
        sender = sender_text(envelope.mail_from or "")
        receiving.turn_away(self._mailbag, door=self._name, sender=sender, recipient=recipient)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """SMTP has one answer for all recipients, LMTP one for each (RFC 2033, 4.2)."""
        del session
        replies = [await asyncio.to_thread(self._take, envelope, rcpt) for rcpt in envelope.rcpt_tos]
        if isinstance(server, LMTP):
            return "\r\n".join(replies)
        return next((reply for reply in replies if reply != TAKEN), TAKEN)

    def _take(self, envelope: Envelope, recipient: str) -> str:
        """Where one of several fails, SMTP's sender tries all again; those already taken are the same rows."""
        raw = envelope.original_content
        assert isinstance(raw, bytes)
        try:
            receiving.accept(
                self._mailbag, raw, door=self._name, sender=sender_text(envelope.mail_from or ""), recipient=recipient
            )
        except Exception:
            log.exception("a mail to %s could not be stored", self._name)
            return NO_ROOM
        return TAKEN

    def refused(self, sender: str, recipients: list[str], status: str) -> None:
        """The protocol refused a mail for its size. The desk shows that somebody tried."""
        for recipient in recipients or [""]:
            try:
                receiving.refuse_oversized(
                    self._mailbag, door=self._name, sender=sender, recipient=recipient, said=status
                )
            except Exception:
                log.exception("an oversized mail could not be recorded")


_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"  # RFC 5321, 4.1.2
_PLAIN_PATH = re.compile(rf"<({_ATOM}(?:\.{_ATOM})*@[\w-]+(?:\.[\w-]+)*)>(?=\s|$)", re.ASCII)


class _Conversation(SMTP):
    """SMTP that takes lines of any length, and tells the door when it refused a mail for its size."""

    _mail_argument = ""

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        self._mail_argument = arg or ""
        await super().smtp_MAIL(arg)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The library reads each path twice by the whole grammar, which costs more than storing the mail."""
        plain = _PLAIN_PATH.match(arg)
        return (plain[1], arg[plain.end() :]) if plain else super()._getaddr(arg)

    async def push(self, status: Any) -> None:
        if str(status).startswith("552") and isinstance(self.event_handler, Door):
            found = re.search(r"<([^>]*)>", self._mail_argument)
            recipients = list(self.envelope.rcpt_tos) if self.envelope else []
            await asyncio.to_thread(self.event_handler.refused, found[1] if found else "", recipients, str(status))
        await super().push(status)


class _LmtpConversation(_Conversation, LMTP):
    """The same for LMTP."""


def mail_listeners(mailbag: Mailbag, settings: Settings) -> list[Listener]:
    """Both doors, where and as the settings have them."""
    host, most, name = settings.listen_host, settings.max_mail_bytes, settings.mail_domain
    smtp = partial(smtp_door, mailbag, max_bytes=most, hostname=name)
    lmtp = partial(lmtp_door, mailbag, max_bytes=most, hostname=name)
    return [Listener("smtp", host, settings.smtp_port, smtp), Listener("lmtp", host, settings.lmtp_port, lmtp)]


def smtp_door(mailbag: Mailbag, *, max_bytes: int, hostname: str) -> _Conversation:
    return _open(_Conversation, mailbag, "smtp", max_bytes, hostname)


def lmtp_door(mailbag: Mailbag, *, max_bytes: int, hostname: str) -> _Conversation:
    return _open(_LmtpConversation, mailbag, "lmtp", max_bytes, hostname)


def _open(protocol: type[_Conversation], mailbag: Mailbag, name: str, max_bytes: int, hostname: str) -> _Conversation:
    # a line over 998 octets breaks RFC 5322, but refusing it loses the mail of whose program wrote it
    conversation = type(protocol.__name__, (protocol,), {"line_length_limit": max_bytes + 2})
    return conversation(  # type: ignore[no-any-return]
        Door(mailbag, name),
        data_size_limit=max_bytes,
        enable_SMTPUTF8=True,
        hostname=hostname,
        ident="Mailbag",
        loop=asyncio.get_running_loop(),
    )
