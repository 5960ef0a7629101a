"""The SMTP and LMTP doors, spoken to over real sockets."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from app.domain.mail import InboundMessage
from app.ingress.server import Listener, MailServer
from app.ingress.smtp import lmtp_door, smtp_door
from app.store import mail
from app.usecases.guessing import MOST_INVENTED
from tests.office import GURU, Office
from tests.ports import free_ports
from tests.servers import PATIENCE
from tests.usecases.test_guessing import guesses
from tests.usecases.test_receiving import plain

LIMIT = 200_000


@pytest.fixture
def ports(office: Office) -> Iterator[tuple[int, int]]:
    smtp_port, lmtp_port = free_ports(2)
    settings = {"max_bytes": LIMIT, "hostname": "column.example"}
    server = MailServer(
        [
            Listener("smtp", "127.0.0.1", smtp_port, partial(smtp_door, office.mailbag, **settings)),
            Listener("lmtp", "127.0.0.1", lmtp_port, partial(lmtp_door, office.mailbag, **settings)),
        ]
    )
    server.start()
    yield smtp_port, lmtp_port
    server.stop()


@pytest.fixture
def smtp(ports: tuple[int, int]) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", ports[0], local_hostname="mx", timeout=PATIENCE) as connection:
        connection.ehlo()
        yield connection


def stored(office: Office) -> list[InboundMessage]:
    with office.mailbag.database.read() as tx:
        found = [message for n in range(1, 20) if (message := mail.inbound_by_id(tx, n)) is not None]
        assert all(message.raw is not None for message in found), "loaded, while the database is open"
        return found


def test_a_mail_is_stored_byte_for_byte_before_250(office: Office, smtp: smtplib.SMTP) -> None:
    office.ask()
    raw = plain("Rest, and then walk.\n.\n..\n.dot").replace(b"\n", b"\r\n")
    smtp.mail(GURU)
    smtp.rcpt(office.reply_address())
    assert smtp.data(raw)[0] == 250
    (message,) = stored(office)
    assert message.raw == raw
    assert (message.door, message.sender, message.recipient) == ("smtp", GURU, office.reply_address())


def test_an_unknown_recipient_is_refused_in_plain_words(smtp: smtplib.SMTP) -> None:
    smtp.mail(GURU)
    for recipient in ("nobody@column.example", "column@elsewhere.example", "x"):
        code, said = smtp.rcpt(recipient)
        assert code == 550
        assert b"is no address here" in said


def test_recipients_beyond_a_few_are_to_come_again(smtp: smtplib.SMTP) -> None:
    smtp.mail(GURU)
    codes = [smtp.rcpt(f"q-{number:028}@column.example")[0] for number in range(12)]
    assert codes == [250] * 10 + [452] * 2


@pytest.mark.parametrize("recipient", ["q-" + "x" * 400 + "@column.example", "q-\u00fc@column.example"])
def test_what_is_no_address_is_refused_for_good(smtp: smtplib.SMTP, recipient: str) -> None:
    smtp.mail(GURU, ["SMTPUTF8"])
    assert smtp.docmd("RCPT", f"TO:<{recipient}>".encode().decode("latin-1"))[0] // 100 == 5


def test_the_postmaster_needs_no_domain(smtp: smtplib.SMTP) -> None:
    smtp.mail(GURU)
    assert smtp.rcpt("postmaster")[0] == 250


def test_a_mistyped_token_is_taken_and_held(office: Office, smtp: smtplib.SMTP) -> None:
    office.ask()
    mistyped = office.reply_address().replace("@", "x@")
    smtp.sendmail(GURU, [mistyped], plain("Rest, and then walk."))
    office.run_jobs()
    assert [message.state for message in stored(office)] == ["held"]


def test_a_bounce_has_an_empty_sender(office: Office, smtp: smtplib.SMTP) -> None:
    smtp.sendmail("", ["postmaster@column.example"], plain("Undelivered"))
    assert [message.sender for message in stored(office)] == [""]


def test_a_line_of_any_length_is_taken(office: Office, smtp: smtplib.SMTP) -> None:
    raw = b"From: guru@clinic.example\r\n\r\n" + b"x" * 150_000 + b"\r\n"
    smtp.sendmail(GURU, ["column@column.example"], raw)
    assert [message.raw for message in stored(office)] == [raw]


def test_an_oversized_mail_is_refused_and_seen_on_the_desk(office: Office, smtp: smtplib.SMTP) -> None:
    raw = plain("x" * 70 + "\n") + b"y" * 70 + b"\r\n"
    smtp.mail(GURU)
    smtp.rcpt("column@column.example")
    code, _ = smtp.data(raw + (b"z" * 70 + b"\r\n") * 4000)
    assert code == 552
    (message,) = stored(office)
    assert (message.state, message.reason, message.author) == ("rejected", "oversized", GURU)


def test_an_announced_size_is_refused_at_once(office: Office, smtp: smtplib.SMTP) -> None:
    code, _ = smtp.mail(GURU, [f"size={LIMIT + 1}"])
    assert code == 552
    assert [message.reason for message in stored(office)] == ["oversized"]


def test_the_same_mail_again_is_taken_and_is_the_same_row(office: Office, smtp: smtplib.SMTP) -> None:
    for _ in range(3):
        smtp.sendmail(GURU, ["column@column.example"], plain("Hello there."))
    assert len(stored(office)) == 1


def test_many_at_once_are_all_stored(office: Office, ports: tuple[int, int]) -> None:
    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", ports[0], local_hostname="mx", timeout=PATIENCE) as connection:
            connection.sendmail(GURU, ["column@column.example"], plain(f"This is number {number}."))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(stored(office)) == 10


def test_what_cannot_be_committed_is_to_be_tried_again(office: Office, smtp: smtplib.SMTP) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    office.mailbag.database.write = full  # type: ignore[method-assign, assignment]
    smtp.mail(GURU)
    smtp.rcpt("column@column.example")
    code, said = smtp.data(plain("Hello there."))
    assert code == 452
    assert b"try again later" in said


def test_lmtp_answers_for_each_recipient(office: Office, ports: tuple[int, int]) -> None:
    """smtplib's LMTP reads one answer after DATA, so this speaks for itself."""
    connection = socket.create_connection(("127.0.0.1", ports[1]), timeout=PATIENCE)
    stream = connection.makefile("rwb")

    def answer() -> bytes:
        line = stream.readline()
        while line[3:4] == b"-":
            line = stream.readline()
        return line[:3]

    def say(line: bytes) -> bytes:
        stream.write(line + b"\r\n")
        stream.flush()
        return answer()

    assert answer() == b"220"
    assert say(b"LHLO mta.example") == b"250"
    assert say(b"MAIL FROM:<guru@clinic.example>") == b"250"
    assert say(b"RCPT TO:<column@column.example>") == b"250"
    assert say(b"RCPT TO:<nobody@column.example>") == b"550"
    assert say(b"RCPT TO:<editor@column.example>") == b"250"
    assert say(b"DATA") == b"354"
    assert say(plain("Hello there.").replace(b"\n", b"\r\n") + b".") == b"250"
    assert answer() == b"250"
    assert say(b"QUIT") == b"221"
    connection.close()
    assert [message.recipient for message in stored(office)] == ["column@column.example", "editor@column.example"]


def test_a_flood_of_invented_addresses_is_told_to_try_later(office: Office, ports: tuple[int, int]) -> None:
    """The genuine ones and the roles are taken all the while."""
    office.ask()
    codes = []
    for guess in guesses(MOST_INVENTED + 5):
        with smtplib.SMTP("127.0.0.1", ports[0], local_hostname="mx", timeout=PATIENCE) as connection:
            connection.ehlo()
            connection.mail(GURU)
            codes.append(connection.rcpt(guess)[0])
            assert connection.rcpt(office.reply_address())[0] == 250
    assert codes == [250] * MOST_INVENTED + [450] * 5
    assert [(message.state, message.reason, message.raw) for message in stored(office)] == [
        ("rejected", "guessing", b"")
    ]
