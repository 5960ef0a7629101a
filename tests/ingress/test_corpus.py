"""The whole corpora through the LMTP door in one go: every mail ends in one named state, byte for byte."""

import smtplib
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain.mail import InboundMessage, InboundState, Reason
from app.ingress.server import Listener, MailServer
from app.ingress.smtp import lmtp_door
from app.usecases.was_it_you import MOST_IN_A_DAY
from tests.office import GURU, open_copy
from tests.ports import free_ports

FINAL = {InboundState.ACCEPTED, InboundState.HELD, InboundState.DISCARDED, InboundState.FAILED}


def corpora(shared: Path) -> list[bytes]:
    folders = (shared / "corpus" / "messages", shared / "corpus" / "bounces" / "mail")
    return [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.long)])
def test_every_mail_ends_in_a_named_state_byte_for_byte(
    shared: Path, sqlite_template: Path, tmp_path: Path, every: int
) -> None:
    """To the reply address, to the bounce address and to a role, in turn: by LMTP, as an MTA hands it over."""
    mails = [wire(raw) for raw in corpora(shared)[::every]]
    assert len(mails) > 800 // every
    (port,) = free_ports(1)
    with open_copy(sqlite_template, tmp_path / "mailbag.db") as office:
        office.ask()
        asked, before = office.deliveries()[-1], len(office.server.sent)
        links = office.mailbag.links
        recipients = [links.reply_address(asked), links.bounce_address(asked), "column@column.example"]
        door = partial(lmtp_door, office.mailbag, max_bytes=25_000_000, hostname="column.example")
        server = MailServer([Listener("lmtp", "127.0.0.1", port, door)])
        server.start()
        try:
            hand_over(port, mails, recipients)
        finally:
            server.stop()
        office.run_jobs()
        sent = len(office.server.sent) - before
        with office.mailbag.database.read() as tx:
            rows = list(tx.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))
            stored = {(row.raw, row.recipient) for row in rows}
            assert stored == {(raw, recipients[at % 3]) for at, raw in enumerate(mails)}
            assert {row.state for row in rows} <= FINAL
            assert all(row.reason is not Reason.NONE for row in rows)
            assert all(len([e for e in row.events if e.name != "mail received"]) >= 1 for row in rows)
            assert not [row for row in rows if row.reason is Reason.ANSWER], "none is from her address"
        assert sent <= MOST_IN_A_DAY
        assert {mail.envelope.recipient for mail in office.server.sent[before:]} <= {GURU}, "no sender is told anything"


def wire(raw: bytes) -> bytes:
    """As SMTP carries it: CRLF, and a last line that ends (RFC 5321, 2.3.8)."""
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def hand_over(port: int, mails: list[bytes], recipients: list[str]) -> None:
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as lmtp:
        lmtp.ehlo()
        for at, raw in enumerate(mails):
            sender = "" if at % 2 else "pat@clinic.example"
            assert lmtp.mail(sender)[0] == 250
            assert lmtp.rcpt(recipients[at % 3])[0] == 250
            assert lmtp.data(raw)[0] == 250
