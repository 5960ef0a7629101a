"""Stored replies read again: nothing changes unasked, and what would is listed, worst first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.column import Publication
from app.mail.reply import READER_VERSION, Reply
from app.store import mail, questions
from app.usecases import capturing, publishing, rereading
from app.usecases.capturing import Exchange
from app.usecases.mailbag import Mailbag
from tests.office import ANSWER, GURU, Office, open_office

LAST = "This is really pain, no gain."


@pytest.fixture
def newer_reader(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the reader drops some words, as another version of it might."""

    def drop(words: str) -> None:
        def capture(mailbag: Mailbag, exchange: Exchange) -> Reply:
            read = capturing.capture(mailbag, exchange)
            hers = tuple(replace(s, text=s.text.replace(words, "")) for s in read.segments)
            return replace(read, segments=hers)

        monkeypatch.setattr(rereading, "capture", capture)

    return drop


def answered(office: Office, text: str = ANSWER) -> int:
    question = office.ask(form_key=text[:20], text=f"My knee hurts, and I wonder: {text[:12]}")
    office.receive(office.reply(text))
    assert question.id is not None
    return question.id


def texts(office: Office, question_id: int) -> list[tuple[str, int, str]]:
    with office.mailbag.database.read() as tx:
        found = questions.by_id(tx, question_id)
        assert found is not None
        assert found.answer is not None
        return [(r.text, r.reader_version, r.hold_reason) for r in found.answer.revisions]


def test_the_reader_of_today_changes_nothing_of_its_own(database_url: str) -> None:
    with open_office(database_url) as office:
        answered(office)
        found = rereading.reread(office.mailbag, dry_run=False)
        assert (found.read, found.changes) == (1, [])


def test_each_answer_says_which_reader_took_it_from_its_mail(database_url: str) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question_id = answered(office)
        publishing.approve(office.mailbag, question_id, "Typed by hand.", by="Anna")
        assert [version for _, version, _ in texts(office, question_id)] == [READER_VERSION, 0]


def test_what_is_printed_stays_and_is_listed(database_url: str, newer_reader: Callable[[str], None]) -> None:
    with open_office(database_url) as office:
        question_id = answered(office)
        before = texts(office, question_id)
        newer_reader(LAST)
        [change] = rereading.reread(office.mailbag, dry_run=False).changes
        assert change.is_printed
        assert not change.is_waiting
        assert change.lost == ("this", "is", "really", "pain", "no", "gain")
        assert texts(office, question_id) == before


def test_what_waits_gets_a_revision_that_only_an_editor_lets_through(
    database_url: str, newer_reader: Callable[[str], None]
) -> None:
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        question_id = answered(office)
        newer_reader(LAST)
        dry = rereading.reread(office.mailbag, dry_run=True)
        assert [change.is_waiting for change in dry.changes] == [True]
        assert len(texts(office, question_id)) == 1, "a dry run stores nothing"
        rereading.reread(office.mailbag, dry_run=False)
        assert len(texts(office, question_id)) == 2
        newest = texts(office, question_id)[-1]
        assert LAST not in newest[0]
        assert newest[1:] == (READER_VERSION, "reread")
        office.clock.pass_by(days=9)
        office.sweep()
        assert office.question(question_id).state == "answered"
        publishing.approve(office.mailbag, question_id, None, by="Anna")
        assert office.question(question_id).state == "published"


def test_a_second_time_changes_nothing_more(database_url: str, newer_reader: Callable[[str], None]) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question_id = answered(office)
        newer_reader(LAST)
        rereading.reread(office.mailbag, dry_run=False)
        assert rereading.reread(office.mailbag, dry_run=False).changes == []
        assert len(texts(office, question_id)) == 2


def test_the_worst_comes_first(database_url: str, newer_reader: Callable[[str], None]) -> None:
    with open_office(database_url) as office:
        long, short = answered(office, f"{ANSWER} {ANSWER} Ice."), answered(office, "Ice. Rest it.")
        newer_reader("Ice.")
        found = rereading.reread(office.mailbag, dry_run=True)
        assert [change.question_id for change in found.changes] == [short, long]


def test_a_text_that_would_be_empty_is_never_put_in_its_place(
    database_url: str, newer_reader: Callable[[str], None]
) -> None:
    with open_office(database_url, publication=Publication.EDITOR_APPROVES) as office:
        question_id = answered(office, "Rest it.")
        newer_reader("Rest it.")
        [change] = rereading.reread(office.mailbag, dry_run=False).changes
        assert not change.is_waiting
        assert len(texts(office, question_id)) == 1


SIGNATURE = "Senior physio at the clinic\nThe Hill, second floor"


def test_a_signature_is_learned_from_three_answers_and_listed_in_the_receipt(database_url: str) -> None:
    with open_office(database_url) as office:
        bodies = [
            f"{words}\n\n{SIGNATURE}" for words in ("Rest it.", "Walk a lot.", "Cold water.", "Swim, I would say.")
        ]
        ids = [answered(office, body) for body in bodies]
        found = [office.question(question_id).text for question_id in ids]
        assert found[2].endswith("second floor"), "three mails are not known before the fourth"
        assert found[3] == "Swim, I would say."
        receipt = office.server.to(GURU)[-1].raw.decode()
        assert "below your other mails" in " ".join(receipt.replace("=\r\n", "").split())
        assert rereading.reread(office.mailbag, dry_run=True).changes == [], "read again, it finds the same"


def test_nothing_is_learned_from_another_expert_or_from_a_held_mail(database_url: str) -> None:
    with open_office(database_url) as office:
        for words in ("Rest it.", "Walk a lot."):
            answered(office, f"{words}\n\n{SIGNATURE}")
        question_id = answered(office, f"Swim.\n\n{SIGNATURE}")
        with office.mailbag.database.read() as tx:
            found = questions.by_id(tx, question_id)
            assert found is not None
            expert = found.assignments[0].expert
            assert len(mail.earlier_answers(tx, expert, before=10_000, most=5, largest=100_000)) == 3
            assert mail.earlier_answers(tx, expert, before=1, most=5, largest=100_000) == []
            assert mail.earlier_answers(tx, expert, before=10_000, most=5, largest=10) == []
