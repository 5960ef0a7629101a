"""What goes on below a letter comes back from an archive, and is believed as little as the rest of it."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain.question import Question
from app.store import tables as t
from app.usecases.archiving import BadArchive, open_archive, restore
from app.usecases.archiving.letters import as_bytes
from app.usecases.archiving.restoring import Restored
from tests.mail.test_picture import with_exif
from tests.office import Office, open_copy
from tests.usecases.archiving.columns import archive_of, fill
from tests.usecases.archiving.test_checking import packed, resealed


@pytest.fixture(scope="module")
def files(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    with open_copy(sqlite_template, folder / "m.db") as opened:
        fill(opened)
        archive_of(opened, folder / "one.zip")
    with zipfile.ZipFile(folder / "one.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "m.db") as opened:
        yield opened


def restored(office: Office, files: dict[str, bytes]) -> Restored:
    with open_archive(packed(resealed(files))) as archive:
        return restore(office.mailbag, archive)


def shown(files: dict[str, bytes]) -> str:
    """The name of the letter that goes on, and has a photo."""
    return next(
        name for name, raw in files.items() if name.endswith(".json") and b'"photos"' in raw and "letters/" in name
    )


def test_follow_ups_are_no_letters_and_keep_what_was_withdrawn(office: Office, files: dict[str, bytes]) -> None:
    assert restored(office, files).new == 18
    with office.mailbag.database.read() as tx:
        again = {
            q.public_id: q for q in tx.session.scalars(select(Question).where(t.question.c.follows_id.is_not(None)))
        }
        assert {name: q.state.value for name, q in again.items()} == {
            "again0": "published",
            "again1": "withdrawn",
            "again2": "withdrawn",
        }
        assert again["again1"].text == ""
        assert again["again1"].events[-1].detail == "Once was enough."
        first = again["again0"].follows
        assert first is not None
        assert first.exchange == [again["again0"]]
        assert [photo.alt for photo in first.photos] == ["A knee"]


def test_what_was_written_later_is_added_to_a_letter_that_is_there(office: Office, files: dict[str, bytes]) -> None:
    name = shown(files)
    letter = json.loads(files[name])
    before = {**files, name: as_bytes({key: value for key, value in letter.items() if key != "exchange"})}
    assert restored(office, before).new == 18
    report = restored(office, files)
    assert (report.new, report.known, report.taken) == (0, 18, [])
    with office.mailbag.database.read() as tx:
        again = tx.session.scalars(select(Question).where(t.question.c.public_id == "again0")).one()
        assert again.follows is not None
        assert again.follows.public_id == letter["id"]


def test_a_photo_that_is_missing_or_not_of_our_making_keeps_its_letter_out(
    office: Office, files: dict[str, bytes]
) -> None:
    name = shown(files)
    photo = next(name for name in files if name.startswith("photos/") and "small" not in name)
    for odd in (
        {one: raw for one, raw in files.items() if one != photo},
        {**files, photo: with_exif()},
        {**files, photo: b"no picture"},
    ):
        assert restored(office, odd).bad == [name]
    assert restored(office, files).new == 1


@pytest.mark.parametrize(
    "change", [{"exchange": [{"exchange": []}]}, {"photos": [{"id": "../x", "slot": 1, "alt": ""}]}]
)
def test_an_exchange_of_another_form_is_no_letter(
    office: Office, files: dict[str, bytes], change: dict[str, object]
) -> None:
    name = shown(files)
    odd = as_bytes({**json.loads(files[name]), **change})
    assert restored(office, {**files, name: odd}).bad == [name]


@pytest.mark.parametrize(
    "profile",
    [{"about": "\ud800"}, {"about": 7}, {"credentials": "x" * 201}, {"portrait": "../x"}, {"portrait": "a" * 24}],
    ids=str,
)
def test_what_is_said_of_an_expert_in_another_form_is_told(
    office: Office, files: dict[str, bytes], profile: dict[str, object]
) -> None:
    column = json.loads(files["column.json"])
    odd = json.dumps(column | {"profiles": {column["experts"][0]: profile}}).encode()
    with pytest.raises(BadArchive):
        restored(office, {**files, "column.json": odd})
