"""An IMAP server for what real ones do on bad days: it has the answers that a test gives it."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Answer = Callable[[str, str], bytes]  # the tag and what follows the command's name, to the octets of the answer


class HangUp(Exception):
    """Raised by an answer: these octets, and then the end of the connection."""

    def __init__(self, last: bytes = b"") -> None:
        super().__init__()
        self.last = last


@dataclass
class ScriptedImap:
    """One folder. `answers` replaces the answer to a command, such as "UID FETCH", while it is set."""

    mails: dict[int, bytes] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    uidvalidity: int = 7
    answers: dict[str, Answer] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)  # every command's name, in their order
    flags: dict[int, str] = field(default_factory=dict)
    port: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rwb") as stream:

            def say(octets: bytes) -> None:
                stream.write(octets)
                stream.flush()

            say(b"* OK ready\r\n")
            for line in stream:
                tag, _, rest = line.decode().strip().partition(" ")
                name, _, arguments = rest.partition(" ")
                if name == "UID":
                    verb, _, arguments = arguments.partition(" ")
                    name = f"UID {verb}"
                self.heard.append(name)
                if name == "AUTHENTICATE":
                    say(b"+ \r\n")
                    arguments = stream.readline().decode().strip()
                try:
                    say((self.answers.get(name) or self._usual(name))(tag, arguments))
                except HangUp as end:
                    say(end.last)
                    return

    def _usual(self, name: str) -> Answer:
        return {
            "CAPABILITY": lambda tag, _: f"* CAPABILITY {self.capabilities}\r\n{tag} OK done\r\n".encode(),
            "EXAMINE": self._open,
            "SELECT": self._open,
            "UID SEARCH": self._search,
            "UID FETCH": self.fetch,
        }.get(name, lambda tag, _: f"{tag} OK done\r\n".encode())

    def _open(self, tag: str, _: str) -> bytes:
        uidnext = max(self.mails, default=0) + 1
        return (
            f"* FLAGS (\\Seen)\r\n* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] valid\r\n"
            f"* OK [UIDNEXT {uidnext}] next\r\n{tag} OK [READ-WRITE] open\r\n"
        ).encode()

    def _search(self, tag: str, arguments: str) -> bytes:
        found = " ".join(str(uid) for uid in self.meant(arguments.rpartition(" ")[2]))
        return f"* SEARCH {found}\r\n{tag} OK done\r\n".replace(" \r", "\r").encode()

    def fetch(self, tag: str, arguments: str) -> bytes:
        which, _, item = arguments.partition(" ")
        return b"".join(self.one(uid, item) for uid in self.meant(which)) + f"{tag} OK done\r\n".encode()

    def one(self, uid: int, item: str) -> bytes:
        place, raw = sorted(self.mails).index(uid) + 1, self.mails[uid]
        if "SIZE" in item:
            return f"* {place} FETCH (UID {uid} RFC822.SIZE {len(raw)})\r\n".encode()
        if "HEADER" in item:
            return literal(place, uid, raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", "BODY[HEADER]")
        return literal(place, uid, raw)

    def meant(self, which: str) -> list[int]:
        """The UIDs of a set such as 1,3:5,9:*."""
        last = max(self.mails, default=0)
        wanted: set[int] = set()
        for first, to in re.findall(r"(\d+)(?::(\d+|\*))?", which):
            end = last if to == "*" else int(to or first)
            low, high = sorted((int(first), end))
            wanted |= {uid for uid in self.mails if low <= uid <= high}
        return sorted(wanted)


def literal(place: int, uid: int, raw: bytes, name: str = "BODY[]") -> bytes:
    return f"* {place} FETCH (UID {uid} {name} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
