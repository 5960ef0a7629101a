"""Whoever changes how often letters come, pauses, or comes back, gets every letter once."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import permutations

import pytest

from app.domain.digest import IssueState
from app.domain.mail import DeliveryState
from app.domain.subscription import Frequency, Subscriber
from app.domain.token import Purpose
from app.mail.transport import Fate, Handover
from app.store import digest
from app.usecases import digesting, freezing, preferring, staffing, subscribing
from tests.office import Office, open_office
from tests.readers import the_link
from tests.usecases.readers import correct, publish, subscribe

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANN = "ann@reader.example"
DAILY, WEEKLY, MONTHLY = Frequency
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (date(2026, 11, day) for day in range(23, 29))


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """With a reader of each frequency, so that each has its issues."""
    with open_office(database_url) as office:
        for frequency in Frequency:
            subscribe(office, f"{frequency}@reader.example", frequency=frequency)
        yield office


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def letter(office: Office, **more: str) -> int:
    """Its words name the moment at which it is printed."""
    return publish(office, text=f"Printed on {office.clock.at:%B-%d-at-%H}, if you please.", **more)


def pass_days(office: Office, first: date, last: date, *, letters: bool = True) -> None:
    """Drafts at eight, issues go out at ten, and at noon a letter is printed."""
    day = first
    while day <= last:
        for hour in (8, 10):
            office.clock.at = max(office.clock.at, at(day, hour))
            office.sweep()
        office.clock.at = max(office.clock.at, at(day, 12))
        if letters:
            letter(office)
        day += timedelta(days=1)


def words(raw: bytes) -> list[str]:
    """Of each letter that stands in a mail, the moment at which it was printed."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    return re.findall(r"“Printed on (\w+-\d\d-at-\d\d)", part.get_content())


def got(office: Office, address: str = ANN) -> Counter[str]:
    mails = (sent.raw for sent in office.server.to(address) if b"List-ID" in sent.raw)
    return Counter(moment for raw in mails for moment in words(raw))


def noons(first: date, last: date) -> Counter[str]:
    days = (last - first).days + 1
    return Counter(f"{first + timedelta(days=n):%B-%d}-at-12" for n in range(days))


def change(office: Office, frequency: Frequency, *, paused_until: date | None = None, row_id: int = 4) -> None:
    with office.mailbag.database.read() as tx:
        ann = tx.session.get(Subscriber, row_id)
        assert ann is not None
        choice = replace(ann.choice, frequency=frequency)
    token = office.mailbag.links.signer.mint(Purpose.PREFERENCES, row_id)
    preferring.prefer(office.mailbag, token, choice, paused_until=paused_until)


CHANGES = [(date(2026, 11, 30), 9), (date(2026, 11, 30), 13), (date(2026, 12, 1), 9), (date(2026, 12, 3), 13)]


def test_every_letter_comes_once_whichever_way_she_changes(office: Office) -> None:
    """At nine, between draft and issue, and at one, between issues."""
    readers = [
        (subscribe(office, f"{n}@reader.example", frequency=before), after, moment)
        for n, (before, after, moment) in enumerate(
            (before, after, moment) for before, after in permutations(Frequency, 2) for moment in CHANGES
        )
    ]
    day, last = date(2026, 11, 29), date(2026, 12, 8)
    while day <= last:
        for hour in (8, 9, 10, 12, 13):
            office.clock.at = at(day, hour)
            if hour == 12:
                letter(office)
            else:
                office.sweep()
            for row_id, after, moment in readers:
                if moment == (day, hour):
                    change(office, after, row_id=row_id)
        day += timedelta(days=1)
    pass_days(office, date(2026, 12, 14), date(2026, 12, 14), letters=False)
    pass_days(office, date(2027, 1, 1), date(2027, 1, 1), letters=False)
    expected = noons(date(2026, 11, 29), last)
    for n, (_, after, moment) in enumerate(readers):
        assert got(office, f"{n}@reader.example") == expected, (after, moment)


@ON_SQLITE
def test_what_came_before_the_first_daily_issue_is_in_it(office: Office) -> None:
    subscribe(office, ANN, frequency=WEEKLY)
    pass_days(office, MONDAY, THURSDAY)
    change(office, DAILY)
    office.clock.at = at(FRIDAY, 8)
    office.sweep()
    (issue_id,) = [issue.id for issue in issues(office, DAILY)][:1]
    shown = digesting.preview(office.mailbag, issue_id, digesting.subscriber_at(office.mailbag, ANN))
    pass_days(office, FRIDAY, SATURDAY)
    caught_up, second = [words(sent.raw) for sent in office.server.to(ANN)][-2:]
    assert caught_up == [f"November-{day}-at-12" for day in (26, 25, 24, 23)], "the new one first"
    assert words(shown) == caught_up
    assert second == ["November-27-at-12"]
    with office.mailbag.database.read() as tx:
        ann = tx.session.get(Subscriber, 4)
        assert ann is not None
        assert (ann.had_until, ann.changed_at) == (None, None)


def issues(office: Office, frequency: Frequency) -> list:  # type: ignore[type-arg]
    with office.mailbag.database.read() as tx:
        return digest.issues(tx, frequency=frequency)


@ON_SQLITE
def test_there_and_back_is_as_if_nothing_had_been(office: Office) -> None:
    subscribe(office, ANN, frequency=WEEKLY)
    pass_days(office, MONDAY, THURSDAY)
    for frequency in (DAILY, MONTHLY, WEEKLY):
        change(office, frequency)
    pass_days(office, FRIDAY, MONDAY + timedelta(days=7))
    assert got(office) == noons(MONDAY, MONDAY + timedelta(days=6))


@ON_SQLITE
def test_who_gets_some_topics_misses_none_of_them(office: Office) -> None:
    staffing.add_topic(office.mailbag, "Running Advice")
    subscribe(office, ANN, topics=["Running Advice"])
    pass_days(office, MONDAY, TUESDAY)
    office.clock.pass_by(hours=1)
    letter(office, topic="running-advice")
    pass_days(office, WEDNESDAY, THURSDAY)
    change(office, DAILY)
    pass_days(office, FRIDAY, THURSDAY + timedelta(days=4))
    assert got(office) == Counter(["November-24-at-13"])


@ON_SQLITE
def test_after_a_pause_comes_what_was_printed_meanwhile(office: Office) -> None:
    subscribe(office, ANN, frequency=DAILY)
    pass_days(office, MONDAY, TUESDAY)
    change(office, DAILY, paused_until=FRIDAY)
    pass_days(office, WEDNESDAY, THURSDAY)
    assert got(office) == noons(MONDAY, MONDAY)
    pass_days(office, FRIDAY, SATURDAY)
    assert [len(words(sent.raw)) for sent in office.server.to(ANN)] == [1, 3, 1]
    assert got(office) == noons(MONDAY, FRIDAY)


def test_a_copy_that_a_pause_held_back_is_made_up_for(office: Office) -> None:
    subscribe(office, ANN, frequency=DAILY)
    pass_days(office, MONDAY, MONDAY)
    office.server.answers = [Handover(Fate.LATER, "451 later")] * 2
    pass_days(office, TUESDAY, TUESDAY)
    assert not got(office)
    change(office, DAILY, paused_until=FRIDAY)
    pass_days(office, WEDNESDAY, FRIDAY)
    assert got(office) == noons(MONDAY, THURSDAY)


@ON_SQLITE
def test_who_left_and_comes_back_gets_nothing_twice_and_no_flood(office: Office) -> None:
    subscribe(office, ANN, frequency=DAILY)
    pass_days(office, MONDAY, THURSDAY)
    token = office.mailbag.links.signer.mint(Purpose.PREFERENCES, 4)
    preferring.leave(office.mailbag, token)
    pass_days(office, FRIDAY, SATURDAY)
    with office.mailbag.database.read() as tx:
        ann = tx.session.get(Subscriber, 4)
        assert ann is not None
        choice = replace(ann.choice, frequency=WEEKLY)
    subscribing.wish(office.mailbag, ANN, choice)
    office.run_jobs()
    subscribing.confirm(office.mailbag, the_link(office, ANN, "/subscribe/"))
    pass_days(office, THURSDAY + timedelta(days=3), THURSDAY + timedelta(days=5))
    weekly = noons(THURSDAY, THURSDAY + timedelta(days=3))
    assert got(office) == noons(MONDAY, WEDNESDAY) + weekly
    preferring.leave(office.mailbag, token)
    pass_days(office, date(2026, 12, 19), date(2026, 12, 20))
    subscribing.wish(office.mailbag, ANN, replace(choice, frequency=DAILY))
    office.run_jobs()
    subscribing.confirm(office.mailbag, the_link(office, ANN, "/subscribe/"))
    pass_days(office, date(2026, 12, 21), date(2026, 12, 21))
    assert words(office.server.to(ANN)[-1].raw) == ["December-20-at-12"]


def test_what_an_editor_left_out_stays_out(office: Office) -> None:
    subscribe(office, ANN)
    pass_days(office, MONDAY, MONDAY)
    two = [letter(office) for _ in range(2)]
    office.clock.at = at(TUESDAY, 8)
    office.sweep()
    digesting.edit(office.mailbag, issues(office, DAILY)[0].id, by="Anna", question_ids=two[:1])
    pass_days(office, TUESDAY, THURSDAY)
    change(office, DAILY)
    pass_days(office, FRIDAY, FRIDAY)
    assert [moment for moment in words(office.server.to(ANN)[-1].raw) if moment == "November-23-at-12"] == [
        "November-23-at-12"
    ]


@ON_SQLITE
def test_a_correction_that_the_others_were_told_of_is_told(office: Office) -> None:
    followed = letter(office)
    subscribe(office, ANN, questions=[followed])
    subscribe(office, "always@reader.example", questions=[followed], frequency=DAILY)
    pass_days(office, MONDAY, MONDAY)
    correct(office, followed)
    pass_days(office, TUESDAY, THURSDAY)
    assert len(office.server.to("always@reader.example")) == 2
    assert len(office.server.to(ANN)) == 1
    change(office, DAILY)
    pass_days(office, FRIDAY, SATURDAY)
    assert len(office.server.to(ANN)) == 2
    assert b"Corrected on" in office.server.to(ANN)[-1].raw


def test_a_freezing_that_died_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who had all of it already gets none at the second try either."""
    subscribe(office, ANN, frequency=DAILY)
    pass_days(office, MONDAY, MONDAY + timedelta(days=6))
    office.clock.at = at(MONDAY + timedelta(days=7), 8)
    office.sweep()
    digesting.start(office.mailbag, issues(office, DAILY)[0].id, by="Anna")
    office.run_jobs()
    change(office, WEEKLY)
    (weekly,) = [issue.id for issue in issues(office, WEEKLY) if issue.state is IssueState.DRAFT]

    def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(freezing, "_start", dies)
        freezing.freeze(office.mailbag, weekly)
    pass_days(office, MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))
    assert got(office) == noons(MONDAY, MONDAY + timedelta(days=13))


def test_of_two_subscriptions_that_become_one_nothing_comes_twice(office: Office) -> None:
    old, new = "old@reader.example", "new@reader.example"
    subscribe(office, old, frequency=WEEKLY)
    subscribe(office, new, frequency=DAILY)
    pass_days(office, MONDAY, THURSDAY)
    token = office.mailbag.links.signer.mint(Purpose.PREFERENCES, 4)
    preferring.ask_to_move(office.mailbag, token, new)
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, old, "/move/"))
    office.run_jobs()
    preferring.agree_to_move(office.mailbag, the_link(office, new, "/move/"))
    pass_days(office, FRIDAY, MONDAY + timedelta(days=7))
    assert got(office, new) == noons(MONDAY, MONDAY + timedelta(days=6))
    assert not issues_waiting(office)


def issues_waiting(office: Office) -> list[int]:
    with office.mailbag.database.read() as tx:
        found = digest.issues(tx, IssueState.SENDING)
        return [len(digest.copies_in_state(tx, issue.id or 0, [DeliveryState.QUEUED])) for issue in found]


@ON_SQLITE
def test_saving_the_same_again_notes_nothing(office: Office) -> None:
    subscribe(office, ANN)
    change(office, WEEKLY)
    with office.mailbag.database.read() as tx:
        ann = tx.session.get(Subscriber, 4)
        assert ann is not None
        assert ann.had_until is None
