"""A connection to the next server that stays open for many mails, with PIPELINING (RFC 2920) where it is offered.

With it a mail costs one round trip: its content goes out together with the envelope of the next one.
"""

import smtplib
import socket
from contextlib import suppress
from time import monotonic
from typing import Protocol

from app.mail.lint import Envelope
from app.mail.replies import Replies
from app.mail.transport import AFTER_DOT, TIMEOUT, Fate, Handover, Relay, answered, declined, stuffed

_AT_LEAST = 0.1  # seconds: what has come already can be read
_NOT_SENT = Handover(Fate.LATER, "the connection was lost before the message")


class Line(Protocol):
    """A connection for many messages; see WarmLine.

    `patience`: seconds from when a content was sent to when its answer is given up, and nobody knows.
    """

    is_broken: bool
    patience: float

    def announce(self, envelope: Envelope) -> None: ...
    def opened(self) -> Handover | None: ...
    def send(self, message: bytes, following: Envelope | None) -> None: ...
    def result(self) -> Handover: ...
    def close(self) -> None: ...
    def drop(self) -> None: ...


class WarmLine:
    """One connection. At any time at most one envelope is open on it: the server said 354 and waits for content.

    `announce` → `opened` → `send`, perhaps with the next envelope → `result` → `opened` … Nothing here raises for
    what a network or server does; when `is_broken` the line is of no more use.
    """

    def __init__(self, connection: smtplib.SMTP) -> None:
        """`connection` has said EHLO: see `Relay.open`. From here on nobody else reads or writes on it."""
        assert connection.sock is not None
        self._smtp = connection
        self._is_pipelining = connection.has_extn("pipelining")
        self._socket = connection.sock
        self._replies = Replies(self._socket)
        # the end of a mail is a small packet: it must not wait until all before it was acknowledged
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._announced: Envelope | None = None
        self._sent_at = 0.0
        self._said = ""  # what the connection broke of
        self.is_broken = False
        self.patience = AFTER_DOT

    def announce(self, envelope: Envelope) -> None:
        """Say for whom the next content is; `opened` has the answer."""
        self._announced = envelope
        if self._is_pipelining:
            self._write(_opening(envelope))

    def opened(self) -> Handover | None:
        """None: the server waits for the content of what was announced. Else what became of it: nothing was sent."""
        envelope, self._announced = self._announced, None
        if envelope is None or self.is_broken:
            return Handover(Fate.LATER, self._said or _NOT_SENT.server_said)
        try:
            return self._opened_pipelined() if self._is_pipelining else self._opened(envelope)
        except OSError as error:
            return Handover(Fate.LATER, self._break(error))

    def _opened_pipelined(self) -> Handover | None:
        """All three answers are read, whatever the first says (RFC 2920, 3.1)."""
        answers = [self._replies.next(TIMEOUT) for _ in range(3)]
        declining = next((answer for answer in answers[:2] if not 200 <= answer[0] < 300), None)
        if declining is None and answers[2][0] == 354:
            return None
        if answers[2][0] == 354:
            self._ask(b".\r\n")  # it waits for the content of a mail to nobody
        code, said = declining or answers[2]
        return self._clear(code, said)

    def _opened(self, envelope: Envelope) -> Handover | None:
        *before, data = _opening(envelope).splitlines(keepends=True)
        for command in before:
            code, said = self._ask(command)
            if not 200 <= code < 300:
                return self._clear(code, said)
        code, said = self._ask(data)
        return None if code == 354 else self._clear(code, said)

    def _clear(self, code: int, said: bytes) -> Handover:
        """The envelope is taken back, so that the next one begins anew. After 421 the server has gone."""
        if code == 421:
            self._break(said.decode("utf-8", "replace"))
        else:
            self._ask(b"RSET\r\n")
        return declined(code, said)

    def send(self, message: bytes, following: Envelope | None) -> None:
        """The content for the open envelope, all of it; with it goes the envelope of the next mail."""
        self._announced = following
        self._sent_at = monotonic()
        opening = _opening(following) if following is not None and self._is_pipelining else b""
        self._write(b"".join((stuffed(message), b".\r\n", opening)))

    def result(self) -> Handover:
        """What became of the content that was sent last."""
        if self.is_broken:
            return Handover(Fate.UNKNOWN, self._said)
        try:
            # from when it was sent: a round of lines that all hang must not add up to more than a lease
            code, said = self._replies.next(max(_AT_LEAST, self._sent_at + self.patience - monotonic()))
        except OSError as error:
            return Handover(Fate.UNKNOWN, f"no answer after the message: {self._break(error)}")
        if code == 421:
            self._break(said.decode("utf-8", "replace"))
        return answered(code, said)

    def close(self) -> None:
        """After the last mail. Where an envelope is open, `drop`: without the last dot the server forgets it."""
        if not self.is_broken:
            with suppress(OSError):
                self._ask(b"QUIT\r\n")
        self.drop()

    def drop(self) -> None:
        self.is_broken = True
        self._smtp.close()

    def _ask(self, command: bytes) -> tuple[int, bytes]:
        self._socket.sendall(command)
        return self._replies.next(TIMEOUT)

    def _write(self, octets: bytes) -> None:
        if self.is_broken:
            return
        try:
            self._socket.sendall(octets)
        except OSError as error:
            self._break(error)

    def _break(self, why: object) -> str:
        self._said = f"{type(why).__name__}: {why}"[:300] if isinstance(why, Exception) else str(why)[:300]
        self.drop()
        return self._said


class WarmRelay(Relay):
    """The server that takes our mail, one by one or many on a line."""

    def open_line(self) -> WarmLine:
        """Raises OSError, ValueError or SMTPException where there is no connection to be had."""
        return WarmLine(self.open())


def _opening(envelope: Envelope) -> bytes:
    return f"MAIL FROM:<{envelope.sender}>\r\nRCPT TO:<{envelope.recipient}>\r\nDATA\r\n".encode("ascii")
