"""Servers on their bad days: cut literals, numbers given twice, answers that nobody asked for, goodbyes."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.ingress.imap import session as sessions
from app.ingress.imap.account import Account, Patience
from app.ingress.imap.connection import connected
from app.ingress.imap.door import imap_door
from app.ingress.imap.session import Session
from app.ingress.imap.sign_in import ByPassword
from app.ingress.imap.wire import Lost, Refused
from tests.cutting_proxy import CuttingProxy
from tests.ingress.imap.doors import HURRIED, account, count, mail, open_door, row, stored
from tests.office import Office
from tests.scripted_imap import HangUp, ScriptedImap, literal
from tests.servers import wait_until


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap({number: mail(number) for number in range(1, 6)}) as started:
        yield started


def connect(server: ScriptedImap, patience: Patience = HURRIED, **changes: Any) -> Any:
    box: Account = account(server.port, **changes)
    return connected(box, patience, ByPassword(box))


def raws(office: Office) -> list[bytes]:
    return sorted(message.raw for message in stored(office))


def came_in(office: Office, mails: int) -> None:
    wait_until(lambda: count(office) >= mails, lambda: f"{count(office)} of {mails}: {row(office).trouble}")


def once(server: ScriptedImap, name: str, *answers: Any) -> None:
    """These answers first, one for each command; then the usual ones."""
    left = list(answers)

    def answer(tag: str, arguments: str) -> bytes:
        return (left.pop(0) if left else server._usual(name))(tag, arguments)  # type: ignore[no-any-return]

    server.answers[name] = answer


def test_a_literal_that_is_cut_is_never_taken(office: Office, server: ScriptedImap) -> None:
    """At any octet of the answer, also where what came looks like a whole mail."""
    cuts = [0, 1, 20, 45, 46, 100, 200, len(literal(1, 1, mail(1))) - 3, len(literal(1, 1, mail(1))) - 1]

    def cut(tag: str, arguments: str) -> bytes:
        if "BODY" in arguments and cuts:
            raise HangUp(server.fetch(tag, arguments)[: cuts.pop(0)])
        return server.fetch(tag, arguments)

    server.answers["UID FETCH"] = cut
    with open_door(office, server.port):
        came_in(office, 5)
    assert cuts == []
    assert raws(office) == sorted(server.mails.values())


def test_a_mail_shorter_than_announced_is_fetched_again(office: Office, server: ScriptedImap) -> None:
    """Some servers give an empty mail for one that is being deleted (RFC 2180, 4.1.3)."""
    once(server, "UID FETCH", server.fetch, lambda tag, _: literal(1, 1, b"") + f"{tag} OK done\r\n".encode())
    with open_door(office, server.port, together=1):
        came_in(office, 5)
    assert raws(office) == sorted(server.mails.values())


def test_a_size_that_was_only_a_guess_stops_nothing(office: Office, server: ScriptedImap) -> None:
    def guess(tag: str, arguments: str) -> bytes:
        answer = server.fetch(tag, arguments)
        return answer.replace(b"RFC822.SIZE ", b"RFC822.SIZE 9") if "SIZE" in arguments else answer

    server.answers["UID FETCH"] = guess
    with open_door(office, server.port):
        came_in(office, 5)
    assert raws(office) == sorted(server.mails.values())


@pytest.mark.parametrize("no", [b"NO [SERVERBUG] broken", b"NO cannot", b"BAD what"])
def test_a_mail_that_cannot_be_had_holds_the_mark_and_nothing_else(
    office: Office, server: ScriptedImap, no: bytes
) -> None:
    is_broken = True

    def fetch(tag: str, arguments: str) -> bytes:
        if is_broken and "BODY" in arguments and 3 in server.meant(arguments.partition(" ")[0]):
            return tag.encode() + b" " + no + b"\r\n"
        return server.fetch(tag, arguments)

    server.answers["UID FETCH"] = fetch
    with open_door(office, server.port):
        came_in(office, 4)
        wait_until(lambda: "UID 3" in row(office).trouble, lambda: row(office).trouble)
        assert row(office).uid == 2
        is_broken = False
        came_in(office, 5)
        wait_until(lambda: (row(office).uid, row(office).trouble) == (5, ""), lambda: row(office).trouble)
    assert raws(office) == sorted(server.mails.values())


def test_a_mail_that_could_not_be_had_and_goes_away_holds_nothing(office: Office, server: ScriptedImap) -> None:
    server.answers["UID FETCH"] = lambda tag, arguments: (
        b"".join(server.one(uid, arguments) for uid in server.meant(arguments.partition(" ")[0]) if uid != 3)
        + f"{tag} OK done\r\n".encode()
    )
    with open_door(office, server.port):
        wait_until(lambda: "UID 3" in row(office).trouble, lambda: row(office).trouble)
        del server.mails[3]
        wait_until(lambda: (row(office).uid, row(office).trouble) == (5, ""), lambda: row(office).trouble)
    assert count(office) == 4


def test_two_mails_under_one_number_are_both_taken(office: Office, server: ScriptedImap) -> None:
    twin = mail(99)
    server.answers["UID SEARCH"] = lambda tag, arguments: (
        f"* SEARCH {'1 2 3 3 4 5' if '1:*' in arguments else ''}\r\n{tag} OK done\r\n".replace(" \r", "\r").encode()
    )
    server.answers["SEARCH"] = lambda tag, _: f"* SEARCH 3 4\r\n{tag} OK done\r\n".encode()
    server.answers["FETCH"] = lambda tag, _: (
        literal(3, 3, mail(3)) + literal(4, 3, twin) + f"{tag} OK done\r\n".encode()
    )
    with open_door(office, server.port):
        came_in(office, 6)
    assert raws(office) == sorted([*server.mails.values(), twin])


def test_a_twin_that_does_not_come_is_waited_for(server: ScriptedImap) -> None:
    server.answers["SEARCH"] = lambda tag, _: f"* SEARCH 3 4\r\n{tag} OK done\r\n".encode()
    server.answers["FETCH"] = lambda tag, _: literal(3, 3, mail(3)) + f"{tag} OK done\r\n".encode()
    with pytest.raises(Lost, match="UID 3"), connect(server) as session:
        session.open()
        session.twins(3)


def test_what_nobody_asked_for_is_passed_over(office: Office, server: ScriptedImap) -> None:
    noise = b"* 3 FETCH (FLAGS (\\Seen))\r\n* 9 EXISTS\r\n* 2 EXPUNGE\r\n* OK [ALERT] Tea\r\n* FLAGS (\\Seen)\r\n"
    for name in ("EXAMINE", "UID SEARCH", "UID FETCH", "CAPABILITY"):
        usual = server._usual(name)
        server.answers[name] = lambda tag, arguments, usual=usual: noise + usual(tag, arguments) + noise  # type: ignore[misc]
    with open_door(office, server.port):
        came_in(office, 5)
        server.mails[6] = mail(6)
        came_in(office, 6)
    assert raws(office) == sorted(server.mails.values())


@pytest.mark.parametrize("name", ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("last", [b"* BYE Shutting down\r\n", b"", b"* garb", b"\xff\x00\r\n", b"* 1 FETCH (UID\r\n"])
def test_a_server_that_breaks_off_at_any_command_is_tried_again(
    office: Office, server: ScriptedImap, name: str, last: bytes
) -> None:
    def goodbye(*_: str) -> bytes:
        raise HangUp(last)

    once(server, name, goodbye)
    with open_door(office, server.port, replace(HURRIED, refused=300)):
        came_in(office, 5)
    assert raws(office) == sorted(server.mails.values())


def test_a_goodbye_during_idle_is_heard(office: Office, server: ScriptedImap) -> None:
    server.capabilities += " IDLE"

    def goodbye(tag: str, _: str) -> bytes:
        server.mails[6] = mail(6)
        raise HangUp(b"+ idling\r\n* BYE Shutting down\r\n")

    once(server, "IDLE", goodbye, *[lambda tag, _: b"+ idling\r\n"] * 50)
    with open_door(office, server.port, replace(HURRIED, idle=60)):
        came_in(office, 6)


def test_mail_that_came_just_before_idle_is_not_overlooked(office: Office, server: ScriptedImap) -> None:
    """Its EXISTS stands in the same packet as the `+`, where poll() does not see it any more."""
    server.capabilities += " IDLE"

    def late(tag: str, _: str) -> bytes:
        server.mails[6] = mail(6)
        server.answers["DONE"] = lambda *_: f"{tag} OK done\r\n".encode()
        return b"+ idling\r\n* 6 EXISTS\r\n"

    once(server, "IDLE", late, *[lambda tag, _: b"+ idling\r\n"] * 50)
    with open_door(office, server.port, replace(HURRIED, idle=60)):
        began = time.monotonic()
        came_in(office, 6)
        assert time.monotonic() - began < 30, "long before the next look"


def test_sparse_numbers_are_asked_for_in_portions(
    office: Office, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "WINDOW", 10)
    server.mails = {uid: mail(uid) for uid in (4, 11, 12, 55, 98, 4_000_000_000)}
    server.answers["EXAMINE"] = lambda tag, _: (
        f"* 6 EXISTS\r\n* OK [UIDVALIDITY 4294967295]\r\n* OK [UIDNEXT 100]\r\n{tag} OK done\r\n".encode()
    )
    with open_door(office, server.port):
        came_in(office, 6)
        wait_until(lambda: row(office).uid == 4_000_000_000, lambda: str(row(office).uid))
    assert raws(office) == sorted(server.mails.values())


def test_the_last_mail_is_not_taken_for_a_new_one(office: Office, server: ScriptedImap) -> None:
    """`6:*` means 5 too, where there is no 6."""
    with open_door(office, server.port):
        came_in(office, 5)
        server.heard.clear()
        wait_until(lambda: server.heard.count("UID SEARCH") > 3, lambda: str(server.heard))
        assert "UID FETCH" not in server.heard


def test_a_folder_that_we_leave_alone_is_opened_for_reading(server: ScriptedImap) -> None:
    for changes, command in (({}, "EXAMINE"), ({"marks_seen": True}, "SELECT"), ({"move_to": "Done"}, "SELECT")):
        server.heard.clear()
        with connect(server, **changes) as session:
            session.open()
        assert ({"EXAMINE", "SELECT"} & set(server.heard)) == {command}


def test_without_move_the_mail_is_copied_and_marked_as_deleted(server: ScriptedImap) -> None:
    for ability, expected in (("", {"UID COPY", "UID STORE"}), (" UIDPLUS", {"UID COPY", "UID STORE", "UID EXPUNGE"})):
        server.capabilities = "IMAP4rev1 AUTH=PLAIN" + ability
        server.heard.clear()
        with connect(server, move_to="Done") as session:
            session.open()
            session.put_away([1, 2])
        assert {name for name in server.heard if name.startswith("UID ")} == expected


def test_a_folder_that_another_door_made_meanwhile_is_used(server: ScriptedImap) -> None:
    server.capabilities = "IMAP4rev1 AUTH=PLAIN MOVE"
    server.answers["CREATE"] = lambda tag, _: f"{tag} NO [ALREADYEXISTS] Mailbox already exists\r\n".encode()
    with connect(server, move_to="Done") as session:
        session.open()
        session.put_away([1, 2])
    assert "UID MOVE" in server.heard


def test_a_folder_that_may_not_be_made_is_told(server: ScriptedImap) -> None:
    server.answers["CREATE"] = lambda tag, _: f"{tag} NO [NOPERM] no\r\n".encode()
    with connect(server, move_to="Done") as session, pytest.raises(Refused, match="MAILBAG_IMAP_AFTER"):
        session.open()
        session.put_away([1, 2])


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("EXAMINE", "NO no such folder", "MAILBAG_IMAP_FOLDER"),
        ("EXAMINE", "OK open", "numbers its mails anew"),
        ("AUTHENTICATE", "NO [AUTHENTICATIONFAILED] no", "MAILBAG_IMAP_PASSWORD"),
        ("AUTHENTICATE", "BAD what", "MAILBAG_IMAP_PASSWORD"),
    ],
)
def test_what_only_a_person_can_mend_is_told(server: ScriptedImap, name: str, answer: str, words: str) -> None:
    server.answers[name] = lambda tag, _: f"{tag} {answer}\r\n".encode()
    with pytest.raises(Refused, match=words), connect(server) as session:
        session.open()


@pytest.mark.parametrize("name", ["EXAMINE", "AUTHENTICATE"])
@pytest.mark.parametrize("code", ["UNAVAILABLE", "INUSE", "LIMIT"])
def test_what_may_pass_is_no_refusal(server: ScriptedImap, name: str, code: str) -> None:
    server.answers[name] = lambda tag, _: f"{tag} NO [{code}] later\r\n".encode()
    with pytest.raises(Lost), connect(server) as session:
        session.open()


def test_a_password_is_not_said_to_a_server_that_wants_tls(server: ScriptedImap) -> None:
    server.capabilities = "IMAP4rev1 LOGINDISABLED STARTTLS"
    with pytest.raises(Refused, match="MAILBAG_IMAP_SECURITY"), connect(server):
        pass
    assert not {"LOGIN", "AUTHENTICATE"} & set(server.heard)


def test_without_starttls_nothing_is_said_in_clear(server: ScriptedImap) -> None:
    """As where somebody on the way takes it out of the list."""
    with pytest.raises(Lost), connect(server, security="starttls"):
        pass
    assert not {"LOGIN", "AUTHENTICATE"} & set(server.heard)


def test_a_server_that_falls_silent_is_given_up(server: ScriptedImap) -> None:
    with (
        CuttingProxy(server.port) as proxy,
        connected(account(proxy.port), replace(HURRIED, answer=0.2), ByPassword(account(proxy.port))) as session,
    ):
        proxy.stall()
        with pytest.raises(Lost):
            session.open()


def test_nobody_at_home_is_lost(server: ScriptedImap) -> None:
    with CuttingProxy(server.port) as proxy:
        port = proxy.port
    with pytest.raises(Lost, match=f"127.0.0.1:{port}"), connected(account(port), HURRIED, ByPassword(account(port))):
        pass


def test_the_waits_grow_and_have_jitter(office: Office) -> None:
    door = imap_door(office.mailbag, account(1), Patience())
    waits = []
    for failures in range(1, 40):
        door._failures = failures
        waits.append([door._delay() for _ in range(50)])
    assert all(0.5 <= wait <= 1 for wait in waits[0])
    assert all(2 <= wait <= 4 for wait in waits[2])
    assert all(150 <= wait <= 300 for wait in waits[-1])
    assert len({round(wait, 6) for wait in waits[-1]}) > 40


def test_a_door_stops_at_once(office: Office, server: ScriptedImap) -> None:
    server.capabilities += " IDLE"
    server.answers["IDLE"] = lambda *_: b"+ idling\r\n"
    with open_door(office, server.port, Patience()) as door:
        came_in(office, 5)
        began = time.monotonic()
        door.stop(10)
        assert time.monotonic() - began < 10, "it ended, and was not given up"
        assert threading.active_count() < 100


def test_the_session_knows_a_gone_mail_from_one_that_is_there(server: ScriptedImap) -> None:
    with connect(server) as session:
        assert isinstance(session, Session)
        session.open()
        assert session.still_there([2, 3, 77]) == {2, 3}
        assert session.sizes([2, 77]) == {2: len(mail(2))}
        assert session.bodies([77]) == {}
