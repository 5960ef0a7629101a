"""Machines that answer everything, wired to a Mailbag for a thousand rounds: nobody is bombed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.token import Purpose
from app.mail.kind import OwnMarks
from app.usecases import receiving
from tests.office import GURU, Office, Sent, open_copy
from tests.usecases.test_receiving import plain

SHORT_AND_LONG = [12, pytest.param(1000, marks=pytest.mark.long)]
type_of_responder = Callable[[Sent, int], bytes]


def marked(sent: Sent, number: int) -> bytes:
    return plain("I am away.", **{"Auto-Submitted": "auto-replied", "Message-ID": f"<{number}@x.example>"})


def by_its_words(sent: Sent, number: int) -> bytes:
    return plain("I am out of the office until Monday.", **{"Message-ID": f"<{number}@x.example>"})


def silent(sent: Sent, number: int) -> bytes:
    return plain("", **{"Message-ID": f"<{number}@x.example>"})


def like_a_person(sent: Sent, number: int) -> bytes:
    """No mark and no word gives it away: its first is an answer, and gets a receipt."""
    return plain(f"Noted, number {number}.", **{"Message-ID": f"<{number}@x.example>"})


def echo(sent: Sent, number: int) -> bytes:
    return plain(sent.raw.decode("ascii", "replace"), **{"Message-ID": f"<{number}@x.example>"})


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "one.db") as opened:
        yield opened


@pytest.mark.parametrize("rounds", SHORT_AND_LONG)
@pytest.mark.parametrize("responder", [marked, by_its_words, silent, like_a_person, echo])
def test_a_responder_gets_two_mails_at_most(office: Office, responder: type_of_responder, rounds: int) -> None:
    """It answers each mail, to either address; where none comes any more it goes on answering the last."""
    office.ask()
    for number in range(rounds):
        mails = office.server.to(GURU)
        sent = mails[min(number, len(mails) - 1)]
        to = sent.envelope.sender if number % 2 else reply_to(sent)
        receiving.accept(office.mailbag, responder(sent, number), door="smtp", sender=GURU, recipient=to)
        office.run_jobs()
    assert len(office.server.to(GURU)) <= 2


def reply_to(sent: Sent) -> str:
    line = next(line for line in sent.raw.split(b"\r\n") if line.startswith(b"Reply-To: "))
    return line.split(b": ", 1)[1].decode().strip("<> ")


@pytest.mark.parametrize("rounds", SHORT_AND_LONG)
@pytest.mark.parametrize("first_address", ["column", "token"])
def test_two_mailbags_as_each_others_experts_stay_quiet(
    office: Office, sqlite_template: Path, tmp_path: Path, first_address: str, rounds: int
) -> None:
    """The expert of the one is an address of the other: whatever one sends, the other takes in."""
    with open_copy(sqlite_template, tmp_path / "two.db") as other:
        for each in (office, other):
            object.__setattr__(each.mailbag, "own_marks", OwnMarks("column.example"))
        office.ask()
        other.ask()
        handed = {id(office): 0, id(other): 0}
        mails = 0
        for _ in range(rounds):
            for one, two in ((office, other), (other, office)):
                new = one.server.to(GURU)[handed[id(one)] :]
                handed[id(one)] += len(new)
                mails += len(new)
                to = "column@column.example" if first_address == "column" else two.reply_address()
                for sent in new:
                    receiving.accept(two.mailbag, sent.raw, door="smtp", sender=sent.envelope.sender, recipient=to)
                two.run_jobs()
        assert mails == 2, "the two questions, and nothing more"


def test_a_ceiling_holds_where_every_mail_is_taken_for_a_persons(office: Office) -> None:
    key = office.mailbag.links.signer.mint(Purpose.FORM, 2)
    office.ask()
    office.ask(text="And my other knee hurts as well, since yesterday. Should I rest?", form_key=key)
    object.__setattr__(office.mailbag, "most_notices", 1)
    for number in range(20):
        office.receive(silent(office.server.to(GURU)[-1], number))
    assert len(office.server.to(GURU)) == 3
