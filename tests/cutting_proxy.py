"""Stands between a client and a server, and cuts or silences their talk at places of our choice."""

import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class CuttingProxy:
    """Cuts each connection once, at a random line of its client's, until it has cut `cuts` times.

    Before the line reaches the server; right after; some octets into the answer; or a moment later.
    `stall()` lets nothing through any more on the connections that are open, and closes none. `before` has what is
    done once, before the first line with such octets goes on; `replaced` changes what the server says.
    """

    def __init__(self, port: int, *, cuts: int = 0, seed: int = 1, on_cut: Callable[[], None] = lambda: None) -> None:
        self._server_port = port
        self._left = cuts
        self._random = random.Random(seed)
        self._on_cut = on_cut
        self._lock = threading.Lock()
        self.cuts = 0
        self.connections: list[_Connection] = []
        self.commands: list[bytes] = []  # at which a cut was made
        self.before: dict[bytes, Callable[[], None]] = {}
        self.replaced: dict[bytes, bytes] = {}
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_now()

    def stall(self) -> None:
        for connection in self.connections:
            connection.is_stalled = True

    def cut_now(self) -> None:
        for connection in self.connections:
            connection.close(hard=False)

    def lines(self) -> list[bytes]:
        """Everything that clients said."""
        return [line for connection in self.connections for line in connection.lines]

    def passes(self, line: bytes) -> None:
        for octets in [octets for octets in self.before if octets in line]:
            self.before.pop(octets)()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                connection = _Connection(
                    self, client, socket.create_connection((HOST, self._server_port)), self._plan()
                )
                self.connections.append(connection)
                connection.begin()

    def _plan(self) -> "tuple[int, int | None, bool] | None":
        """At which line of the client's; after how many octets of the answer, or before the line; hard or soft."""
        with self._lock:
            if self._left <= 0:
                return None
            self._left -= 1
            after = self._random.choice([None, 0, self._random.randint(1, 80), self._random.randint(1, 8000)])
            return self._random.randint(1, 12), after, self._random.random() < 0.5

    def was_cut(self, line: bytes) -> None:
        with self._lock:
            self.cuts += 1
            self.commands.append(line)
        self._on_cut()

    def was_not_cut(self) -> None:
        with self._lock:
            self._left += 1


class _Connection:
    def __init__(
        self,
        proxy: CuttingProxy,
        client: socket.socket,
        server: socket.socket,
        plan: "tuple[int, int | None, bool] | None",
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._lines_left, self._after, self._is_hard = plan or (0, None, False)
        self._has_plan = plan is not None
        self._octets_left: int | None = None
        self._line = b""
        self.lines: list[bytes] = []
        self._lock = threading.Lock()
        self.is_stalled = False
        self.is_closed = False

    def begin(self) -> None:
        for pump in (self._upwards, self._downwards):
            threading.Thread(target=pump, daemon=True).start()

    def close(self, *, hard: bool) -> None:
        for side in (self._client, self._server):
            with suppress(OSError):
                if hard:  # a reset: what is still under way is thrown away
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # the thread that reads has to wake up, or the end is not sent before it does
                side.shutdown(socket.SHUT_RD if hard else socket.SHUT_RDWR)
            with suppress(OSError):
                side.close()

    def _cut(self) -> None:
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
        self.close(hard=self._is_hard)
        self._proxy.was_cut(self._line)

    def _ended(self) -> None:
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
        self.close(hard=False)
        if self._has_plan:
            self._proxy.was_not_cut()

    def _upwards(self) -> None:
        with suppress(OSError, ValueError), self._client.makefile("rb") as lines:
            for line in lines:
                self.lines.append(line)
                self._proxy.passes(line)
                self._lines_left -= 1
                if self._has_plan and self._lines_left == 0:
                    self._line = line
                    if self._after is None:
                        self._cut()
                        return
                    self._octets_left = self._after
                    threading.Timer(0.05, self._cut).start()  # where the answer is shorter, or there is none
                if not self.is_stalled:
                    self._server.sendall(line)
        self._ended()

    def _downwards(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(65536):
                if self.is_stalled:
                    continue
                for old, new in self._proxy.replaced.items():
                    data = data.replace(old, new)
                if self._octets_left is not None:
                    data = data[: self._octets_left]
                    self._octets_left -= len(data)
                if data:
                    self._client.sendall(data)
                if self._octets_left == 0:
                    self._cut()
        self._ended()
