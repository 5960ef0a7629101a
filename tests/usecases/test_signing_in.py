"""The desk opens by a mailed link, once, by a POST, and for an editor alone."""

import re

import pytest

from app.domain.errors import NotFound
from app.usecases import signing_in
from tests.office import ANNA, GURU, Office


def link(office: Office) -> str:
    signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    text = office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b"").decode()
    found = re.search(r"/desk/enter/([0-9a-z]+)", text)
    assert found
    return found[1]


def test_the_link_opens_the_desk(office: Office) -> None:
    secret = signing_in.enter(office.mailbag, link(office))
    editor = signing_in.editor_of(office.mailbag, secret)
    assert editor is not None
    assert editor.name == "Anna"


def test_it_works_once(office: Office) -> None:
    token = link(office)
    signing_in.enter(office.mailbag, token)
    with pytest.raises(NotFound):
        signing_in.enter(office.mailbag, token)


def test_looking_at_it_does_not_use_it(office: Office) -> None:
    token = link(office)
    for _ in range(3):
        with office.mailbag.database.read() as tx:
            signing_in.link_behind(office.mailbag, tx, token)
    assert signing_in.enter(office.mailbag, token)


def test_it_grows_old(office: Office) -> None:
    token = link(office)
    office.clock.pass_by(minutes=31)
    with pytest.raises(NotFound):
        signing_in.enter(office.mailbag, token)


@pytest.mark.parametrize("address", [GURU, "mallory@evil.example", "", "anna"])
def test_nobody_else_gets_one(office: Office, address: str) -> None:
    signing_in.request_link(office.mailbag, address)
    office.run_jobs()
    assert office.server.sent == []


def test_asking_ten_times_sends_one_mail(office: Office) -> None:
    for _ in range(10):
        signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    assert len(office.server.to(ANNA)) == 1


def test_leaving_ends_the_session(office: Office) -> None:
    secret = signing_in.enter(office.mailbag, link(office))
    signing_in.leave(office.mailbag, secret)
    assert signing_in.editor_of(office.mailbag, secret) is None


def test_a_session_ends_by_itself(office: Office) -> None:
    secret = signing_in.enter(office.mailbag, link(office))
    office.clock.pass_by(days=15)
    assert signing_in.editor_of(office.mailbag, secret) is None


@pytest.mark.parametrize("secret", [None, "", "guess"])
def test_without_a_session_nobody_is_an_editor(office: Office, secret: str | None) -> None:
    assert signing_in.editor_of(office.mailbag, secret) is None
