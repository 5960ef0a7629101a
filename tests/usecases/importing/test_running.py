"""An import writes each letter once, whatever happens in the middle of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.store import archive, moved
from app.store import tables as t
from app.store.base import Transaction
from app.usecases.importing import Cut, Defaults, ImportedLetter, Place, import_letters, storing
from app.usecases.importing.fields import letter_of
from app.usecases.importing.sources import Form, letters_in
from tests.office import COLUMN, Office, open_copy

ROOT = Path(__file__).parents[3]


def letters(number: int, **more: str) -> Iterator[ImportedLetter]:
    for n in range(number):
        values = {"date": "2014-01-11", "question": f"Letter number {n}, about a heel.", "answer": "Roll it.", **more}
        letter = letter_of(values, Place(n + 1), Defaults("The Guru", "Running Advice"))
        assert isinstance(letter, ImportedLetter)
        yield letter


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """On SQLite: what differs between the databases is below the transactions that are tested elsewhere."""
    with open_copy(sqlite_template, tmp_path / "mailbag.db") as opened:
        yield opened


def count(office: Office) -> int:
    with office.mailbag.database.read() as tx:
        return archive.count(tx)


def test_the_same_letters_again_change_nothing(office: Office) -> None:
    assert import_letters(office.mailbag, letters(50)).new == 50
    with office.mailbag.database.read() as tx:
        before = tx.session.scalars(select(t.edition.c.number)).one()
    again = import_letters(office.mailbag, letters(50))
    assert (again.new, again.known) == (0, 50)
    with office.mailbag.database.read() as tx:
        assert tx.session.scalars(select(t.edition.c.number)).one() == before


def test_what_is_in_is_in_when_the_import_is_killed_and_the_rest_follows(office: Office) -> None:
    class Killed(BaseException):
        pass

    def dying() -> Iterator[ImportedLetter]:
        yield from letters(100)
        raise Killed

    with pytest.raises(Killed):
        import_letters(office.mailbag, dying())
    assert count(office) == 80, "two batches of forty; the third was being read"
    report = import_letters(office.mailbag, letters(101))
    assert (report.new, report.known, count(office)) == (21, 80, 101)


def test_a_real_kill_leaves_no_half_a_letter(sqlite_template: Path, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")},
        "MAILBAG_DATA_DIR": str(tmp_path),
        "MAILBAG_SECRET_KEY": "k" * 32,
        "MAILBAG_AUTHENTICATION": "off",
    }
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    rows = [f"2014-01-11,Letter number {n} about a heel,Roll it,/old/{n}\n" for n in range(3000)]
    (tmp_path / "all.csv").write_text("date,question,answer,url\n" + "".join(rows), encoding="utf-8")
    with open_copy(sqlite_template, tmp_path / "mailbag.db") as office:
        process = subprocess.Popen(
            [*command, "import", str(tmp_path / "all.csv")], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        while count(office) < 40 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = count(office)
        assert 40 <= after < 3000
        with office.mailbag.database.read() as tx:
            assert tx.session.scalar(select(func.count()).select_from(t.old_address)) == after
            assert tx.session.scalar(select(func.count()).select_from(t.revision)) == after
            assert tx.session.scalar(select(func.count()).select_from(t.indexed_letter)) == after
        with (tmp_path / "all.csv").open("rb") as stream:
            some = islice(letters_in(stream, Form.TABLE, Defaults("", ""), COLUMN), after + 50)
            report = import_letters(office.mailbag, some)
        assert (report.known, report.new) == (after, 50)
        with office.mailbag.database.read() as tx:
            assert archive.count(tx) == after + 50
            texts = list(tx.session.scalars(select(t.question.c.text)))
            assert len(texts) == len(set(texts)), "no letter is there twice"


def test_another_import_at_the_same_time_makes_no_second_letter(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one commits the same letters between our look and our writing."""
    asked = storing.is_there
    others = [1]

    def late(tx: Transaction, letter: ImportedLetter) -> bool:
        return False if others and others.pop() else asked(tx, letter)

    import_letters(office.mailbag, letters(3))
    monkeypatch.setattr(storing, "is_there", late)
    report = import_letters(office.mailbag, letters(3))
    assert (report.new, report.known, count(office)) == (0, 3, 3)


def test_a_preview_writes_nothing_and_knows_doubles(office: Office) -> None:
    shown = []
    doubled = (letter for _ in range(2) for letter in letters(3))
    report = import_letters(office.mailbag, doubled, dry_run=True, show=shown.append)
    assert (report.new, report.known, count(office)) == (3, 3, 0)
    assert [item.is_new for item in shown] == [True] * 3 + [False] * 3


def test_names_and_texts_that_cannot_be_printed_are_told(office: Office) -> None:
    odd = [*letters(1, asker="x" * 201), *letters(1, topic="y" * 101), *letters(1, answer="\x00 \t\x1f")]
    report = import_letters(office.mailbag, iter(odd))
    assert [bad.problem for bad in report.skipped] == ["name-too-long", "name-too-long", "blank"]
    assert count(office) == 0


def test_old_addresses_are_kept_and_those_that_lead_nowhere_counted(office: Office) -> None:
    report = import_letters(office.mailbag, letters(2, address="https://old.example/heel/"))
    assert (report.new, report.cut) == (2, {Cut.ADDRESSES: 1}), "the second letter has the first one's"
    with office.mailbag.database.read() as tx:
        found = moved.letter_once_at(tx, "/heel")
        assert found is not None
        assert found.text.startswith("Letter number 0")
