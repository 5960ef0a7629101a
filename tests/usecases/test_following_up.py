"""The asker writes again: an editor sends her words on, the expert replies, and every rule of a letter holds."""

import pytest

from app.domain.column import Publication
from app.domain.errors import ForbiddenTransition, PrivateText
from app.domain.question import Question
from app.usecases import correcting, following_up, publishing
from tests.office import BECKY, GURU, Office, open_office
from tests.usecases.test_receiving import plain
from tests.web.kinds import ON_SQLITE

AGAIN = "Three weeks of wobbling on one leg. May I run to the end of my road, if I promise to stop there?"


def becky_writes_again(office: Office, text: str = AGAIN, sender: str = BECKY) -> int:
    """A reply to the mail that brought her the answer."""
    answered = [delivery for delivery in office.deliveries() if delivery.kind == "answered"][-1]
    return office.receive(plain(text, sender=sender), to=office.mailbag.links.reply_address(answered), sender=sender)


def exchange(office: Office) -> tuple[int, int]:
    """A printed letter and a held follow-up to it: the ids of the question and of the mail."""
    question = office.ask()
    office.receive(office.reply())
    assert question.id is not None
    return question.id, becky_writes_again(office)


def send_on(office: Office, inbound_id: int, text: str | None = None) -> int:
    following_up.send_on(office.mailbag, inbound_id, 1, text, by="Anna")
    office.run_jobs()
    with office.mailbag.database.read() as tx:
        return max(q.id or 0 for q in tx.session.query(Question))


@ON_SQLITE
def test_her_words_wait_for_an_editor_and_go_on_to_the_expert(office: Office) -> None:
    first, mail = exchange(office)
    assert (office.inbound(mail).state, office.inbound(mail).reason) == ("held", "from-asker")
    follow_up = send_on(office, mail)
    assert (office.inbound(mail).state, office.inbound(mail).reason) == ("accepted", "follow-up")
    assert office.question(follow_up).state == "assigned"
    assert office.question(first).state == "published"
    letter = office.server.to(GURU)[-1].raw.replace(b"=\r\n", b"").decode()
    assert "Subject: Becky writes again: Physiotherapy Advice" in letter
    assert "Becky wrote again:" in letter
    assert "May I run to the end of my road" in letter
    assert BECKY not in letter


def test_the_reply_is_printed_below_the_first_letter_and_the_asker_is_told(office: Office) -> None:
    first, mail = exchange(office)
    follow_up = send_on(office, mail)
    office.receive(plain("You may run to the end of your road, and you may walk back."))
    assert office.question(follow_up).state == "published"
    assert office.question(follow_up).path.startswith(office.question(first).path + "#")
    assert f"https://guru.example{office.question(follow_up).path}" in (
        office.server.to(BECKY)[-1].raw.replace(b"=\r\n", b"").replace(b"=23", b"#").decode()
    )
    third = send_on(office, becky_writes_again(office, "And now, may I run back as well, do you think?"))
    assert office.question(third).state == "assigned"
    with office.mailbag.database.read() as tx:
        again = tx.session.get(Question, third)
        assert again is not None
        assert again.follows is not None
        assert again.follows.id == first, "all that she writes follows the first letter"


def test_its_answer_needs_an_approval_of_its_own(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question = office.ask()
        office.receive(office.reply())
        publishing.approve(office.mailbag, question.id or 0, None, by="Anna")
        office.run_jobs()
        follow_up = send_on(office, becky_writes_again(office))
        office.receive(plain("You may run to the end of your road."))
        office.clock.pass_by(days=30)
        office.sweep()
        assert office.question(follow_up).state == "answered"
        publishing.approve(office.mailbag, follow_up, None, by="Anna")
        assert office.question(follow_up).state == "published"


@ON_SQLITE
def test_an_editor_may_leave_out_what_is_not_for_print(office: Office) -> None:
    follow_up = send_on(office, exchange(office)[1], "May I run?")
    with office.mailbag.database.read() as tx:
        question = tx.session.get(Question, follow_up)
        assert question is not None
        assert question.text == "May I run?"
        assert "changed by Anna" in question.events[0].detail


@ON_SQLITE
def test_her_address_in_it_does_not_reach_the_expert(office: Office) -> None:
    exchange(office)
    mail = becky_writes_again(office, f"May I run? Answer me at {BECKY}, please, it is faster.")
    with pytest.raises(PrivateText):
        send_on(office, mail)
    assert office.inbound(mail).state == "held", "nothing was done, and the editor takes it out"
    send_on(office, mail, "May I run?")
    assert BECKY.encode() not in office.server.to(GURU)[-1].raw


@ON_SQLITE
def test_a_follow_up_that_is_declined_is_told_to_its_asker_alone(office: Office) -> None:
    first, mail = exchange(office)
    following_up.decline(office.mailbag, mail, "That is for a doctor.", by="Anna")
    office.run_jobs()
    assert office.deliveries()[-1].kind == "declined"
    assert b"That is for a doctor." in office.server.to(BECKY)[-1].raw
    assert office.question(first).state == "published"
    with pytest.raises(ForbiddenTransition):
        following_up.send_on(office.mailbag, mail, 1, None, by="Anna")


@ON_SQLITE
def test_only_her_own_reply_to_an_answer_goes_on(office: Office) -> None:
    office.ask()
    confirm = office.deliveries()[0]
    early = office.receive(
        plain("One more thing: it is the left knee."), to=office.mailbag.links.reply_address(confirm)
    )
    office.receive(office.reply())
    stranger = becky_writes_again(office, "Print this, please, it is from me.", sender="pat@elsewhere.example")
    for mail in (early, stranger):
        assert office.inbound(mail).state == "held"
        with pytest.raises(ForbiddenTransition):
            following_up.send_on(office.mailbag, mail, 1, None, by="Anna")


def test_what_is_withdrawn_takes_its_exchange_along(office: Office) -> None:
    first, mail = exchange(office)
    printed = send_on(office, mail)
    office.receive(plain("You may run to the end of your road."))
    waiting = send_on(office, becky_writes_again(office, "And back again, may I run that as well?"))
    late = becky_writes_again(office, "One last thing about the road that I run on.")
    correcting.withdraw(office.mailbag, first, "Its asker wished so.", by="Anna")
    assert office.question(printed).state == "withdrawn"
    assert office.question(waiting).state == "declined"
    assert office.question(waiting).assignments == ["cancelled"]
    with pytest.raises(ForbiddenTransition):
        following_up.send_on(office.mailbag, late, 1, None, by="Anna")
