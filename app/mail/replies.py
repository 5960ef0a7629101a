"""What an SMTP server answers on one connection (RFC 5321, 4.2), read as many answers at once as have come."""

import socket
from collections import deque

_AT_ONCE = 4096
_LONGEST = 4096  # octets of one line; the RFC allows 512


class Replies:
    """The answers in their order, on a socket that nobody else reads."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines: deque[bytes] = deque()
        self._rest = b""

    def next(self) -> tuple[int, bytes]:
        """Code and text, lines joined by line feeds.

        Raises OSError where the connection has ended, is silent for its timeout, or speaks no SMTP.
        """
        text = []
        while (line := self._line())[3:4] == b"-":
            text.append(line[4:].strip())
        text.append(line[4:].strip())
        if not line[:3].isdigit():
            raise ConnectionAbortedError(f"this is no answer: {line[:80]!r}")
        return int(line[:3]), b"\n".join(text)

    def _line(self) -> bytes:
        while not self._lines:
            octets = self._socket.recv(_AT_ONCE)
            if not octets:
                raise ConnectionResetError("the connection was closed")
            *lines, self._rest = (self._rest + octets).split(b"\n")
            self._lines += lines
            if len(self._rest) > _LONGEST:
                raise ConnectionAbortedError("an answer without end")
        return self._lines.popleft()
