"""A mailbox behind a line that breaks all the time: each mail is stored once, whole, and put away."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cutting_proxy import CuttingProxy
from tests.dovecot import Dovecot
from tests.ingress.imap.doors import HURRIED, count, mail, open_door, stored
from tests.office import Office, open_office
from tests.servers import wait_until

LONG = pytest.param(2000, 200, marks=pytest.mark.long)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.mark.servers
@pytest.mark.parametrize(("mails", "cuts"), [(200, 40), LONG])
def test_each_mail_comes_exactly_once(office: Office, dovecot: Dovecot, mails: int, cuts: int) -> None:
    """Mail arrives while the line breaks: some with each cut."""
    user = f"cut-{mails}-{office.mailbag.database.engine.name}"
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
        wait_until(lambda: count(office) >= mails, lambda: f"{count(office)} of {mails}", seconds=60)
        wait_until(lambda: dovecot.seen(user) == mails, lambda: f"{dovecot.seen(user)} are marked", seconds=30)
    assert proxy.cuts == cuts
    rows = stored(office)
    assert sorted(message.raw for message in rows) == sorted(written)
    assert {message.recipient for message in rows} == {"column@column.example"}
    names = {line.split()[1] for line in proxy.commands if len(line.split()) > 1}
    assert {b"AUTHENTICATE", b"SELECT", b"UID"} <= names, "the cuts were at all kinds of commands"
