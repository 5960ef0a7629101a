"""Hands one finished message to the next SMTP server, and tells exactly how far it came."""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum

# Seconds. RFC 5321, 4.5.3.2, allows more; these fit, all together, into the time that a job may take.
TIMEOUT = 20.0  # for each command: one that takes longer is worth another try
AFTER_DOT = 100.0  # for the answer to the whole message, where giving up means doubt


_DOTTED = re.compile(rb"\n\.")  # found twice as fast as by `in`


class Fate(StrEnum):
    TAKEN = "taken"  # 250 after the last dot: it is theirs now
    LATER = "later"  # 4xx, or no connection: nothing was taken, the same bytes may be tried again
    REFUSED = "refused"  # 5xx: trying again will not help
    UNKNOWN = "unknown"  # the whole message was sent, but no answer came: it may or may not be theirs


@dataclass(frozen=True)
class Handover:
    """What came of one attempt; `server_said` is the last line of the other side, or our own error."""

    fate: Fate
    server_said: str


@dataclass(frozen=True)
class Relay:
    """The server that takes our mail. `security` is none, starttls or tls, and never less than asked for."""

    host: str
    port: int
    security: str = "none"
    user: str = ""
    password: str = ""
    own_name: str = "localhost"  # for EHLO; a machine that is asked for its own may wait long for a DNS

    def hand_over(self, message: bytes, *, sender: str, recipient: str) -> Handover:
        """One message, one recipient, one connection. Never raises for what a server or network does."""
        try:
            with closing(self.open()) as connection:
                handover = _converse(connection, message, sender, recipient)
                with suppress(OSError, smtplib.SMTPException):
                    connection.quit()  # what became of the mail is settled; no answer to this may change it
                return handover
        except smtplib.SMTPResponseException as error:
            # what is said before MAIL is about us (a wrong password, a closed door), not about this message
            return Handover(Fate.LATER, _line(error.smtp_code, error.smtp_error))
        except (OSError, ValueError, smtplib.SMTPException) as error:  # ValueError: a challenge that is no base 64
            return Handover(Fate.LATER, f"{type(error).__name__}: {error}")

    def open(self) -> smtplib.SMTP:
        """A connection that has said EHLO, ready for MAIL; the caller closes it. Raises what `hand_over` catches."""
        connection = self._connect()
        try:
            self._prepare(connection)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, self.own_name, timeout=TIMEOUT, context=context)
        return smtplib.SMTP(self.host, self.port, self.own_name, timeout=TIMEOUT)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        if self.security == "starttls":
            # raises where the server does not offer it: a mail that must not go in clear waits instead
            connection.starttls(context=ssl.create_default_context())
        if self.user:
            connection.login(self.user, self.password)


def _converse(connection: smtplib.SMTP, message: bytes, sender: str, recipient: str) -> Handover:
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: connection.mail(sender),
        lambda: connection.rcpt(recipient),
    )
    for step in steps:
        code, said = step()
        if not 200 <= code < 300:
            return declined(code, said)
    code, said = connection.docmd("DATA")
    if code != 354:
        return declined(code, said)
    try:
        connection.send(stuffed(message) + b".\r\n")
        if connection.sock is not None:
            connection.sock.settimeout(AFTER_DOT)
        code, said = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        # the dot may have arrived; only a person or the other server's log can tell now
        return Handover(Fate.UNKNOWN, f"no answer after the message: {type(error).__name__}: {error}")
    return answered(code, said)


def stuffed(message: bytes) -> bytes:
    """RFC 5321, 4.5.2: a line that begins with a dot gets one more. Lines end in CRLF already."""
    body = message
    if message.startswith(b".") or _DOTTED.search(message):  # most have none
        body = (b"." if message.startswith(b".") else b"") + message.replace(b"\r\n.", b"\r\n..")
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def declined(code: int, said: bytes | str) -> Handover:
    """An answer that ends the conversation before the message was sent: whatever it says, nothing was taken.

    530 and 535 (RFC 4954: log in first, or not with this password) are about us as well.
    """
    is_final = 500 <= code < 600 and code not in (530, 535)
    return Handover(Fate.REFUSED if is_final else Fate.LATER, _line(code, said))


def answered(code: int, said: bytes | str) -> Handover:
    """The answer to the whole message; one that is none of 2xx, 4xx and 5xx tells nothing."""
    fates = {2: Fate.TAKEN, 4: Fate.LATER, 5: Fate.REFUSED}
    return Handover(fates.get(code // 100, Fate.UNKNOWN), _line(code, said))


def _line(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = text.replace("\0", " ").split()  # no database takes a NUL
    return f"{code} {' '.join(words)}"[:500]
