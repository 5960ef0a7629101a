"""A letter goes out through real servers, an expert answers it in a real mail program, and her words are printed."""

import itertools

import pytest

from tests.mta.column import RunningColumn
from tests.mta.rig import HOSTS, Rig

pytestmark = [pytest.mark.mta, pytest.mark.allow_hosts(HOSTS)]

LETTER = "My knee hurts when I run – downhill mostly. What should I do?\n\nIs ice any good? Yours, {name}"
ANSWER = "Rest for a week – then run on grass, it is softer.\n\nIce helps for the pain, not for the cause.\n"
CLIENTS = ("mutt", "s-nail", "alpine", "swaks")
STYLES = ("top", "bottom", "inline")
_names = (f"Becky{number}x" for number in itertools.count(1))


def is_printed(column: RunningColumn, rig: Rig, client: str, style: str) -> int:
    """The question's id."""
    name = next(_names)
    question = column.ask("knee-advice", LETTER.format(name=name), name)
    rig.wait_for_mail("guru@expert.test", name)
    rig.expert_replies(client, style, name, ANSWER)
    words = column.wait_until_published(question)
    assert words.split() == ANSWER.split()
    assert column.inbound(question) == [("accepted", "answer")]
    return question


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_is_printed_through_the_lmtp_door(column: RunningColumn, rig: Rig, client: str, style: str) -> None:
    is_printed(column, rig, client, style)
