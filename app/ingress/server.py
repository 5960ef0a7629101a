"""Runs the mail doors of a process: one event loop in a thread of its own, any number of listeners."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Listener:
    """Where a door stands, and what makes its side of a conversation."""

    name: str
    host: str
    port: int
    protocol: Callable[[], asyncio.BaseProtocol]


class MailServer:
    """Start returns when every listener is bound; an error of one (a port in use) is raised to the caller."""

    def __init__(self, listeners: list[Listener]) -> None:
        self._listeners = listeners
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-doors", daemon=True)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._bind(), self._loop).result(timeout=10)
        except OSError:
            self.stop()
            raise

    async def _bind(self) -> None:
        for listener in self._listeners:
            server = await self._loop.create_server(listener.protocol, listener.host, listener.port)
            self._servers.append(server)

    def stop(self) -> None:
        """Take no new connections; what was answered with 250 is committed, the rest is tried again."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
