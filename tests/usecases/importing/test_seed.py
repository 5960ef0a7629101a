"""The real page of a column reads as it did, and better: every word, no broken lines, through every way back in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain.question import Question
from app.usecases.importing import ImportedLetter, import_letters
from app.usecases.importing.sources import Form
from app.web import create_app
from tests.office import TEMPLATES, Office, open_copy
from tests.usecases.importing.reading import read


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "m.db") as opened:
        yield opened


@pytest.fixture
def seed(shared: Path) -> bytes:
    return next((shared / "seed").glob("*.txt")).read_bytes()


def only(raw: bytes, form: Form | None = None, suffix: str = "") -> ImportedLetter:
    (letter,), skipped = read(raw, form, suffix=suffix)
    assert skipped == []
    return letter


def test_the_page_flows_and_has_every_word(seed: bytes) -> None:
    letter = only(seed)
    printed = f"{letter.question} The Guru Responded: {letter.answer}"
    assert printed.split() == seed.decode().partition("Physiotherapy Advice:")[2].split()
    assert max(len(line) for line in letter.answer.split("\n")) > 200, "no line is broken at 69 characters any more"


def test_the_page_comes_back_from_what_the_site_prints(seed: bytes, office: Office) -> None:
    """Its Markdown, its JSON, and its page as a browser saves it are each the same letter again."""
    letter = only(seed)
    assert import_letters(office.mailbag, iter([letter])).new == 1
    client = create_app(office.mailbag, templates=TEMPLATES).test_client()
    with office.mailbag.database.read() as tx:
        path = tx.session.scalars(select(Question)).one().path
    assert path.startswith("/2014/01/11/")
    page = client.get(path).data
    assert b"Jan 11th, 2014" in page
    for raw, form in (
        (client.get(f"{path}.md").data, Form.TEXT),
        (json.dumps([client.get(f"{path}.json").json]).encode(), Form.LIST),
        (client.get("/index.json").data, Form.LIST),
        (page, Form.PAGE),
    ):
        again = only(raw, form)
        assert (again.on, again.public_name, again.persona, again.topic) == (
            *(letter.on, "Becky", "The Guru", "Physiotherapy Advice"),
        )
        assert (again.question, again.answer) == (letter.question, letter.answer)
        assert import_letters(office.mailbag, iter([again])).known == 1
