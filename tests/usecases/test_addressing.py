"""Whose mail is it, where no envelope tells: a token first, a role of ours next, else the column itself."""

from collections.abc import Iterator

import pytest

from app.mail.addressed import read_addressed
from app.usecases.addressing import recipient_of
from tests.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        opened.ask()
        yield opened


def recipient(office: Office, *lines: str) -> str:
    raw = "".join(f"{line}\r\n" for line in (*lines, "Subject: Re: Becky asks", "", "Rest.")).encode()
    return recipient_of(office.mailbag, read_addressed(raw))


def test_the_nearest_servers_line_is_believed_before_the_writers(office: Office) -> None:
    first, second = office.deliveries()[:2]
    links, token = office.mailbag.links, office.reply_address()
    near, far, stated = links.bounce_address(first), links.bounce_address(second), links.reply_address(first)
    assert recipient(office, f"Delivered-To: {token}", f"Delivered-To: {far}", f"To: {stated}") == token
    assert recipient(office, f"To: {stated}", f"X-Original-To: {near}") == near
    assert recipient(office, "Delivered-To: box@host.example", f"To: The Guru <{token}>") == token
    assert recipient(office, "Delivered-To: column@column.example", f"Cc: {token}") == token


def test_a_role_of_ours_is_better_than_none(office: Office) -> None:
    assert recipient(office, "To: guru@clinic.example, editor@column.example") == "editor@column.example"


@pytest.mark.parametrize("lines", [(), ("To: someone@elsewhere.example",), ("To: undisclosed-recipients:;",)])
def test_a_mail_that_names_none_of_ours_goes_to_the_column(office: Office, lines: tuple[str, ...]) -> None:
    assert recipient(office, *lines) == "column@column.example"


def test_a_mistyped_token_is_a_token(office: Office) -> None:
    mistyped = office.reply_address().replace("@", "x@")
    assert recipient(office, f"To: {mistyped}") == mistyped
