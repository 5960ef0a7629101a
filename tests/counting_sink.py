"""The next server in tests of the digest: takes mail as fast as it comes, and counts who got what."""

import asyncio
import re
import threading
from collections import defaultdict
from hashlib import sha256
from typing import Self

from tests.ports import free_ports

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE)


class CountingSink:
    """SMTP with PIPELINING. `got`: for each recipient the Message-ID and SHA-256 of each copy that was answered 250.

    `copies`: how many these are in all. It bears `most` connections at the same time, the others are `refused`; each
    is closed `after` so many mails.
    """

    def __init__(self, *, most: int = 1000, after: int = 1_000_000) -> None:
        self.most, self.after, self.refused = most, after, 0
        self.is_holding = False  # once a mail was taken nothing is answered on its connection until `release`
        self._held: list[tuple[asyncio.Transport, bytes]] = []
        self.port = free_ports(1)[0]
        self.got: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self.copies = 0
        self.transports: set[asyncio.Transport] = set()
        self.last = b""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_up = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0)  # those that were aborted are closed in the next round

    def answer(self, transport: asyncio.Transport, octets: bytes, *, is_held: bool) -> None:
        if self.is_holding and is_held:
            self._held.append((transport, octets))
        else:
            transport.write(octets)

    def release(self) -> None:
        self.is_holding = False
        for transport, octets in self._held:
            self._loop.call_soon_threadsafe(transport.write, octets)

    def _run(self) -> None:
        listening = self._loop.create_server(lambda: _Conversation(self), "127.0.0.1", self.port)
        self._server = self._loop.run_until_complete(listening)
        self._is_up.set()
        self._loop.run_forever()


class _Conversation(asyncio.Protocol):
    def __init__(self, sink: CountingSink) -> None:
        self._sink = sink
        self._buffer = b""
        self._recipient = ""
        self._is_content = False
        self._taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._sink.transports) >= self._sink.most:
            self._sink.refused += 1
            transport.write(b"421 4.7.0 too many connections from your address\r\n")
            transport.close()
            return
        self._sink.transports.add(transport)
        transport.write(b"220 sink\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._is_content else b"\r\n"
            octets, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            if self._is_content:
                self._take(octets)
            else:
                self._say(self._answer(octets))

    def _say(self, octets: bytes) -> None:
        self._sink.answer(self._transport, octets, is_held=self._taken > 0)

    def _take(self, content: bytes) -> None:
        self._is_content = False
        found = _MESSAGE_ID.search(content)
        message_id = found[1].decode() if found else ""
        self._sink.got[self._recipient].append((message_id, sha256(content).digest()))
        self._sink.copies += 1
        self._sink.last = content.replace(b"\r\n..", b"\r\n.") + b"\r\n"
        self._taken += 1
        self._say(b"250 2.0.0 Ok\r\n")
        if self._taken >= self._sink.after:
            self._sink.transports.discard(self._transport)
            self._transport.close()

    def _answer(self, command: bytes) -> bytes:
        verb = command[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250 PIPELINING\r\n"
        if verb == b"RCPT":
            self._recipient = command.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            self._is_content = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 ok\r\n"
