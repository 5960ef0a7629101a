"""Issues come by the calendar, once a period, with what was printed since; each subscriber gets his own letters."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.digest import Issue, IssueState
from app.domain.errors import ForbiddenTransition, NotFound, OutOfTurn
from app.domain.mail import DeliveryState
from app.domain.periods import DigestPolicy
from app.domain.subscription import Frequency, Subscriber, SubscriptionState, Suppression, SuppressionReason
from app.mail.transport import Fate
from app.store import digest
from app.usecases import digesting, freezing, staffing
from app.usecases.suppressing import digest_of
from tests.office import NOON, Office, open_office, with_a_newer_key
from tests.usecases.readers import publish, subscribe

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as office:
        yield office


def issues(office: Office) -> list[Issue]:
    with office.mailbag.database.read() as tx:
        return digest.issues(tx)


def at(office: Office, when: datetime) -> None:
    office.clock.at = when


def test_an_issue_is_drafted_on_its_day_stands_a_while_and_goes_out(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    office.sweep()
    assert not issues(office)
    at(office, MONDAY)
    office.sweep()
    (issue,) = issues(office)
    assert (issue.state, issue.period, issue.number) == (IssueState.DRAFT, "2026-W48", 1)
    assert issue.subject == "No. 1: I ran my first marathon two months ago – and have had knee…"
    office.clock.pass_by(hours=2)
    office.sweep()
    (issue,) = issues(office)
    assert issue.state is IssueState.SENT
    assert len(office.server.to("ann@reader.example")) == 1
    office.clock.pass_by(hours=12)
    office.sweep()
    assert len(issues(office)) == 1


def test_a_period_in_which_nothing_was_printed_has_no_issue(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    at(office, MONDAY)
    office.sweep()
    office.clock.pass_by(minutes=1)
    publish(office)  # belongs to the next week
    office.sweep()
    assert not issues(office)
    at(office, MONDAY + timedelta(days=7))
    office.sweep()
    assert [issue.period for issue in issues(office)] == ["2026-W49"]


def test_a_stale_period_is_skipped_and_its_letters_go_into_the_next(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    at(office, MONDAY + timedelta(days=2))
    publish(office, text="A second letter, about a shoe that hurts.")
    at(office, MONDAY + timedelta(days=11))  # nobody was there to ring for days
    office.sweep()
    at(office, MONDAY + timedelta(days=14))
    office.sweep()
    newest, first = issues(office)
    assert (first.period, newest.period) == ("2026-W48", "2026-W50")
    assert (first.state, office.server.sent) == (IssueState.CANCELLED, []), "eleven days late it is no issue any more"
    assert newest.subject.startswith("No. 2: A second letter, about a shoe that hurts – I ran my first marathon")
    office.clock.pass_by(hours=2)
    office.sweep()
    assert len(office.server.to("ann@reader.example")) == 1


def test_what_was_to_go_out_when_nobody_was_there_goes_out_unless_it_is_late(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    at(office, MONDAY + timedelta(days=2))
    office.sweep()
    assert len(office.server.to("ann@reader.example")) == 1


def test_the_letters_of_a_cancelled_draft_go_into_the_one_that_is_drafted_already(office: Office) -> None:
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(by_itself=False))
    subscribe(office, "ann@reader.example")
    first = publish(office)
    at(office, MONDAY)
    office.sweep()
    at(office, MONDAY + timedelta(days=2))
    second = publish(office, text="A second letter, about a shoe that hurts.")
    at(office, MONDAY + timedelta(days=7))
    office.sweep()
    newest, older = issues(office)
    digesting.cancel(office.mailbag, older.id or 0, by="Anna")
    with office.mailbag.database.read() as tx:
        issue = digest.the_issue(tx, newest.id or 0)
        assert [part.id for part in issue.items] == [second, first]
        assert issue.since == older.since
    digesting.start(office.mailbag, newest.id or 0, by="Anna")
    office.run_jobs()
    (mail,) = office.server.to("ann@reader.example")
    assert b"marathon" in mail.raw
    assert b"shoe that hurts" in mail.raw


def test_only_an_editor_sends_it_where_the_policy_says_so(office: Office) -> None:
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(by_itself=False))
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    office.clock.pass_by(hours=9)
    office.sweep()
    (issue,) = issues(office)
    assert issue.state is IssueState.DRAFT
    assert issue.id is not None
    digesting.start(office.mailbag, issue.id, by="Anna")
    office.run_jobs()
    assert issues(office)[0].state is IssueState.SENT


def test_each_gets_the_letters_that_he_chose_and_none_of_them_no_mail(office: Office) -> None:
    staffing.add_topic(office.mailbag, "Running Advice")
    knee, shoe = publish(office), publish(office, topic="running-advice", text="Which shoe is right for me, please?")
    subscribe(office, "all@reader.example")
    subscribe(office, "running@reader.example", topics=["Running Advice"])
    subscribe(office, "thread@reader.example", questions=[knee])
    subscribe(office, "expert@reader.example", experts=["The Guru"])
    staffing.add_topic(office.mailbag, "Desk Advice")
    subscribe(office, "desk@reader.example", topics=["Desk Advice"])
    at(office, MONDAY)
    office.sweep()
    office.clock.pass_by(hours=2)
    office.sweep()
    got = {
        name: [b"marathon" in sent.raw, b"shoe is right" in sent.raw]
        for name in ("all", "running", "thread", "expert")
        for sent in office.server.to(f"{name}@reader.example")
    }
    both, first, second = [True, True], [True, False], [False, True]
    assert got == {"all": both, "running": second, "thread": first, "expert": both}
    assert office.server.to("desk@reader.example") == []
    assert shoe


def test_who_paused_left_or_is_suppressed_gets_none(office: Office) -> None:
    publish(office)
    subscribe(office, "here@reader.example")
    subscribe(office, "paused@reader.example", paused_until=date(2026, 11, 24))
    subscribe(office, "back@reader.example", paused_until=date(2026, 11, 23))
    subscribe(office, "left@reader.example", state=SubscriptionState.UNSUBSCRIBED)
    subscribe(office, "daily@reader.example", frequency=Frequency.MONTHLY)
    subscribe(office, "bounced@reader.example")
    with office.mailbag.database.write() as tx:
        named = digest_of(office.mailbag, "Bounced@reader.example")
        tx.add(Suppression(named, SuppressionReason.HARD_BOUNCE, "550", made_at=NOON))
    at(office, MONDAY)
    office.sweep()
    office.clock.pass_by(hours=2)
    office.sweep()
    weekly = {sent.envelope.recipient for sent in office.server.sent if b"List-ID" in sent.raw}
    assert weekly == {"here@reader.example", "back@reader.example"}
    progress = digesting.progress(office.mailbag, issues(office)[0].id or 0)
    assert progress.states == {DeliveryState.SENT: 2, DeliveryState.SUPPRESSED: 1}
    assert (progress.size, progress.waiting) == (3, 0)


def test_what_was_suppressed_before_a_change_of_key_is_left_out(office: Office) -> None:
    publish(office)
    subscribe(office, "ann@reader.example")
    subscribe(office, "bounced@reader.example")
    with office.mailbag.database.write() as tx:
        named = digest_of(office.mailbag, "bounced@reader.example")
        tx.add(Suppression(named, SuppressionReason.HARD_BOUNCE, "550", made_at=NOON))
    at(office, MONDAY)
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna") or 0
    freezing.freeze(with_a_newer_key(office.mailbag), issue_id)
    progress = digesting.progress(office.mailbag, issue_id)
    assert progress.states == {DeliveryState.QUEUED: 1, DeliveryState.SUPPRESSED: 1}


def test_a_draft_can_be_changed_and_a_frozen_one_not(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    one, two = publish(office), publish(office, text="A second letter, about a shoe that hurts.")
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna")
    assert issue_id is not None
    assert digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna") == issue_id
    digesting.edit(
        office.mailbag, issue_id, by="Anna", subject="Knees first", introduction="Dear readers,", question_ids=[one]
    )
    raw = digesting.preview(office.mailbag, issue_id)
    assert b"Subject: Knees first" in raw
    assert b"Dear readers," in raw
    assert b"shoe" not in raw
    with pytest.raises(ValueError, match="not printed"):
        digesting.edit(office.mailbag, issue_id, by="Anna", question_ids=[one, two, 999])
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
    for change in (digesting.cancel, digesting.start):
        with pytest.raises(ForbiddenTransition):
            change(office.mailbag, issue_id, by="Anna")


def test_a_subject_that_a_form_sends_back_as_it_was_stays_the_programs_own(office: Office) -> None:
    """Some languages set a blank that does not break, which a form turns into a common one."""
    subscribe(office, "ann@reader.example")
    publish(office)
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna")
    assert issue_id is not None
    with office.mailbag.database.write() as tx:
        digest.the_issue(tx, issue_id).subject = "Nº\u00a01\u202f: a knee"
    digesting.edit(office.mailbag, issue_id, by="Anna", subject="Nº 1 : a knee")
    (issue,) = issues(office)
    assert issue.subject == "Nº\u00a01\u202f: a knee"


def test_a_preview_shows_one_subscribers_letters(office: Office) -> None:
    staffing.add_topic(office.mailbag, "Running Advice")
    publish(office)
    subscribe(office, "all@reader.example")
    runner = subscribe(office, "running@reader.example", topics=["Running Advice"])
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna")
    assert issue_id is not None
    with office.mailbag.database.read() as tx:
        ann = tx.session.get(Subscriber, runner)
        assert ann is not None
        assert [topic.name for topic in ann.topics] == ["Running Advice"]
        assert (ann.experts, ann.questions) == ([], [])
    with pytest.raises(NotFound):
        digesting.preview(office.mailbag, issue_id, ann)
    assert digesting.send_test(office.mailbag, issue_id, "anna@column.example").fate is Fate.TAKEN
    assert len(office.server.to("anna@column.example")) == 1


def test_a_cancelled_issue_gives_its_letters_to_the_next(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    digesting.cancel(office.mailbag, issues(office)[0].id or 0, by="Anna")
    office.sweep()
    at(office, MONDAY + timedelta(days=7))
    office.sweep()
    newest, cancelled = issues(office)
    assert (newest.state, newest.number, cancelled.state) == (IssueState.DRAFT, 2, IssueState.CANCELLED)


def test_a_draft_that_a_later_issue_has_overtaken_keeps_its_letters(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    overtaken = issues(office)[0].id or 0
    digesting.edit(office.mailbag, overtaken, by="Anna", sends_at=MONDAY + timedelta(days=9))
    at(office, MONDAY + timedelta(days=2))
    publish(office, text="A second letter, about a shoe that hurts.")
    for hours in (0, 3):
        at(office, MONDAY + timedelta(days=7, hours=hours))
        office.sweep()
    assert len(office.server.to("ann@reader.example")) == 1, "the later issue"
    with pytest.raises(OutOfTurn, match="send it"):
        digesting.cancel(office.mailbag, overtaken, by="Anna")
    at(office, MONDAY + timedelta(days=13))  # nobody was there to ring on the ninth
    office.sweep()
    draft = issues(office)[-1]
    assert (draft.state, draft.sends_at) == (IssueState.DRAFT, None), "it waits for an editor"
    digesting.start(office.mailbag, overtaken, by="Anna")
    office.run_jobs()
    assert len(office.server.to("ann@reader.example")) == 2


def test_a_letter_that_is_being_printed_while_an_issue_is_drafted_stands_in_the_next(office: Office) -> None:
    subscribe(office, "ann@reader.example")
    publish(office)
    at(office, MONDAY)
    office.sweep()
    at(office, MONDAY - timedelta(seconds=10))  # dated before, and committed after
    late = publish(office)
    for after in (timedelta(hours=3), timedelta(days=7)):
        at(office, MONDAY + after)
        office.sweep()
    assert [issue.state for issue in issues(office)] == [IssueState.DRAFT, IssueState.SENT]
    with office.mailbag.database.read() as tx:
        newest, first = (digest.the_issue(tx, issue.id or 0) for issue in issues(office))
        assert late in [part.id for part in newest.items]
        assert late not in [part.id for part in first.items]
