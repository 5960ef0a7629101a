"""A mailbox behind a line that breaks all the time: each mail is stored once, whole, and put away."""

from dataclasses import replace

import pytest

from tests.cutting_proxy import CuttingProxy
from tests.dovecot import Dovecot
from tests.ingress.imap.doors import HURRIED, count, mail, open_door, stored
from tests.office import Office
from tests.servers import wait_until


@pytest.mark.servers
def test_each_mail_comes_exactly_once(office: Office, dovecot: Dovecot, user: str) -> None:
    come_in_while_the_line_breaks(office, dovecot, user, mails=200, cuts=40)


@pytest.mark.long
@pytest.mark.servers
def test_each_of_many_mails_comes_exactly_once(either_office: Office, dovecot: Dovecot, user: str) -> None:
    come_in_while_the_line_breaks(either_office, dovecot, user, mails=2000, cuts=200)


def come_in_while_the_line_breaks(office: Office, dovecot: Dovecot, user: str, *, mails: int, cuts: int) -> None:
    """Some mails arrive with each cut."""
    todo = [mail(number, size=number % 7 * 1000) for number in range(mails)]
    written = list(todo)

    def deliver() -> None:
        some, todo[:] = todo[: mails // cuts], todo[mails // cuts :]
        dovecot.put(*some, user=user)

    deliver()
    with (
        CuttingProxy(dovecot.port, cuts=cuts, seed=mails, on_cut=deliver) as proxy,
        open_door(office, proxy.port, replace(HURRIED, idle=0.05), user=user, marks_seen=True, together=10),
    ):
        wait_until(lambda: proxy.cuts >= cuts, lambda: f"{proxy.cuts} cuts", seconds=300)
        deliver()
        wait_until(lambda: count(office) >= mails, lambda: f"{count(office)} of {mails}", seconds=300)
        wait_until(lambda: dovecot.seen(user) == mails, lambda: f"{dovecot.seen(user)} are marked", seconds=300)
    assert proxy.cuts == cuts
    rows = stored(office)
    assert sorted(message.raw for message in rows) == sorted(written)
    assert {message.recipient for message in rows} == {"column@column.example"}
    names = {line.split()[1] for line in proxy.commands if len(line.split()) > 1}
    assert {b"AUTHENTICATE", b"SELECT", b"UID"} <= names, "the cuts were at all kinds of commands"
