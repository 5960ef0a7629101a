"""The same reply through the two other doors that an MTA has: a program at the end of a pipe, and a mailbox by IMAP."""

import itertools

import pytest
from tests.mta.pipe import PIPE_IS_SHUT

from tests.mta.column import RunningColumn
from tests.mta.rig import HOSTS, Rig, until
from tests.mta.test_replies import CLIENTS, is_printed

pytestmark = [pytest.mark.mta, pytest.mark.allow_hosts(HOSTS)]

STYLES = itertools.cycle(("top", "bottom", "inline"))


@pytest.mark.parametrize(("client", "style"), list(zip(CLIENTS, STYLES, strict=False)))
@pytest.mark.parametrize("door", ["pipe", "imap"])
def test_a_reply_is_printed(column: RunningColumn, rig: Rig, door: str, client: str, style: str) -> None:
    with rig.door(door):
        question = is_printed(column, rig, client, style)
    assert column.doors(question) == [door]


def test_a_pipe_that_cannot_store_a_mail_gets_it_again(column: RunningColumn, rig: Rig) -> None:
    question = column.ask("knee-advice", "Is cycling better than running? Yours, Pipex", "Pipex")
    address = column.reply_address(question)
    with rig.door("pipe"), PIPE_IS_SHUT(column):
        rig.send_as_guru(address, "Much better.")
        until(lambda: "status=deferred" in rig.log_about(address), "Postfix's first attempt")
        assert column.inbound(question) == []
    assert column.wait_until_published(question) == "Much better."
