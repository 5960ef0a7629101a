"""The same replies through the two other doors that an MTA has: a program at the end of a pipe, and a mailbox."""

import itertools
from pathlib import Path

import pytest

from tests.mta.column import RunningColumn
from tests.mta.pipe import USER, interpreter
from tests.mta.rig import HOSTS, Rig, until
from tests.mta.test_replies import CLIENTS, is_printed

pytestmark = [pytest.mark.mta, pytest.mark.allow_hosts(HOSTS)]

STYLES = itertools.cycle(("top", "bottom", "inline"))
REPLIES = list(zip(CLIENTS, STYLES, strict=False))


@pytest.fixture(scope="module")
def needs_pipe() -> None:
    if interpreter() is None:
        pytest.skip(f"no Python here that the user {USER} may run, as whom Postfix pipes")


@pytest.mark.parametrize(("client", "style"), REPLIES)
@pytest.mark.usefixtures("needs_pipe")
def test_a_reply_is_printed_through_the_pipe(column: RunningColumn, rig: Rig, client: str, style: str) -> None:
    with rig.door("pipe"):
        question = is_printed(column, rig, client, style)
    assert column.doors(question) == ["pipe"]


@pytest.mark.parametrize(("client", "style"), REPLIES)
def test_a_reply_is_printed_through_the_mailbox(column: RunningColumn, rig: Rig, client: str, style: str) -> None:
    with rig.door("imap"):
        question = is_printed(column, rig, client, style)
    assert column.doors(question) == ["imap"]


@pytest.mark.usefixtures("needs_pipe")
def test_a_pipe_that_cannot_store_a_mail_gets_it_again(column: RunningColumn, rig: Rig, folder: Path) -> None:
    question = column.ask("knee-advice", "Is cycling better than running? Yours, Pipex", "Pipex")
    address = column.reply_address(question)
    with rig.door("pipe"):
        (folder / "shut").touch()
        rig.send_as_guru(address, "Much better.")
        until(lambda: "status=deferred" in rig.log_about(address), "Postfix's first attempt")
        assert column.inbound(question) == []
        (folder / "shut").unlink()
        assert column.wait_until_published(question) == "Much better."
