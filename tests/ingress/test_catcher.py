"""The demo's post office keeps each mail as it left, whoever it was for, across restarts."""

import smtplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.ingress.catcher import PostOffice, catcher
from app.ingress.server import Listener, MailServer
from tests.office import ANNA, BECKY, GURU
from tests.ports import free_ports
from tests.servers import PATIENCE

COLUMN = "b-4711@column.example"
RAW = b"From: column@column.example\r\nSubject: =?utf-8?q?=E2=80=A6?=\r\n\r\nRest.\r\n.\r\n..\r\n.dot \xff\x00\r\n"


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "not" / "there" / "yet")


@pytest.fixture
def smtp(office: PostOffice) -> Iterator[smtplib.SMTP]:
    (port,) = free_ports(1)
    server = MailServer([Listener("catcher", "127.0.0.1", port, partial(catcher, office))])
    server.start()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mailbag", timeout=PATIENCE) as connection:
        yield connection
    server.stop()


def test_the_bytes_and_the_envelope_are_kept(office: PostOffice) -> None:
    office.keep(RAW, sender=COLUMN, recipient=GURU)
    (mail,) = office.all()
    assert mail.raw == RAW
    assert (mail.sender, mail.recipient) == (COLUMN, GURU)
    assert datetime.now(UTC) - mail.caught_at < timedelta(minutes=1)


def test_addresses_of_any_script_are_kept(office: PostOffice) -> None:
    office.keep(RAW, sender="", recipient="gürü@клиника.example")
    assert [(mail.sender, mail.recipient) for mail in office.all()] == [("", "gürü@клиника.example")]


def test_the_newest_comes_first(office: PostOffice) -> None:
    for number in range(12):
        office.keep(RAW, sender=COLUMN, recipient=f"{number}@asker.example")
    assert [mail.recipient.partition("@")[0] for mail in office.all()] == [str(n) for n in reversed(range(12))]
    assert [mail.id for mail in office.all()] == list(range(12, 0, -1))


def test_a_mail_is_found_by_its_number(office: PostOffice) -> None:
    office.keep(RAW, sender=COLUMN, recipient=GURU)
    office.keep(RAW + b"two", sender=COLUMN, recipient=BECKY)
    second = office.get(2)
    assert second is not None
    assert (second.raw, second.recipient) == (RAW + b"two", BECKY)


@pytest.mark.parametrize("number", [0, 2, -1, 10**9])
def test_a_number_that_nobody_has_is_nothing(office: PostOffice, number: int) -> None:
    office.keep(RAW, sender=COLUMN, recipient=GURU)
    assert office.get(number) is None


def test_an_empty_post_office_has_no_mail(office: PostOffice) -> None:
    assert office.all() == []


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(11):  # beyond 9, where an order by name would go wrong
        PostOffice(tmp_path).keep(RAW, sender=COLUMN, recipient=GURU)
    assert [mail.id for mail in PostOffice(tmp_path).all()] == list(range(11, 0, -1))


def test_what_was_cut_off_by_a_crash_is_not_shown(tmp_path: Path) -> None:
    office = PostOffice(tmp_path)
    office.keep(RAW, sender=COLUMN, recipient=GURU)
    (tmp_path / "2.eml").write_bytes(RAW[:10])
    (tmp_path / "2.part").write_text("{", encoding="utf-8")
    restarted = PostOffice(tmp_path)
    assert [mail.id for mail in restarted.all()] == [1]
    restarted.keep(RAW, sender=COLUMN, recipient=BECKY)
    assert [(mail.id, mail.recipient, mail.raw) for mail in restarted.all()] == [(2, BECKY, RAW), (1, GURU, RAW)]


def test_mails_kept_at_the_same_moment_have_numbers_of_their_own(office: PostOffice) -> None:
    start = threading.Barrier(8)

    def keep(clerk: int) -> None:
        start.wait()
        for number in range(10):
            office.keep(b"%d %d" % (clerk, number), sender=COLUMN, recipient=GURU)

    clerks = [threading.Thread(target=keep, args=(clerk,)) for clerk in range(8)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert len({mail.id for mail in office.all()}) == 80
    assert len({mail.raw for mail in office.all()}) == 80


def test_a_mail_to_several_comes_once_for_each(office: PostOffice, smtp: smtplib.SMTP) -> None:
    assert smtp.sendmail(COLUMN, [GURU, BECKY, ANNA], RAW) == {}
    assert [mail.recipient for mail in office.all()] == [ANNA, BECKY, GURU]
    assert {(mail.sender, mail.raw) for mail in office.all()} == {(COLUMN, RAW)}


def test_an_empty_sender_stays_empty(office: PostOffice, smtp: smtplib.SMTP) -> None:
    smtp.sendmail("", [GURU], RAW)
    assert [mail.sender for mail in office.all()] == [""]


def test_a_connection_may_bring_several_mails(office: PostOffice, smtp: smtplib.SMTP) -> None:
    for number in range(3):
        smtp.sendmail(COLUMN, [GURU], RAW + b"%d\r\n" % number)
    assert [mail.raw[-3:] for mail in office.all()] == [b"2\r\n", b"1\r\n", b"0\r\n"]


def test_what_is_broken_off_is_not_kept(office: PostOffice, smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    smtp.mail(COLUMN)
    smtp.rcpt(GURU)
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(b"Subject: half a mail\r\n\r\nRest, and then")
    assert smtp.sock is not None
    port = smtp.sock.getpeername()[1]
    smtp.close()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mailbag", timeout=PATIENCE) as later:
        later.sendmail(COLUMN, [BECKY], RAW)
    assert [mail.recipient for mail in office.all()] == [BECKY]
