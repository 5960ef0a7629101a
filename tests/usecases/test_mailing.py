"""Copies go out once each, are settled one by one, and nothing that happens on the way loses or doubles one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from types import ModuleType

import pytest
from sqlalchemy import select, update

from app.domain.digest import Issue, IssueState
from app.domain.errors import ForbiddenTransition
from app.domain.mail import DeliveryState
from app.domain.periods import DigestPolicy
from app.domain.subscription import Frequency, SubscriptionState, Suppression, SuppressionReason
from app.mail.lint import Envelope
from app.mail.transport import TIMEOUT, Fate, Handover
from app.mail.warm import WarmRelay
from app.store import audience, digest, ledger, places, subscribers
from app.store import tables as t
from app.store.base import Transaction
from app.usecases import correcting, digesting, freezing, mailing, metering, rounds, suppressing, unsubscribing
from app.usecases.suppressing import digest_of
from tests.counting_sink import CountingSink
from tests.office import NOON, NextLine, NextServer, Office, open_office, with_a_newer_key
from tests.usecases.readers import publish, subscribe

TAKEN = Handover(Fate.TAKEN, "250 Ok")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as office:
        office.mailbag = replace(office.mailbag, digest=DigestPolicy(lines=2))
        yield office


def frozen(office: Office, readers: int) -> int:
    publish(office)
    for number in range(readers):
        subscribe(office, f"reader{number}@d{number % 2}.example")
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna")
    assert issue_id is not None
    freezing.freeze(office.mailbag, issue_id)
    office.bells.clear()
    return issue_id


def send(office: Office, issue_id: int) -> None:
    mailing.send_issue(office.mailbag, issue_id, seconds=60)


def send_until_it_rests(office: Office, issue_id: int) -> None:
    """A run waits for the pace and goes on; here its clock stands still."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rounds, "sleep", lambda _: office.mailbag.stopping.set())
        send(office, issue_id)
    assert office.mailbag.stopping.is_set()
    office.mailbag.stopping.clear()


def states(office: Office, issue_id: int) -> dict[str, int]:
    return {state.value: number for state, number in digesting.progress(office.mailbag, issue_id).states.items()}


def the_issue(office: Office, issue_id: int) -> Issue:
    with office.mailbag.database.read() as tx:
        return digest.the_issue(tx, issue_id)


def recipients(office: Office) -> list[str]:
    return sorted(sent.envelope.recipient for sent in office.server.sent)


def test_each_gets_one_copy_of_his_own(office: Office) -> None:
    issue_id = frozen(office, 5)
    send(office, issue_id)
    assert recipients(office) == [f"reader{n}@d{n % 2}.example" for n in range(5)]
    assert len({sent.envelope.sender for sent in office.server.sent}) == 5
    assert len({sent.raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0] for sent in office.server.sent}) == 5
    assert states(office, issue_id) == {"sent": 5}
    assert the_issue(office, issue_id).state is IssueState.SENT
    send(office, issue_id)
    assert len(office.server.sent) == 5


def test_what_is_refused_fails_and_what_is_put_off_comes_again_as_the_same_octets(office: Office) -> None:
    issue_id = frozen(office, 3)
    refused, later, lost = (
        Handover(Fate.REFUSED, "550 5.1.1 nobody"),
        Handover(Fate.LATER, "451 4.7.1 greylisted"),
        Handover(Fate.UNKNOWN, "no answer after the message"),
    )
    office.server.answers = [refused, later, lost]
    send(office, issue_id)
    assert states(office, issue_id) == {"failed": 1, "queued": 2}
    assert the_issue(office, issue_id).state is IssueState.SENDING
    send(office, issue_id)
    assert states(office, issue_id) == {"failed": 1, "queued": 2}  # not due yet
    office.clock.pass_by(minutes=1)
    send(office, issue_id)
    assert states(office, issue_id) == {"failed": 1, "sent": 2}
    assert the_issue(office, issue_id).state is IssueState.SENT
    doubtful = office.server.sent[0]
    assert [sent.raw for sent in office.server.to(doubtful.envelope.recipient)] == [doubtful.raw] * 2


@pytest.mark.parametrize(
    ("said", "reason", "state"),
    [
        ("550 5.1.1 <reader0@d0.example>: Recipient address rejected: User unknown", "unknown-user", "unsubscribed"),
        ("554 5.7.1 relaying denied", "", "confirmed"),
        ("550 5.7.1 we do not like you", "", "confirmed"),
        ("552 5.2.2 mailbox full", "", "confirmed"),
    ],
)
def test_an_address_at_which_nobody_is_gets_no_more(office: Office, said: str, reason: str, state: str) -> None:
    issue_id = frozen(office, 2)
    office.server.answers = [Handover(Fate.REFUSED, said)]
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "failed": 1}
    with office.mailbag.database.read() as tx:
        (copy,) = digest.copies_in_state(tx, issue_id, [DeliveryState.FAILED])
        assert copy.subscriber is not None
        assert (copy.bounce_reason, copy.subscriber.state) == (reason, state)
        found = suppressing.find(office.mailbag, tx, "reader0@d0.example")
    assert (found is not None) == (state == "unsubscribed")
    assert found is None or "reader0" not in found.detail


class Interrupting(NextServer):
    """Does something between two mails."""

    def __init__(self, act: object, after: int) -> None:
        super().__init__()
        self._act, self._after = act, after

    def hand_over(self, message: bytes, *, sender: str, recipient: str) -> Handover:
        answer = super().hand_over(message, sender=sender, recipient=recipient)
        if len(self.sent) == self._after:
            self._act()  # type: ignore[operator]
        return answer


def interrupt(office: Office, act: object, after: int = 1, lines: int = 1) -> None:
    office.server = Interrupting(act, after)
    policy = replace(office.mailbag.digest, lines=lines)
    office.mailbag = replace(office.mailbag, transport=office.server, digest=policy)


def test_an_unsubscribe_takes_effect_before_the_next_mail(office: Office) -> None:
    issue_id = frozen(office, 4)

    def all_leave() -> None:
        with office.mailbag.database.write() as tx:
            tx.session.execute(update(t.subscriber).values(state=SubscriptionState.UNSUBSCRIBED))

    interrupt(office, all_leave)
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "suppressed": 3}
    assert len(office.server.sent) == 1


def test_a_suppression_takes_effect_before_the_next_mail(office: Office) -> None:
    issue_id = frozen(office, 3)

    def suppress() -> None:
        with office.mailbag.database.write() as tx:
            for number in (1, 2):
                named = digest_of(office.mailbag, f"reader{number}@d{number % 2}.example")
                tx.add(Suppression(named, SuppressionReason.COMPLAINT, "", made_at=NOON))

    interrupt(office, suppress)
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "suppressed": 2}


def test_a_suppression_under_an_older_key_takes_effect_too(office: Office) -> None:
    issue_id = frozen(office, 3)
    with office.mailbag.database.write() as tx:
        named = digest_of(office.mailbag, "reader1@d1.example")
        tx.add(Suppression(named, SuppressionReason.COMPLAINT, "", made_at=NOON))
    mailing.send_issue(with_a_newer_key(office.mailbag), issue_id)
    assert states(office, issue_id) == {"sent": 2, "suppressed": 1}


def test_a_pause_takes_effect_before_the_next_mail_and_can_be_ended(office: Office) -> None:
    issue_id = frozen(office, 4)
    interrupt(office, lambda: digesting.pause(office.mailbag, issue_id, by="Anna"))
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "queued": 3}
    send(office, issue_id)
    assert len(office.server.sent) == 1
    assert mailing.bells(office.mailbag) == []
    digesting.resume(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
    assert states(office, issue_id) == {"sent": 4}
    with pytest.raises(ForbiddenTransition):
        digesting.pause(office.mailbag, issue_id, by="Anna")


def test_too_many_refusals_pause_it(office: Office) -> None:
    issue_id = frozen(office, 30)
    office.server.answers = [Handover(Fate.REFUSED, "554 5.7.1 we do not like you")] * 30
    send(office, issue_id)
    issue = the_issue(office, issue_id)
    assert issue.is_paused
    assert issue.pause_reason == "20 of the last 20 copies were refused"
    assert states(office, issue_id) == {"failed": 20, "queued": 10}


def test_complaints_pause_it(office: Office) -> None:
    issue_id = frozen(office, 5)
    send(office, issue_id)
    with office.mailbag.database.write() as tx:
        tx.session.execute(update(t.issue).values(state=IssueState.SENDING))
        tx.session.execute(update(t.issue_copy).where(t.issue_copy.c.id <= 3).values(state=DeliveryState.COMPLAINED))
    assert metering.judge(office.mailbag, issue_id)
    assert the_issue(office, issue_id).pause_reason == "3 of 5 readers complained"


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute is over with each round."""
    monkeypatch.setattr(metering, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(metering, "_SHARE", 0)


@pytest.mark.usefixtures("looks_often")
def test_one_run_after_the_other_looks_at_the_whole_issue(office: Office) -> None:
    """A run is shorter than the time between two looks; complaints come in while it is sent."""
    issue_id = frozen(office, 9)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_second=4))
    send_until_it_rests(office, issue_id)
    with office.mailbag.database.write() as tx:
        tx.session.execute(update(t.issue_copy).where(t.issue_copy.c.id <= 3).values(state=DeliveryState.COMPLAINED))
    office.clock.pass_by(seconds=1)
    send(office, issue_id)
    assert the_issue(office, issue_id).pause_reason == "3 of 4 readers complained"
    assert len(office.server.sent) == 4
    digesting.resume(office.mailbag, issue_id, by="Anna")
    office.clock.pass_by(seconds=1)
    send_until_it_rests(office, issue_id)
    assert len(office.server.sent) == 8, "she has seen it, and twice as many are borne"


def test_that_look_waits_for_its_time_whatever_runs_begin(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    issue_id = frozen(office, 5)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_second=1))
    looked: list[int] = []
    monkeypatch.setattr(metering, "_LOOK_EVERY", 600.0)
    monkeypatch.setattr(metering, "judge", lambda _, issue_id: looked.append(issue_id))
    for _ in range(3):
        send_until_it_rests(office, issue_id)
        office.clock.pass_by(seconds=1)
    assert len(office.server.sent) == 3
    assert looked == [issue_id]


@pytest.mark.usefixtures("looks_often")
def test_a_slow_issue_is_paused_by_what_was_refused_in_all_its_runs(office: Office) -> None:
    issue_id = frozen(office, 30)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_second=5))
    office.server.answers = [Handover(Fate.REFUSED, "554 5.7.1 we do not like you")] * 30
    for _ in range(4):
        send_until_it_rests(office, issue_id)
        office.clock.pass_by(seconds=1)
    send(office, issue_id)
    assert the_issue(office, issue_id).pause_reason == "20 of 20 copies were refused"
    assert states(office, issue_id) == {"failed": 20, "queued": 10}


def test_several_workers_may_freeze_and_send_it_at_the_same_moment(office: Office) -> None:
    publish(office)
    for number in range(6):
        topics = ["Physiotherapy Advice"] if number % 2 else None
        subscribe(office, f"reader{number}@d.example", topics=topics)
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna")
    assert issue_id is not None
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(workers=4))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: send(office, issue_id), range(4)))
    assert recipients(office) == [f"reader{n}@d.example" for n in range(6)]
    send(office, issue_id)
    assert the_issue(office, issue_id).state is IssueState.SENT
    freezing.freeze(office.mailbag, issue_id)
    assert states(office, issue_id) == {"sent": 6}


@pytest.mark.parametrize(("where", "name"), [(audience, "items"), (places, "forget")], ids=["begin", "end"])
def test_who_is_second_to_freeze_it_says_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, where: ModuleType, name: str
) -> None:
    if office.mailbag.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    publish(office)
    subscribe(office, "ann@reader.example")
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="Anna") or 0
    act = getattr(where, name)

    def meanwhile(tx: Transaction, *more: object) -> object:
        monkeypatch.undo()
        freezing.freeze(office.mailbag, issue_id)
        return act(tx, *more)

    monkeypatch.setattr(where, name, meanwhile)
    freezing.freeze(office.mailbag, issue_id)
    assert the_issue(office, issue_id).state is IssueState.SENDING
    assert states(office, issue_id) == {"queued": 1}


def test_two_workers_may_pause_it_at_the_same_moment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    if office.mailbag.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    issue_id = frozen(office, 1)
    issue_by_id = digest.issue_by_id

    def meanwhile(tx: Transaction, issue_id: int) -> Issue | None:
        found = issue_by_id(tx, issue_id)
        monkeypatch.undo()
        metering.pause(office.mailbag, issue_id, "the first reason")
        return found

    monkeypatch.setattr(digest, "issue_by_id", meanwhile)
    metering.pause(office.mailbag, issue_id, "the second reason")
    assert the_issue(office, issue_id).pause_reason == "the first reason"


def test_what_a_dead_worker_had_is_sent_by_another_after_its_lease(office: Office) -> None:
    issue_id = frozen(office, 4)
    with office.mailbag.database.write() as tx:
        mine = ledger.claim(tx, issue_id, "dead", at=office.clock(), most=3)
        ledger.begin(tx, {mine[0].id: ""}, "dead", at=office.clock(), today=NOON.date())
    office.clock.pass_by(seconds=10)
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "sending": 3}
    office.clock.pass_by(minutes=3)
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 4}
    with office.mailbag.database.write() as tx:  # and if it was not dead, it finds that nothing is its own
        assert (
            ledger.begin(
                tx, dict.fromkeys([copy.id for copy in mine], ""), "dead", at=office.clock(), today=NOON.date()
            )
            == set()
        )
        for state in (DeliveryState.SENT, DeliveryState.FAILED):
            ledger.settle(tx, [ledger.Outcome(mine[1].id, state, "")], "dead", at=NOON)
    assert states(office, issue_id) == {"sent": 4}


def test_two_workers_share_an_issue_and_a_third_is_not_wanted(office: Office) -> None:
    issue_id = frozen(office, 4)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(workers=2))
    assert mailing.bells(office.mailbag) == [issue_id, issue_id]
    with office.mailbag.database.write() as tx:
        one = ledger.claim(tx, issue_id, "one", at=office.clock(), most=1)
        two = ledger.claim(tx, issue_id, "two", at=office.clock(), most=2)
    assert not {copy.id for copy in one} & {copy.id for copy in two}
    send(office, issue_id)
    assert office.server.sent == []
    assert mailing.bells(office.mailbag) == []


def test_two_workers_may_end_it_at_the_same_moment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    if office.mailbag.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    issue_id = frozen(office, 1)
    is_open = ledger.is_open

    def meanwhile(tx: Transaction, issue_id: int) -> bool:
        monkeypatch.undo()
        mailing.send_issue(office.mailbag, issue_id)
        return is_open(tx, issue_id)

    monkeypatch.setattr(ledger, "is_open", meanwhile)
    send(office, issue_id)
    assert the_issue(office, issue_id).state is IssueState.SENT
    assert len(office.server.sent) == 1


class Broken(NextLine):
    """A line that breaks at its first envelope, or with the first content."""

    def __init__(self, server: NextServer, *, at_content: bool) -> None:
        super().__init__(server)
        self._at_content = at_content

    def opened(self) -> Handover | None:
        if self._at_content:
            return super().opened()
        self.is_broken = True
        return Handover(Fate.LATER, "421 too many connections")

    def result(self) -> Handover:
        self.is_broken = True
        return Handover(Fate.UNKNOWN, "no answer")


class Interrupted(NextLine):
    """Somebody presses Ctrl-C while the answer to a content is waited for."""

    waited: list[float] = []  # noqa: RUF012 - of all lines

    def result(self) -> Handover:
        self.waited.append(self.patience)
        if len(self.waited) == 1:
            raise KeyboardInterrupt
        return super().result()


def test_who_is_interrupted_waits_a_little_for_what_is_due_and_writes_it_down(office: Office) -> None:
    issue_id = frozen(office, 3)
    office.server.open_line = lambda: Interrupted(office.server)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        send(office, issue_id)
    assert Interrupted.waited == [100.0, TIMEOUT, TIMEOUT]
    Interrupted.waited.clear()
    assert states(office, issue_id) == {"sent": 2, "queued": 1}


@pytest.mark.parametrize("at_content", [False, True])
def test_a_line_that_breaks_is_replaced(office: Office, at_content: bool) -> None:
    issue_id = frozen(office, 3)
    lines = [Broken(office.server, at_content=at_content), NextLine(office.server), NextLine(office.server)]
    office.server.open_line = lambda: lines.pop(0)  # type: ignore[method-assign, assignment]
    send(office, issue_id)
    assert states(office, issue_id) == ({"sent": 2, "queued": 1} if at_content else {"sent": 3})


def test_a_server_that_is_not_there_is_asked_once_and_nothing_is_lost(office: Office) -> None:
    issue_id = frozen(office, 3)
    asked = []

    def nobody() -> NextLine:
        asked.append(1)
        raise ConnectionRefusedError

    office.server.open_line = nobody  # type: ignore[method-assign, assignment]
    send(office, issue_id)
    assert states(office, issue_id) == {"queued": 3}
    assert len(asked) == 1
    assert office.bells == []
    with office.mailbag.database.read() as tx:
        assert set(tx.session.scalars(select(t.issue_copy.c.attempts))) == {0}


def test_the_pace_in_all_is_kept(office: Office) -> None:
    issue_id = frozen(office, 6)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_second=2))
    send_until_it_rests(office, issue_id)
    assert len(office.server.sent) == 2
    send_until_it_rests(office, issue_id)
    assert len(office.server.sent) == 2
    office.clock.pass_by(seconds=1)
    send_until_it_rests(office, issue_id)
    assert len(office.server.sent) == 4


def test_one_run_goes_on_at_its_pace_and_does_not_ring_for_each_copy(office: Office) -> None:
    issue_id = frozen(office, 30)
    began = monotonic()
    clock = lambda: NOON + timedelta(seconds=monotonic() - began)  # noqa: E731
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_second=20), clock=clock)
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 30}
    assert monotonic() - began >= 0.4, "twenty may go at once"
    assert office.bells == []


def test_the_pace_to_one_domain_is_kept_and_the_others_do_not_wait(office: Office) -> None:
    issue_id = frozen(office, 6)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_domain_minute=1))
    send(office, issue_id)
    assert recipients(office) == ["reader0@d0.example", "reader1@d1.example"]
    office.clock.pass_by(minutes=1)
    send(office, issue_id)
    assert len(office.server.sent) == 4
    office.clock.pass_by(minutes=5)
    send(office, issue_id)
    assert len(office.server.sent) == 6


def test_what_is_put_off_for_a_domain_comes_one_behind_the_other(office: Office) -> None:
    issue_id = frozen(office, 8)
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(per_domain_minute=1))
    send(office, issue_id)
    waiting = select(t.issue_copy.c.due_at).where(t.issue_copy.c.state == DeliveryState.QUEUED)
    with office.mailbag.database.read() as tx:
        due = sorted(tx.session.scalars(waiting))
    assert due == sorted([NOON + timedelta(minutes=n) for n in (1, 2, 3)] * 2)


def test_who_is_told_to_stop_finishes_what_he_has_begun(office: Office) -> None:
    issue_id = frozen(office, 6)
    interrupt(office, office.mailbag.stopping.set)
    send(office, issue_id)
    found = states(office, issue_id)
    assert found["sent"] + found["queued"] == 6
    assert 1 <= found["sent"] <= 3, "what was open, and no more is claimed"
    send(office, issue_id)
    assert states(office, issue_id) == found
    office.mailbag.stopping.clear()
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 6}


@pytest.mark.parametrize("after", [1, 3, 1000], ids="closed after {}".format)
def test_a_server_that_bears_few_connections_gets_it_all_over_those(office: Office, after: int) -> None:
    issue_id = frozen(office, 60)
    with CountingSink(most=4, after=after) as sink:
        relay = WarmRelay("127.0.0.1", sink.port, own_name="column.example")
        office.mailbag = replace(office.mailbag, transport=relay, digest=DigestPolicy(lines=32))
        send(office, issue_id)
        assert (sink.copies, sink.refused) == (60, 1)
    assert states(office, issue_id) == {"sent": 60}
    assert the_issue(office, issue_id).state is IssueState.SENT


def test_an_address_that_cannot_be_written_to_fails_alone(office: Office) -> None:
    issue_id = frozen(office, 3)
    with office.mailbag.database.write() as tx:
        tx.session.execute(update(t.subscriber).where(t.subscriber.c.id == 2).values(address="a b@d.example"))
    office.server.answers = []
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 2, "failed": 1}


def test_a_letter_corrected_on_the_way_changes_no_copy(office: Office) -> None:
    issue_id = frozen(office, 2)
    office.server.answers = [Handover(Fate.LATER, "451"), TAKEN]
    send(office, issue_id)
    with office.mailbag.database.write() as tx:
        tx.session.execute(update(t.revision).values(text="Something else."))
    office.clock.pass_by(minutes=1)
    send(office, issue_id)
    bodies = {sent.raw.count(b"Something else") for sent in office.server.sent}
    assert bodies == {0}


def test_what_is_unfit_is_not_sent_to_anybody_and_goes_out_when_it_is_mended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_id = frozen(office, 2)
    with monkeypatch.context() as spoilt:
        spoilt.setattr("app.usecases.copying.render", lambda *_, **__: b"From: x\r\n\0h:to\0\r\nhello\r\n")
        send(office, issue_id)
    assert office.server.sent == []
    assert the_issue(office, issue_id).pause_reason.startswith("not fit to be sent: mailbox-malformed")
    assert states(office, issue_id) == {"queued": 2}
    digesting.resume(office.mailbag, issue_id, by="Anna")
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 2}


def test_a_copy_goes_to_its_own_return_address(office: Office) -> None:
    issue_id = frozen(office, 1)
    send(office, issue_id)
    with office.mailbag.database.read() as tx:
        (copy,) = digest.copies_in_state(tx, issue_id, [DeliveryState.SENT])
        assert copy.id is not None
        expected = Envelope(office.mailbag.links.copy_bounce_address(copy.id), "reader0@d0.example")
        assert digest.copies_of(tx, copy.subscriber_id) == [copy]
        assert copy.sent_at is not None
        assert copy.sent_at - NOON < timedelta(minutes=1)
    assert office.server.sent[0].envelope == expected


class Slow(NextLine):
    """Takes its time with each envelope, while another worker looks for what a dead one has left."""

    def __init__(self, office: Office, issue_id: int) -> None:
        super().__init__(office.server)
        self._office, self._issue_id = office, issue_id

    def opened(self) -> Handover | None:
        if self._announced is not None:
            self._wait()
        return super().opened()

    def _wait(self) -> None:
        self._office.clock.pass_by(seconds=15)
        before = self._office.clock() - self._office.mailbag.digest.lease
        with self._office.mailbag.database.write() as tx:
            ledger.take_back(tx, self._issue_id, before=before, at=self._office.clock())


def test_a_slow_server_makes_nobody_look_dead_whose_copies_are_out(office: Office) -> None:
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(lines=16))
    issue_id = frozen(office, 40)
    office.server.open_line = lambda: Slow(office, issue_id)  # type: ignore[method-assign]
    for _ in range(5):
        send(office, issue_id)
        office.clock.pass_by(minutes=5)
    assert recipients(office) == sorted(f"reader{n}@d{n % 2}.example" for n in range(40))
    assert states(office, issue_id) == {"sent": 40}


class SlowToConnect(NextLine):
    """Takes one mail, and is gone."""

    def result(self) -> Handover:
        self.is_broken = True
        return super().result()


def test_a_server_that_is_slow_to_greet_does_not_either(office: Office) -> None:
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(lines=16))
    issue_id = frozen(office, 40)

    def greeted() -> NextLine:
        office.clock.pass_by(seconds=15)
        with office.mailbag.database.write() as tx:
            ledger.take_back(tx, issue_id, before=office.clock() - office.mailbag.digest.lease, at=office.clock())
        return SlowToConnect(office.server)

    office.server.open_line = greeted  # type: ignore[method-assign]
    for _ in range(5):
        send(office, issue_id)
        office.clock.pass_by(minutes=5)
    assert len(recipients(office)) == len(set(recipients(office)))


class SlowToRead(Slow):
    def opened(self) -> Handover | None:
        return NextLine.opened(self)

    def send(self, message: bytes, following: Envelope | None) -> None:
        self._wait()
        super().send(message, following)


def test_a_server_that_is_slow_to_read_does_not_either(office: Office) -> None:
    office.mailbag = replace(office.mailbag, digest=DigestPolicy(lines=16))
    issue_id = frozen(office, 40)
    office.server.open_line = lambda: SlowToRead(office, issue_id)  # type: ignore[method-assign]
    for _ in range(5):
        send(office, issue_id)
        office.clock.pass_by(minutes=5)
    assert recipients(office) == sorted(f"reader{n}@d{n % 2}.example" for n in range(40))


def test_what_a_server_says_is_kept_without_the_address(office: Office) -> None:
    issue_id = frozen(office, 2)
    office.server.answers = [
        Handover(Fate.TAKEN, "250 2.1.5 <reader0@d0.example> queued"),
        Handover(Fate.REFUSED, "550 5.7.1 <reader1@d1.example>: not today"),
    ]
    send(office, issue_id)
    with office.mailbag.database.read() as tx:
        said = list(tx.session.scalars(select(t.issue_copy.c.server_said).order_by(t.issue_copy.c.id)))
    assert said == ["250 2.1.5 <…> queued", "550 5.7.1 <…>: not today"]


def test_who_was_erased_after_her_copy_was_claimed_is_no_failure(office: Office) -> None:
    issue_id = frozen(office, 2)
    with office.mailbag.database.write() as tx:
        unsubscribing.erase(office.mailbag, tx, subscribers.by_id(tx, 1))  # type: ignore[arg-type]
    send(office, issue_id)
    assert states(office, issue_id) == {"sent": 1, "suppressed": 1}


def test_a_copy_whose_letters_were_all_withdrawn_is_not_sent(office: Office) -> None:
    issue_id = frozen(office, 2)
    with office.mailbag.database.read() as tx:
        (letter,) = digest.the_issue(tx, issue_id).items
    correcting.withdraw(office.mailbag, letter.id or 0, "a slip", by="Anna")
    send(office, issue_id)
    assert office.server.sent == []
    assert states(office, issue_id) == {"suppressed": 2}
    assert the_issue(office, issue_id).state is IssueState.SENT
