"""The IMAP door at a real Dovecot: what becomes of mail that comes, goes, is renumbered or too large."""

import time
from dataclasses import replace
from typing import Any

import pytest

from app.config import Settings, read_settings
from app.domain.mail import InboundMessage
from app.ingress.imap.account import Patience
from app.ingress.imap.door import imap_doors
from app.store.watched import watched_folders
from app.usecases.watching import Watch, troubled_folders
from tests.cutting_proxy import CuttingProxy
from tests.dovecot import Dovecot
from tests.ingress.imap.doors import HURRIED, count, mail, open_door, row, stored
from tests.office import Office
from tests.servers import wait_until
from tests.usecases.test_receiving import plain

pytestmark = pytest.mark.servers


def come_in(office: Office, mails: int) -> list[InboundMessage]:
    wait_until(lambda: count(office) >= mails, lambda: f"{count(office)} of {mails} mails came in")
    return stored(office)


def looked(office: Office, uid: int) -> None:
    wait_until(lambda: row(office).uid == uid, lambda: f"the mark is at {row(office).uid}")


def test_a_reply_in_a_mailbox_is_published(either_office: Office, dovecot: Dovecot, user: str) -> None:
    office = either_office
    question = office.ask()
    raw = plain("Rest, and then walk.").replace(b"\n", b"\r\n")
    raw = f"Return-Path: <guru@clinic.example>\r\nX-Original-To: {office.reply_address()}\r\n".encode() + raw
    dovecot.put(raw, user=user)
    with open_door(office, dovecot.port, user=user):
        (message,) = come_in(office, 1)
    assert message.raw == raw
    assert (message.door, message.sender) == ("imap", "guru@clinic.example")
    assert message.recipient == office.reply_address()
    office.run_jobs()
    assert office.question(question.id).state == "published"


def test_a_mail_without_an_address_of_ours_is_held(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(b"From: guru@clinic.example\r\nTo: someone@elsewhere.example\r\n\r\nHello.\r\n", user=user)
    with open_door(office, dovecot.port, user=user):
        (message,) = come_in(office, 1)
    office.run_jobs()
    (message,) = stored(office)
    assert (message.state, message.reason, message.recipient) == ("held", "no-token", "column@column.example")


def test_a_mail_that_comes_during_idle_is_here_long_before_the_next_look(
    office: Office, dovecot: Dovecot, user: str
) -> None:
    dovecot.put(mail(1), user=user)
    with open_door(office, dovecot.port, Patience(), user=user):
        come_in(office, 1)
        looked(office, 1)
        time.sleep(0.5)
        dovecot.put(mail(2), user=user)
        began = time.monotonic()
        come_in(office, 2)
        assert time.monotonic() - began < Patience().idle / 10


@pytest.mark.parametrize(
    ("after", "box"),
    [
        ({}, {"INBOX": 3}),
        ({"marks_seen": True}, {"INBOX": 3}),
        ({"move_to": "Done mails"}, {"INBOX": 0, "Done mails": 3}),
    ],
)
def test_mail_is_left_or_marked_or_moved(
    office: Office, dovecot: Dovecot, user: str, after: dict[str, Any], box: dict[str, int]
) -> None:
    dovecot.put(*map(mail, range(3)), user=user)
    with open_door(office, dovecot.port, user=user, **after):
        come_in(office, 3)
        wait_until(lambda: dovecot.mails(user) == box, lambda: str(dovecot.mails(user)))
        is_marked = 3 if after.get("marks_seen") else 0
        wait_until(lambda: dovecot.seen(user) == is_marked, lambda: f"{dovecot.seen(user)} are marked")


def test_what_others_have_read_is_fetched_too(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(mail(1), user=user)
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [rb"\Seen"])
    with open_door(office, dovecot.port, user=user):
        come_in(office, 1)


def test_after_a_restart_it_goes_on_where_it_was(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(mail(1), mail(2), user=user)
    with open_door(office, dovecot.port, user=user):
        looked(office, 2)
    dovecot.put(mail(3), user=user)
    with CuttingProxy(dovecot.port) as proxy, open_door(office, proxy.port, user=user):
        come_in(office, 3)
        looked(office, 3)
        fetched = [line for line in proxy.lines() if b"BODY" in line]
    assert [line.split()[3] for line in fetched] == [b"3"]


def test_a_mail_that_was_committed_before_a_crash_is_the_same_row(
    either_office: Office, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the power fails between the commit and the mark."""
    office = either_office
    dovecot.put(*map(mail, range(5)), user=user)
    with monkeypatch.context() as changed, open_door(office, dovecot.port, user=user):
        changed.setattr("app.store.watched.move_on", _power_fails)
        come_in(office, 5)
    assert row(office).uid == 0
    with open_door(office, dovecot.port, user=user):
        looked(office, 5)
    assert count(office) == 5


def _power_fails(*_: object, **__: object) -> None:
    raise OSError("power")


def test_a_folder_that_is_made_anew_is_read_from_its_beginning(office: Office, dovecot: Dovecot, user: str) -> None:
    """Its numbers begin again at 1, and what came in before is the same row."""
    with dovecot.client(user) as client:
        client.create_folder("Column")
        for number in range(3):
            client.append("Column", mail(number))
        with open_door(office, dovecot.port, user=user, folder="Column"):
            looked(office, 3)
            before = row(office).uidvalidity
            client.delete_folder("Column")
            client.create_folder("Column")
            client.append("Column", mail(2))
            client.append("Column", mail(3))
            come_in(office, 4)
            looked(office, 2)
            wait_until(lambda: row(office).trouble == "", lambda: row(office).trouble)
    assert row(office).uidvalidity != before
    assert [message.raw for message in stored(office)] == [mail(number) for number in range(4)]


def test_a_mailbox_that_is_emptied_meanwhile_is_no_trouble(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(*map(mail, range(5)), user=user)
    with open_door(office, dovecot.port, user=user):
        looked(office, 5)
        with dovecot.client(user) as client:
            client.select_folder("INBOX")
            client.delete_messages(range(1, 6))
            client.expunge()
        dovecot.put(mail(9), user=user)
        come_in(office, 6)
        looked(office, 6)
        assert row(office).trouble == ""


def test_a_mail_that_vanishes_before_it_is_fetched_is_passed_over(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(*map(mail, range(30)), user=user)

    def expunge() -> None:
        with dovecot.client(user) as client:
            client.select_folder("INBOX")
            client.delete_messages(range(11, 21))
            client.expunge()

    with CuttingProxy(dovecot.port) as proxy:
        proxy.before[b"BODY.PEEK"] = expunge
        with open_door(office, proxy.port, user=user, together=5):
            looked(office, 30)
    assert len(stored(office)) == 20


def test_a_mail_that_is_too_large_is_recorded_and_passed_over(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(mail(1), mail(2, size=60_000), mail(3), user=user)
    with open_door(office, dovecot.port, user=user, most_octets=50_000, move_to="Done"):
        looked(office, 3)
        wait_until(lambda: dovecot.mails(user) == {"INBOX": 1, "Done": 2}, lambda: str(dovecot.mails(user)))
    left = [message for message in stored(office) if message.state == "failed"]
    assert [(message.reason, message.raw, message.author) for message in left] == [
        ("oversized", b"", "guru@clinic.example")
    ]
    assert len(stored(office)) == 3


def test_a_mail_that_is_too_large_is_one_row_however_often_it_is_seen(
    office: Office, dovecot: Dovecot, user: str
) -> None:
    dovecot.put(mail(1, size=60_000), user=user)
    for _ in range(2):
        with open_door(office, dovecot.port, user=user, most_octets=50_000):
            looked(office, 1)
        with office.mailbag.database.write() as tx:
            (watched,) = watched_folders(tx)
            watched.uid = 0
    assert len(stored(office)) == 1


def test_an_idle_connection_that_died_is_found(office: Office, dovecot: Dovecot, user: str) -> None:
    patience = replace(HURRIED, answer=0.5)
    with CuttingProxy(dovecot.port) as proxy, open_door(office, proxy.port, patience, user=user):
        dovecot.put(mail(1), user=user)
        come_in(office, 1)
        proxy.stall()
        dovecot.put(mail(2), user=user)
        come_in(office, 2)


def test_without_idle_the_door_looks_now_and_then(office: Office, dovecot: Dovecot, user: str) -> None:
    with CuttingProxy(dovecot.port) as proxy:
        proxy.replaced[b" IDLE"] = b" EIDL"
        with open_door(office, proxy.port, user=user):
            for number in range(1, 4):
                dovecot.put(mail(number), user=user)
                come_in(office, number)
    assert b"IDLE" not in b"".join(proxy.lines())


def test_two_doors_at_one_mailbox_do_no_harm(either_office: Office, dovecot: Dovecot, user: str) -> None:
    office = either_office
    dovecot.put(*map(mail, range(100)), user=user)
    with (
        open_door(office, dovecot.port, user=user, move_to="Done", together=5),
        open_door(office, dovecot.port, user=user, move_to="Done", together=5),
    ):
        for number in range(100, 150):
            dovecot.put(mail(number), user=user)
        looked(office, 150)
        wait_until(lambda: dovecot.mails(user)["INBOX"] == 0, lambda: str(dovecot.mails(user)))
    assert dovecot.mails(user)["Done"] >= 150, "more, where the server moved one for both"
    assert sorted(message.raw for message in stored(office)) == sorted(map(mail, range(150)))


def test_a_database_that_is_away_delays_and_loses_nothing(office: Office, dovecot: Dovecot, user: str) -> None:
    write = office.mailbag.database.write

    def full() -> Any:
        raise OSError(28, "No space left on device")

    dovecot.put(*map(mail, range(3)), user=user)
    with open_door(office, dovecot.port, user=user, marks_seen=True):
        office.mailbag.database.write = full  # type: ignore[method-assign]
        dovecot.put(mail(3), user=user)
        time.sleep(0.5)
        office.mailbag.database.write = write  # type: ignore[method-assign]
        come_in(office, 4)
        wait_until(lambda: dovecot.seen(user) == 4, lambda: f"{dovecot.seen(user)} are marked")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_line_is_encrypted_and_the_certificate_checked(
    office: Office, dovecot: Dovecot, user: str, security: str
) -> None:
    port = dovecot.tls_port if security == "tls" else dovecot.port
    dovecot.put(mail(1), user=user)
    with open_door(office, port, user=user, security=security):
        wait_until(lambda: bool(row(office).trouble), lambda: "no trouble with an unknown certificate")
    assert "MAILBAG_IMAP_CA_FILE" in row(office).trouble
    assert count(office) == 0
    with open_door(office, port, user=user, security=security, ca_file=dovecot.ca_file, host="localhost"):
        come_in(office, 1)


def test_a_refused_login_is_told_and_not_repeated_at_once(office: Office, dovecot: Dovecot, user: str) -> None:
    with CuttingProxy(dovecot.port) as proxy:
        with open_door(office, proxy.port, replace(HURRIED, refused=300), user=user, password="wrong"):
            wait_until(lambda: bool(proxy.connections), lambda: "no connection")
            time.sleep(3)  # Dovecot takes two seconds to refuse
            assert len(proxy.connections) == 1
        assert "MAILBAG_IMAP_PASSWORD" in row(office).trouble
        assert "wrong" not in row(office).trouble


def test_a_connection_cut_while_signing_in_is_no_refusal(office: Office, dovecot: Dovecot, user: str) -> None:
    dovecot.put(mail(1), user=user)
    with CuttingProxy(dovecot.port) as proxy:
        proxy.before[b"AUTHENTICATE"] = proxy.cut_now
        with open_door(office, proxy.port, replace(HURRIED, refused=300), user=user):
            come_in(office, 1)


def test_a_folder_that_is_not_there_is_told(office: Office, dovecot: Dovecot, user: str) -> None:
    with open_door(office, dovecot.port, user=user, folder="Column"):
        wait_until(lambda: "MAILBAG_IMAP_FOLDER" in row(office).trouble, lambda: row(office).trouble)


def settings(**values: str) -> Settings:
    return read_settings({"MAILBAG_SECRET_KEY": "k" * 32, **values})


MAILBOX = {"MAILBAG_IMAP_HOST": "imap.example", "MAILBAG_IMAP_USER": "column", "MAILBAG_IMAP_PASSWORD": "hush"}


@pytest.mark.parametrize(
    ("values", "names"), [(MAILBOX, ["INBOX of column on imap.example"]), ({}, [])], ids=["a mailbox", "none"]
)
def test_the_settings_say_what_is_watched_and_what_no_more(
    office: Office, values: dict[str, str], names: list[str]
) -> None:
    Watch(office.mailbag, "anna on imap.example", "INBOX").troubled("no login")
    assert [door.name for door in imap_doors(office.mailbag, settings(**values))] == names
    assert troubled_folders(office.mailbag) == []
