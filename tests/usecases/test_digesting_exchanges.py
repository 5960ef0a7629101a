"""What goes on below a letter is in the digest too: a follow-up, and for those who chose the letter its corrections."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from app.domain.subscription import Frequency, Subscriber
from app.store import digest
from app.usecases import digesting
from tests.office import Office, open_office
from tests.usecases.readers import correct, publish, subscribe

FIRST_WEEK = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND_WEEK = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
AGAIN = "And may I run to the end of my road?"
THIRD_WEEK = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
FOURTH_WEEK = datetime(2026, 12, 14, 10, 0, tzinfo=UTC)
FOLLOWS, HAS_TOPIC, HAS_ALL, ALL_AND_FOLLOWS = (
    f"{name}@reader.example" for name in ("follows", "topic", "all", "both")
)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as office:
        yield office


@pytest.fixture
def letter(office: Office) -> int:
    """Printed and sent a week ago; the ones who chose it came later."""
    subscribe(office, HAS_ALL)
    letter = publish(office)
    send(office, FIRST_WEEK)
    subscribe(office, FOLLOWS, questions=[letter])
    subscribe(office, HAS_TOPIC, topics=["Physiotherapy Advice"])
    subscribe(office, ALL_AND_FOLLOWS, questions=[letter])
    with office.mailbag.database.write() as tx:
        tx.session.query(Subscriber).filter_by(address=ALL_AND_FOLLOWS).one().takes_all = True
    subscribe(office, "other@reader.example", topics=["Running Advice"])
    return letter


def send(office: Office, at: datetime) -> None:
    office.clock.at = at
    office.sweep()
    office.clock.pass_by(hours=2)
    office.sweep()


def mails(office: Office, address: str) -> list[str]:
    """Both parts of each issue that came there."""
    found = []
    for sent in office.server.to(address):
        message = message_from_bytes(sent.raw, policy=policy.default)
        parts = (message.get_body((kind,)) for kind in ("plain", "html"))
        found.append("".join(part.get_content() for part in parts if part is not None))
    return found


def test_a_follow_up_is_an_item_of_its_own_for_all_who_get_its_letter(office: Office, letter: int) -> None:
    again = publish(office, text=AGAIN, answer="To its very end.", follows=letter)
    send(office, SECOND_WEEK)
    for address in (FOLLOWS, HAS_TOPIC, HAS_ALL, ALL_AND_FOLLOWS):
        mail = mails(office, address)[-1]
        assert mail.count("Becky wrote again:") == 2
        assert mail.count(f"https://guru.example{office.question(letter).path}#") == 3
        assert office.question(again).path in mail
        assert "To its very end." in mail
        assert "Corrected on" not in mail
    assert not mails(office, "other@reader.example")


@pytest.mark.parametrize("where", ["letter", "follow-up"])
def test_a_correction_is_told_to_those_who_chose_the_letter_alone(office: Office, letter: int, where: str) -> None:
    part = letter if where == "letter" else publish(office, text=AGAIN, follows=letter)
    send(office, SECOND_WEEK)
    before = {address: len(mails(office, address)) for address in (FOLLOWS, HAS_TOPIC, HAS_ALL, ALL_AND_FOLLOWS)}
    correct(office, part)
    send(office, THIRD_WEEK)
    send(office, FOURTH_WEEK)
    for address in (FOLLOWS, ALL_AND_FOLLOWS):
        (mail,) = mails(office, address)[before[address] :]
        assert mail.count("Corrected on Nov ") == 2
        assert mail.count("It was too short.") == 2
        assert mail.count("Rest it longer.") == 2
    assert len(mails(office, HAS_TOPIC)) == before[HAS_TOPIC]
    assert len(mails(office, HAS_ALL)) == before[HAS_ALL]


def test_who_takes_all_gets_the_new_letters_without_the_corrections_beside_them(office: Office, letter: int) -> None:
    correct(office, letter)
    publish(office, text="A second letter, about a shoe.")
    send(office, SECOND_WEEK)
    assert "Corrected on" not in mails(office, HAS_ALL)[-1]
    both = mails(office, ALL_AND_FOLLOWS)[-1]
    assert "about a shoe" in both
    assert both.count("Corrected on") == 2
    assert "about a shoe" not in mails(office, FOLLOWS)[-1]


def test_a_correction_of_a_letter_that_nobody_chose_makes_no_issue(office: Office) -> None:
    subscribe(office, HAS_ALL)
    letter = publish(office)
    send(office, FIRST_WEEK)
    correct(office, letter)
    send(office, SECOND_WEEK)
    assert len(mails(office, HAS_ALL)) == 1


def test_an_editor_may_reorder_and_preview_them(office: Office, letter: int) -> None:
    again = publish(office, text=AGAIN, follows=letter)
    correct(office, letter)
    office.clock.at = SECOND_WEEK
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="editor Anna")
    assert issue_id is not None
    digesting.edit(office.mailbag, issue_id, by="Anna", question_ids=[letter, again])
    follower = digesting.subscriber_at(office.mailbag, FOLLOWS)
    assert b"wrote again" in digesting.preview(office.mailbag, issue_id, follower)
    with office.mailbag.database.read() as tx:
        issue = digest.issue_by_id(tx, issue_id)
        assert issue is not None
        assert [part.id for part in issue.items] == [letter, again]
