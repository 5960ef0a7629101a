"""What an SMTP server answers on one connection (RFC 5321, 4.2), read as many answers at once as have come."""

import socket
from collections import deque
from time import monotonic

_AT_ONCE = 4096
_LONGEST = 4096  # octets of one line; the RFC allows 512


class Replies:
    """The answers in their order, on a socket that nobody else reads."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines: deque[bytes] = deque()
        self._rest = b""

    def next(self, within: float) -> tuple[int, bytes]:
        """Code and text, lines joined by line feeds; all of it comes `within` so many seconds.

        Raises OSError where the connection has ended, is too slow, or speaks no SMTP.
        """
        text, end = [], monotonic() + within
        while (line := self._line(end))[3:4] == b"-":
            text.append(line[4:].strip())
        text.append(line[4:].strip())
        if not line[:3].isdigit():
            raise ConnectionAbortedError(f"this is no answer: {line[:80]!r}")
        return int(line[:3]), b"\n".join(text)

    def _line(self, end: float) -> bytes:
        while not self._lines:
            octets = self._received(end)
            if not octets:
                raise ConnectionResetError("the connection was closed")
            *lines, self._rest = (self._rest + octets).split(b"\n")
            self._lines += lines
            if len(self._rest) > _LONGEST:
                raise ConnectionAbortedError("an answer without end")
        return self._lines.popleft()

    def _received(self, end: float) -> bytes:
        left = end - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        patience = self._socket.gettimeout()
        self._socket.settimeout(left)
        try:
            return self._socket.recv(_AT_ONCE)
        finally:
            self._socket.settimeout(patience)
