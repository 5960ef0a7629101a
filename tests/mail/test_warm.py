"""Many mails on one connection: what each answer means, with and without PIPELINING, and what a lost line leaves."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.mail import warm
from app.mail.lint import Envelope
from app.mail.transport import Fate
from app.mail.warm import WarmRelay
from tests.counting_sink import CountingSink

ANN, BOB, EVE = (Envelope(f"d-{n}@column.example", f"{n}@reader.example") for n in ("ann", "bob", "eve"))
MAIL = b"Message-ID: <1@column.example>\r\nSubject: x\r\n\r\n.one\r\n..two\r\n"


class Scripted:
    """Answers from a script: by "<verb> <recipient>", "<verb>", or politely. CLOSE hangs up instead."""

    def __init__(self, *, pipelining: bool = True, **script: bytes) -> None:
        self.script = script
        self.pipelining = pipelining
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as stream:
            connection.sendall(b"220 hello\r\n")
            while line := stream.readline():
                self.heard.append(line.strip())
                verb = line[:4].decode().strip()
                answer = self.script.get(verb, self._polite(verb))
                if answer == b"":
                    return
                connection.sendall(answer + b"\r\n")
                if answer.startswith(b"354"):
                    while stream.readline() != b".\r\n":
                        pass
                    self.heard.append(b".")
                    dot = self.script.get("dot", b"250 queued")
                    if dot == b"":
                        return
                    connection.sendall(dot + b"\r\n")

    def _polite(self, verb: str) -> bytes:
        hello = b"250-hi\r\n250 PIPELINING" if self.pipelining else b"250 hi"
        return {"EHLO": hello, "DATA": b"354 go on", "QUIT": b"221 bye"}.get(verb, b"250 ok")


@contextmanager
def scripted(*, pipelining: bool = True, **script: bytes) -> Iterator[Scripted]:
    server = Scripted(pipelining=pipelining, **script)
    try:
        yield server
    finally:
        server.close()


def test_many_mails_arrive_byte_for_byte_on_one_connection() -> None:
    with CountingSink() as sink:
        line = WarmRelay("127.0.0.1", sink.port).open_line()
        line.announce(ANN)
        assert line.opened() is None
        for following in (BOB, EVE, None):
            line.send(MAIL, following)
            assert line.result().fate is Fate.TAKEN
            assert following is None or line.opened() is None
        line.close()
        assert sorted(sink.got) == ["ann@reader.example", "bob@reader.example", "eve@reader.example"]
        assert sink.last == MAIL


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    with scripted(pipelining=False) as server:
        line = WarmRelay("127.0.0.1", server.port).open_line()
        line.announce(ANN)
        assert line.opened() is None
        line.send(MAIL, BOB)
        assert line.result().server_said == "250 queued"
        assert line.opened() is None
        line.send(MAIL, None)
        assert line.result().fate is Fate.TAKEN
        line.close()
        verbs = [command[:4].upper() for command in server.heard[1:]]
        assert verbs == [b"MAIL", b"RCPT", b"DATA", b"."] * 2 + [b"QUIT"]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("script", "fate"),
    [
        ({"RCPT": b"550 5.1.1 no such user", "DATA": b"503 no recipient"}, Fate.REFUSED),
        ({"RCPT": b"550 5.1.1 no such user"}, Fate.REFUSED),  # and 354 nevertheless
        ({"RCPT": b"451 4.7.1 greylisted", "DATA": b"503 no recipient"}, Fate.LATER),
        ({"MAIL": b"452 too many", "RCPT": b"503", "DATA": b"503"}, Fate.LATER),
        ({"DATA": b"554 no"}, Fate.REFUSED),
        ({"DATA": b"250 ok"}, Fate.LATER),  # it takes the content for commands
    ],
)
def test_who_is_declined_costs_the_others_nothing(*, pipelining: bool, script: dict[str, bytes], fate: Fate) -> None:
    with scripted(pipelining=pipelining, **script) as server:
        line = WarmRelay("127.0.0.1", server.port).open_line()
        line.announce(ANN)
        said = line.opened()
        assert said is not None
        assert said.fate is fate
        assert not line.is_broken
        server.script.clear()
        line.announce(BOB)
        assert line.opened() is None
        line.send(MAIL, None)
        assert line.result().fate is Fate.TAKEN
        line.close()


@pytest.mark.parametrize(
    ("dot", "fate"),
    [(b"451 later", Fate.LATER), (b"554 spam", Fate.REFUSED), (b"421 going down", Fate.LATER), (b"", Fate.UNKNOWN)],
)
def test_the_answer_to_the_content_decides(dot: bytes, fate: Fate) -> None:
    with scripted(dot=dot) as server:
        line = WarmRelay("127.0.0.1", server.port).open_line()
        line.announce(ANN)
        assert line.opened() is None
        line.send(MAIL, BOB)
        assert line.result().fate is fate
        following = line.opened()
        assert (following is None) is (dot[:1] in (b"4", b"5") and dot[:3] != b"421")
        assert line.is_broken is (following is not None)
        line.drop()


def test_421_to_an_envelope_ends_the_line_and_nothing_was_sent() -> None:
    with scripted(MAIL=b"421 4.3.2 closing", RCPT=b"421", DATA=b"421") as server:
        line = WarmRelay("127.0.0.1", server.port).open_line()
        line.announce(ANN)
        said = line.opened()
        assert said is not None
        assert said.fate is Fate.LATER
        assert line.is_broken


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "AFTER_DOT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def silent() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 a\r\n")
                connection.recv(100)
                connection.sendall(b"250-a\r\n250 PIPELINING\r\n")
                connection.recv(1000)
                connection.sendall(b"250 a\r\n250 a\r\n354 a\r\n")
                while connection.recv(1000):
                    pass

        thread = threading.Thread(target=silent)
        thread.start()
        line = WarmRelay("127.0.0.1", listener.getsockname()[1]).open_line()
        line.announce(ANN)
        assert line.opened() is None
        line.send(MAIL, None)
        assert line.result().fate is Fate.UNKNOWN
        assert line.is_broken
        thread.join(5)
