"""Marks of fetched folders: they only move on, in one numbering, whoever moves them."""

from collections.abc import Iterator

import pytest

from app.usecases.watching import Watch, is_late, troubled_folders, watch_only
from tests.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def watch(office: Office) -> Watch:
    watch = Watch(office.mailbag, "column on imap.example", "INBOX")
    watch.row()
    return watch


def test_a_mark_only_moves_on(watch: Watch) -> None:
    assert watch.mark(7) == 0
    for uid, expected in ((5, 5), (3, 5), (4_294_967_295, 4_294_967_295)):
        watch.move_on(7, uid)
        assert watch.mark(7) == expected


def test_a_new_numbering_begins_at_its_beginning(watch: Watch) -> None:
    watch.mark(7)
    watch.move_on(7, 5)
    assert watch.mark(4_294_967_295) == 0


def test_a_door_that_still_counts_in_the_old_numbers_moves_nothing(watch: Watch) -> None:
    watch.mark(7)
    watch.mark(8)
    watch.move_on(7, 5)
    assert watch.mark(8) == 0


def test_each_folder_of_each_account_has_its_own_mark(office: Office, watch: Watch) -> None:
    others = [Watch(office.mailbag, "column on imap.example", "Lists"), Watch(office.mailbag, "anna on b", "INBOX")]
    watch.mark(7)
    watch.move_on(7, 5)
    assert [other.mark(7) for other in others] == [0, 0]


def test_trouble_is_told_until_a_look_comes_to_its_end(office: Office, watch: Watch) -> None:
    watch.troubled("no folder")
    assert troubled_folders(office.mailbag)
    assert (watch.row().trouble, watch.row().troubled_at) == ("no folder", office.clock())
    watch.looked()
    assert (watch.row().trouble, watch.row().troubled_at, watch.row().looked_at) == ("", None, office.clock())


def test_a_folder_that_nobody_looks_at_is_late(office: Office, watch: Watch) -> None:
    assert not is_late(office.mailbag), "its door is just starting"
    watch.looked()
    office.clock.pass_by(minutes=14)
    assert not is_late(office.mailbag)
    office.clock.pass_by(minutes=2)
    assert is_late(office.mailbag)
    assert [row.account for row in troubled_folders(office.mailbag)] == ["column on imap.example"]


def test_a_door_that_never_got_in_is_late(office: Office, watch: Watch) -> None:
    watch.troubled("no login")
    assert is_late(office.mailbag)


def test_a_folder_that_the_settings_no_longer_name_is_nobodys_trouble(office: Office, watch: Watch) -> None:
    watch.mark(7)
    watch.move_on(7, 5)
    watch.looked()
    watch_only(office.mailbag, "anna on imap.example", "INBOX")
    office.clock.pass_by(days=1)
    assert not is_late(office.mailbag)
    assert watch.mark(7) == 5, "should it come back"


def test_the_folder_that_is_watched_stays_so(office: Office, watch: Watch) -> None:
    watch.looked()
    watch_only(office.mailbag, watch.account, watch.folder)
    office.clock.pass_by(days=1)
    assert is_late(office.mailbag)
