"""What real mail servers do on bad days: each time the mail ends in the right state, and nothing is lost or doubled."""

import itertools

import pytest

from tests.mta.column import RunningColumn
from tests.mta.rig import HOSTS, Rig, until
from tests.mta.wire import Wire

pytestmark = [pytest.mark.mta, pytest.mark.allow_hosts(HOSTS)]

_names = (f"Carol{number}x" for number in itertools.count(1))
LETTER = "How long should I rest after a fall?"


def asked(column: RunningColumn, topic: str = "knee-advice") -> int:
    return column.ask(topic, f"{LETTER} It is letter {(name := next(_names))}.", name)


@pytest.mark.parametrize(
    ("topic", "said"), [("nobody-advice", "5.1.1"), ("full-advice", "5.2.2"), ("reject-advice", "5.7.1")]
)
def test_a_bounce_settles_the_mail_that_it_is_about(column: RunningColumn, topic: str, said: str) -> None:
    question = asked(column, topic)
    until(lambda: column.delivery(question)[0] == "bounced", "the bounce")
    assert said in column.delivery(question)[1]
    assert column.state(question) == "assigned"


def test_a_domain_that_is_not_there_is_refused_at_once(column: RunningColumn) -> None:
    question = asked(column, "nowhere-advice")
    until(lambda: column.delivery(question)[0] == "failed", "the refusal")
    assert "5.1.2" in column.delivery(question)[1]


def test_greylisting_only_delays(column: RunningColumn, rig: Rig) -> None:
    question = asked(column, "grey-advice")
    rig.wait_for_mail("grey@expert.test", column.name_of(question))
    assert column.delivery(question)[0] == "sent"


def test_a_note_of_absence_is_no_answer(column: RunningColumn, rig: Rig) -> None:
    rig.run("vacation", "guru@expert.test", "on")
    try:
        question = asked(column)
        state, reason = column.wait_for_inbound(question)
    finally:
        rig.run("vacation", "guru@expert.test", "off")
    assert (state, reason) == ("discarded", "absence")
    assert column.state(question) == "assigned"


def big(words: str) -> str:
    return (
        words
        + "\n\n"
        + "\n".join(f"Line {number} of a long answer, told at length and at leisure." for number in range(10_000))
    )


def test_a_door_killed_in_the_middle_of_a_mail_gets_it_again(column: RunningColumn, rig: Rig, wire: Wire) -> None:
    question = asked(column)
    address = column.reply_address(question)
    wire.at_byte = (400_000, column.kill)
    rig.send_as_guru(address, big("Three weeks."))
    until(lambda: wire.at_byte is None, "the kill")
    assert column.inbound(question) == []
    column.start()
    column.wait_for_inbound(question)
    assert len(column.inbound(question)) == 1


def test_a_door_killed_before_its_250_keeps_one_copy(column: RunningColumn, rig: Rig, wire: Wire) -> None:
    question = asked(column)
    address = column.reply_address(question)
    wire.at_taken = column.kill
    rig.send_as_guru(address, "Three weeks, and no running on asphalt before that.")
    until(lambda: wire.at_taken is None, "the kill")
    column.start()
    assert column.wait_until_published(question).startswith("Three weeks")
    rig.run("status")
    until(lambda: "status=sent" in rig.log_about(address), "Postfix's second attempt")
    assert column.inbound(question) == [("accepted", "answer")]


def test_a_door_that_is_closed_is_tried_again(column: RunningColumn, rig: Rig) -> None:
    question = asked(column)
    address = column.reply_address(question)
    column.kill()
    rig.send_as_guru(address, "A week is enough.")
    until(lambda: "status=deferred" in rig.log_about(address), "Postfix's first attempt")
    column.start()
    assert column.wait_until_published(question) == "A week is enough."


def test_without_her_dns_a_mail_waits_for_her_yes(column: RunningColumn, rig: Rig) -> None:
    """Nobody could check the signature, so nothing is published; once her name servers are back, she is asked."""
    question = asked(column)
    address = column.reply_address(question)
    rig.run("dns", "break", "expert.test")
    try:
        rig.send_as_guru(address, "Two weeks.")
        assert column.wait_for_inbound(question) == ("held", "unauthenticated")
    finally:
        rig.run("dns", "mend", "expert.test")
    assert column.state(question) == "assigned"
    mail = rig.wait_for_mail("guru@expert.test", "Was that you")
    link = column.link(mail, "/was-it-you/")
    assert "<button" in column.get(link)
    assert column.state(question) == "assigned"
    column.post(link, answer="yes")
    assert column.wait_until_published(question) == "Two weeks."


def test_a_forger_is_held(column: RunningColumn, rig: Rig) -> None:
    """She has leaked the address; the forger writes From her from a server that is not hers."""
    question = asked(column)
    rig.send_as_evil(column.reply_address(question), "Buy my pills.")
    state, _ = column.wait_for_inbound(question)
    assert (state, column.state(question)) == ("held", "assigned")
