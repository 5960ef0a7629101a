"""One message, one conversation: what the other server says decides the fate, and nothing else does."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pytest

from app.mail import transport
from app.mail.transport import Fate, Handover, Relay
from tests.ports import free_ports

SENDER = "b-13vkm4@column.example"
RECIPIENT = "guru@clinic.example"
MESSAGE = b"From: column@column.example\r\nSubject: Becky asks\r\n\r\nMy knee hurts.\r\n"

CLOSE = b""  # hangs up instead of an answer
SILENCE = None  # says nothing, for as long as the other side stays
IN_SECRET = b"(tls) "  # before each command that came encrypted
POLITE: dict[str, bytes | None] = {
    "greeting": b"220 mx.clinic.example ESMTP\r\n",
    "EHLO": b"250-mx.clinic.example\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
    "HELO": b"250 mx.clinic.example\r\n",
    "STARTTLS": b"220 2.0.0 Go on\r\n",
    "AUTH": b"235 2.7.0 Welcome\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 End with a dot\r\n",
    "dot": b"250 2.0.0 Ok: queued as 4711\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass
class Talk:
    """What the peer heard in one connection."""

    commands: list[bytes] = field(default_factory=list)
    message: bytes | None = None  # as it came over the wire, without the last dot

    @property
    def verbs(self) -> list[str]:
        spoken = (command.removeprefix(IN_SECRET) for command in self.commands)
        return [command.split(b" ")[0].decode("ascii", "replace").upper() for command in spoken]


class HungUp(Exception):
    pass


class Peer:
    """An SMTP server that follows a script: for each step an answer, CLOSE or SILENCE."""

    def __init__(self, script: dict[str, bytes | None], certificate: Path | None = None, *, tls: bool = False) -> None:
        self.script = POLITE | script
        self.talks: list[Talk] = []
        self._speaks_tls = tls
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                connection, _ = self._listener.accept()
                with suppress(OSError, HungUp):
                    self._talk(connection)
                connection.close()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        self.talks.append(talk := Talk())
        if self._speaks_tls:
            connection = self._secured(connection)
        with closing(connection), connection.makefile("rb") as stream:
            self._say(connection, stream, "greeting")
            self._listen(connection, stream, talk)

    def _listen(self, connection: socket.socket, stream: BinaryIO, talk: Talk, mark: bytes = b"") -> None:
        while line := stream.readline():
            talk.commands.append(mark + line.removesuffix(b"\r\n"))
            verb = line.split(b" ")[0].strip().decode("ascii", "replace").upper()
            self._say(connection, stream, verb)
            if verb == "STARTTLS" and self._tls is not None:
                secured = self._secured(connection)
                with closing(secured), secured.makefile("rb") as secret:
                    return self._listen(secured, secret, talk, IN_SECRET)
            if verb == "DATA" and (self.script["DATA"] or b"").startswith(b"354"):
                talk.message = _message(stream)
                self._say(connection, stream, "dot")
        return None

    def _secured(self, connection: socket.socket) -> ssl.SSLSocket:
        assert self._tls is not None
        return self._tls.wrap_socket(connection, server_side=True)

    def _say(self, connection: socket.socket, stream: BinaryIO, step: str) -> None:
        answer = self.script.get(step, b"500 5.5.1 What?\r\n")
        if answer is SILENCE:
            stream.read()
        if not answer:
            raise HungUp
        connection.sendall(answer)


def _message(stream: BinaryIO) -> bytes:
    """What a receiving server makes of the wire: up to the lone dot, dots unstuffed (RFC 5321, 4.5.2)."""
    lines: list[bytes] = []
    while (line := stream.readline()) != b".\r\n":
        if not line:
            raise HungUp
        lines.append(line.removeprefix(b"."))
    return b"".join(lines)


def hand_over(peer: Peer, message: bytes = MESSAGE, **relay: str) -> Handover:
    host = relay.pop("host", "127.0.0.1")
    return Relay(host, peer.port, **relay).hand_over(message, sender=SENDER, recipient=RECIPIENT)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.15)
    monkeypatch.setattr(transport, "AFTER_DOT", 0.15)


TEMPORARY = b"451 4.7.1 Greylisted, come back\r\n"
PERMANENT = b"550 5.7.1 Not from you\r\n"
GARBAGE = b"\xff\x00 <html>what?</html>\r\n"
ABOUT_THE_MAIL = ("MAIL", "RCPT", "DATA")
BEFORE_THE_DOT = ("greeting", "EHLO", *ABOUT_THE_MAIL)

FATES: list[tuple[str, bytes | None, Fate]] = [
    *((step, TEMPORARY, Fate.LATER) for step in BEFORE_THE_DOT),
    *((step, b"421 4.3.2 Shutting down\r\n", Fate.LATER) for step in BEFORE_THE_DOT),
    *((step, PERMANENT, Fate.REFUSED) for step in ABOUT_THE_MAIL),
    *((step, b"550-5.7.1 Not from you,\r\n550 5.7.1 nor from me\r\n", Fate.REFUSED) for step in ABOUT_THE_MAIL),
    # a closed door and a missing login are about us: every mail would fail, and none has to
    *((step, PERMANENT, Fate.LATER) for step in ("greeting", "EHLO")),
    *((step, b"530 5.7.0 Log in first\r\n", Fate.LATER) for step in BEFORE_THE_DOT),
    *((step, GARBAGE, Fate.LATER) for step in BEFORE_THE_DOT),
    *((step, CLOSE, Fate.LATER) for step in BEFORE_THE_DOT),
    *((step, SILENCE, Fate.LATER) for step in BEFORE_THE_DOT),
    # a good answer out of turn is none: nothing was handed over yet
    ("greeting", b"250 2.0.0 Ok\r\n", Fate.LATER),
    ("EHLO", b"354 Go on\r\n", Fate.LATER),
    ("MAIL", b"354 Go on\r\n", Fate.LATER),
    ("RCPT", b"354 Go on\r\n", Fate.LATER),
    ("DATA", b"250 2.0.0 Ok\r\n", Fate.LATER),
    # RFC 5321, 4.2.1: the first digit decides where the others are not expected
    ("MAIL", b"259 2.1.0 Fine\r\n", Fate.TAKEN),
    ("RCPT", b"251 2.1.5 Forwarded\r\n", Fate.TAKEN),
    ("RCPT", b"252 2.1.5 We shall see\r\n", Fate.TAKEN),
    ("dot", b"250 2.0.0 Ok\r\n", Fate.TAKEN),
    ("dot", b"250-2.0.0 Ok\r\n250 queued as 4711\r\n", Fate.TAKEN),
    ("dot", b"250\r\n", Fate.TAKEN),
    ("dot", b"250 gr\xfc\xdfe\r\n", Fate.TAKEN),
    ("dot", TEMPORARY, Fate.LATER),
    ("dot", b"452-4.3.1 Our disk\r\n452 4.3.1 is full\r\n", Fate.LATER),
    ("dot", PERMANENT, Fate.REFUSED),
    ("dot", b"554-5.7.1 This is\r\n554 5.7.1 unwanted\r\n", Fate.REFUSED),
    # the whole message is out, and what came back does not tell what became of it
    ("dot", CLOSE, Fate.UNKNOWN),
    ("dot", SILENCE, Fate.UNKNOWN),
    ("dot", GARBAGE, Fate.UNKNOWN),
    ("dot", b"354 Go on\r\n", Fate.UNKNOWN),
    ("dot", b"250-2.0.0 Ok\r\n", Fate.UNKNOWN),
    # it is theirs already, whatever they say to our goodbye
    ("QUIT", TEMPORARY, Fate.TAKEN),
    ("QUIT", b"421 4.4.2 Too slow\r\n", Fate.TAKEN),
    ("QUIT", PERMANENT, Fate.TAKEN),
    ("QUIT", GARBAGE, Fate.TAKEN),
    ("QUIT", b"x" * 20_000 + b"\r\n", Fate.TAKEN),
    ("QUIT", CLOSE, Fate.TAKEN),
    ("QUIT", SILENCE, Fate.TAKEN),
]


def _named(value: object) -> str:
    if isinstance(value, bytes):
        return value[:12].decode("ascii", "replace").strip() or "closed"
    return "silence" if value is None else str(value)


@pytest.mark.parametrize(("step", "answer", "fate"), FATES, ids=_named)
@pytest.mark.usefixtures("impatient")
def test_the_answer_at_each_step_decides_the_fate(step: str, answer: bytes | None, fate: Fate) -> None:
    script = {step: answer}
    if step == "EHLO":
        script["HELO"] = answer
    with Peer(script) as peer:
        assert hand_over(peer).fate is fate
        assert len(peer.talks) == 1, "one attempt is one connection"


@pytest.mark.parametrize("answer", [TEMPORARY, PERMANENT, GARBAGE, CLOSE])
@pytest.mark.parametrize("step", BEFORE_THE_DOT)
def test_where_it_ends_early_no_word_of_the_mail_was_sent(step: str, answer: bytes) -> None:
    with Peer({step: answer, "HELO": answer}) as peer:
        hand_over(peer)
    (talk,) = peer.talks
    assert talk.message is None
    assert b"knee" not in b"".join(talk.commands)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"250 2.0.0 Ok: queued as 4711\r\n", "250 2.0.0 Ok: queued as 4711"),
        (b"550 5.1.1 <guru@clinic.example>: no such user\r\n", "550 5.1.1 <guru@clinic.example>: no such user"),
        (b"554-5.7.1 This is\r\n554 5.7.1 unwanted\r\n", "554 5.7.1 This is 5.7.1 unwanted"),
        (b"250 gr\xc3\xbc\xc3\x9fe\r\n", "250 grüße"),
        (b"250 a\0b\r\n", "250 a b"),
    ],
)
def test_what_the_other_server_said_is_kept_for_people(answer: bytes, said: str) -> None:
    with Peer({"dot": answer}) as peer:
        assert hand_over(peer).server_said == said


def test_a_server_that_says_too_much_is_cut_short() -> None:
    with Peer({"dot": b"550-blah blah\r\n" * 5000 + b"550 blah\r\n"}) as peer:
        handover = hand_over(peer)
    assert handover.fate is Fate.REFUSED
    assert len(handover.server_said) <= 500


def test_a_server_of_old_times_is_greeted_in_the_old_way() -> None:
    with Peer({"EHLO": b"502 5.5.1 What?\r\n"}) as peer:
        assert hand_over(peer).fate is Fate.TAKEN
    assert peer.talks[0].verbs == ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_nobody_listens() -> None:
    relay = Relay("127.0.0.1", free_ports(1)[0])
    handover = relay.hand_over(MESSAGE, sender=SENDER, recipient=RECIPIENT)
    assert handover.fate is Fate.LATER
    assert "refused" in handover.server_said.lower()


def test_a_host_name_that_cannot_be_one_is_tried_again_once_it_was_mended() -> None:
    relay = Relay("a..b", 25)
    assert relay.hand_over(MESSAGE, sender=SENDER, recipient=RECIPIENT).fate is Fate.LATER


@pytest.mark.usefixtures("impatient")
def test_who_hangs_up_in_the_middle_of_a_message_may_have_it_or_not() -> None:
    class Rude(Peer):
        def _say(self, connection: socket.socket, stream: BinaryIO, step: str) -> None:
            super()._say(connection, stream, step)
            if step == "DATA":
                stream.read(1000)
                raise HungUp

    with Rude({}) as peer:
        assert hand_over(peer, MESSAGE + b"x" * 70 + b"\r\n" * 50_000).fate is Fate.UNKNOWN


def test_a_conversation_is_one_message_with_exactly_its_envelope() -> None:
    with Peer({}) as peer:
        hand_over(peer)
        hand_over(peer, MESSAGE.replace(b"knee", b"back"))
    first, second = peer.talks
    assert first.verbs == second.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert first.commands[1].split()[:2] == [b"mail", b"FROM:<%s>" % SENDER.encode()]
    assert first.commands[2] == b"rcpt TO:<%s>" % RECIPIENT.encode()
    assert (first.message, second.message) == (MESSAGE, MESSAGE.replace(b"knee", b"back"))


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        (SENDER, "o'brien+column@clinic.example"),
        (SENDER, "Anna.K@Clinic.Example"),
        (SENDER, "x" * 64 + "@xn--bcher-kva.example"),
        (SENDER, "!#$%&'*+/=?^_`{|}~-@clinic.example"),
        ("", RECIPIENT),
    ],
)
def test_an_address_is_spelt_as_it_was_given(sender: str, recipient: str) -> None:
    with Peer({}) as peer:
        Relay("127.0.0.1", peer.port).hand_over(MESSAGE, sender=sender, recipient=recipient)
    _, mail, rcpt, *_ = peer.talks[0].commands
    assert mail.split()[1] == b"FROM:<%s>" % sender.encode()
    assert rcpt == b"rcpt TO:<%s>" % recipient.encode()


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n",
        b".x\r\n",
        b"...\r\n.\r\n.\r\n",
        b"a\r\n.\r\nb\r\n",
        b"\r\n\r\n.\r\n\r\n",
        b"a.\r\nb.\r\n",
        b"\xff\xfe\x00 8-bit\r\n",
        b"\r\n",
        b"",
    ],
)
def test_lines_of_dots_arrive_byte_for_byte(body: bytes) -> None:
    message = b"Subject: dots\r\n\r\n" + body
    with Peer({}) as peer:
        assert hand_over(peer, message).fate is Fate.TAKEN
    assert peer.talks[0].message == message


def test_a_message_that_begins_with_a_dot_arrives_so() -> None:
    with Peer({}) as peer:
        hand_over(peer, b".\r\n.x\r\n")
    assert peer.talks[0].message == b".\r\n.x\r\n"


@pytest.mark.parametrize("end", [b"no end", b"a lone dot\r\n.", b"half an end\r"])
def test_a_message_without_its_last_line_end_gets_one(end: bytes) -> None:
    with Peer({}) as peer:
        assert hand_over(peer, MESSAGE + end).fate is Fate.TAKEN
    assert peer.talks[0].message == MESSAGE + end + b"\r\n"


def test_a_large_message_arrives_whole() -> None:
    message = MESSAGE + b"".join(b".line %d\r\n" % number for number in range(100_000))
    with Peer({}) as peer:
        assert hand_over(peer, message).fate is Fate.TAKEN
    assert peer.talks[0].message == message


# What was asked for is never done without.

OFFERS_TLS = b"250-mx.clinic.example\r\n250 STARTTLS\r\n"
OFFERS_LOGIN = b"250-mx.clinic.example\r\n250 AUTH CRAM-MD5 PLAIN LOGIN\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of a server at 127.0.0.1, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(path), "-out", str(path) + ".crt", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if an authority of this machine had signed it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield


def assert_nothing_in_clear(peer: Peer) -> None:
    heard = b" ".join(command for talk in peer.talks for command in talk.commands).lower()
    for word in (b"mail ", b"rcpt ", b"data", b"auth ", b"guru@", b"secret"):
        assert word not in heard
    assert all(talk.message is None for talk in peer.talks)


def test_starttls_that_is_not_offered_is_waited_for() -> None:
    with Peer({}) as peer:
        handover = hand_over(peer, security="starttls")
    assert handover.fate is Fate.LATER
    assert "STARTTLS" in handover.server_said
    assert_nothing_in_clear(peer)


@pytest.mark.parametrize("answer", [b"454 4.7.0 Not now\r\n", b"250 2.0.0 Ok\r\n", GARBAGE, CLOSE, SILENCE])
@pytest.mark.usefixtures("impatient")
def test_starttls_that_fails_is_waited_for(answer: bytes | None) -> None:
    with Peer({"EHLO": OFFERS_TLS, "STARTTLS": answer}) as peer:
        assert hand_over(peer, security="starttls").fate is Fate.LATER
    assert_nothing_in_clear(peer)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_goes_on_in_clear_after_starttls_hears_nothing() -> None:
    with Peer({"EHLO": OFFERS_TLS, "STARTTLS": b"220 Go on\r\n250 Ok\r\n250 Ok\r\n354 Go on\r\n"}) as peer:
        assert hand_over(peer, security="starttls").fate is Fate.LATER
    assert_nothing_in_clear(peer)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path) -> None:
    with Peer({"EHLO": OFFERS_TLS}, certificate) as peer:
        handover = hand_over(peer, security="starttls")
    assert handover.fate is Fate.LATER
    assert "certificate verify failed" in handover.server_said
    assert_nothing_in_clear(peer)


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_for_another_name_is_not_trusted(certificate: Path) -> None:
    with Peer({}, certificate, tls=True) as peer:
        handover = hand_over(peer, security="tls", host="localhost")
    assert handover.fate is Fate.LATER
    assert "certificate verify failed" in handover.server_said
    assert_nothing_in_clear(peer)


@pytest.mark.usefixtures("_trusted")
def test_with_starttls_the_mail_goes_through_it(certificate: Path) -> None:
    with Peer({"EHLO": OFFERS_TLS}, certificate) as peer:
        assert hand_over(peer, security="starttls").fate is Fate.TAKEN
    (talk,) = peer.talks
    assert talk.verbs == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert [command.startswith(IN_SECRET) for command in talk.commands] == [False, False, *[True] * 5]
    assert talk.message == MESSAGE


@pytest.mark.usefixtures("_trusted")
def test_with_tls_the_first_byte_is_secret(certificate: Path) -> None:
    with Peer({}, certificate, tls=True) as peer:
        assert hand_over(peer, security="tls").fate is Fate.TAKEN
    assert peer.talks[0].message == MESSAGE


@pytest.mark.usefixtures("impatient")
def test_tls_with_a_server_that_speaks_in_clear_waits() -> None:
    with Peer({}) as peer:
        assert hand_over(peer, security="tls").fate is Fate.LATER
    assert peer.talks[0].message is None


@pytest.mark.parametrize(
    "challenge",
    [b"334 !\r\n", b"334 abc\r\n", b"334 \xff\xff\r\n", b"334\r\n", b"454 4.7.0 Not now\r\n", GARBAGE, CLOSE],
)
def test_a_login_that_comes_to_nothing_never_raises_and_sends_nothing(challenge: bytes) -> None:
    with Peer({"EHLO": OFFERS_LOGIN, "AUTH": challenge}) as peer:
        handover = hand_over(peer, user="mailbag", password="secret")
    assert handover.fate in (Fate.LATER, Fate.REFUSED)
    assert "MAIL" not in peer.talks[0].verbs


def test_a_login_that_is_not_offered_is_waited_for() -> None:
    with Peer({}) as peer:
        assert hand_over(peer, user="mailbag", password="secret").fate is Fate.LATER
    assert_nothing_in_clear(peer)


def test_after_the_login_the_mail_goes_out() -> None:
    with Peer({"EHLO": b"250-mx.clinic.example\r\n250 AUTH PLAIN\r\n"}) as peer:
        assert hand_over(peer, user="mailbag", password="secret").fate is Fate.TAKEN
    assert peer.talks[0].verbs == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
