"""Reads stored replies again with today's reader: what it would change, and new revisions that wait for an editor."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.event import Action, record
from app.domain.question import Answer, Question, QuestionState, Revision
from app.mail.reply import READER_VERSION
from app.mail.reply.outcome import Outcome
from app.mail.reply.words import words_of
from app.store import mail, questions
from app.store.base import Transaction
from app.usecases.capturing import capture, exchange_of
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

log = logging.getLogger(__name__)

REREAD = "reread"  # why such a revision waits for an editor


@dataclass(frozen=True)
class Change:
    """What today's reader makes otherwise of one mail. `lost` and `won` are words, in the order of the text."""

    question_id: int
    number: int  # of the revision that was taken from the mail
    reader_version: int  # of the reader that took it
    before: str
    after: str
    lost: tuple[str, ...]
    won: tuple[str, ...]
    is_unreadable: bool  # today's reader can make nothing of the mail
    is_printed: bool  # readers see the old text, and go on to see it
    is_waiting: bool  # a new revision was, or would be, made: the text is the last one, and no reader saw it

    @property
    def share(self) -> float:
        """Of all words before and after: how many are in one of the two only; 0 where only lines differ."""
        words = len(words_of(self.before)) + len(words_of(self.after))
        return (len(self.lost) + len(self.won)) / words if words else 0.0


@dataclass(frozen=True)
class Rereading:
    """`changes` has the worst first; `read` counts the mails."""

    read: int
    changes: list[Change]


def reread(mailbag: Mailbag, *, dry_run: bool) -> Rereading:
    """Read every mail again that became an answer.

    A printed text stays as it is, and so does one that an editor has changed or approved: such changes are only
    listed. Where the text still waits, a new revision waits for an editor in its place, unless `dry_run`: no policy
    but a person lets it through. Again, it changes nothing.
    """
    with mailbag.database.read() as tx:
        ids = questions.captured_answers(tx)
    read, changes = 0, []
    for question_id in ids:
        for revision_id, text in _readings(mailbag, question_id):
            read += 1
            change = _settle(mailbag, question_id, revision_id, text, dry_run=dry_run)
            changes += [change] if change else []
    changes.sort(key=lambda change: (-change.share, change.question_id, change.number))
    return Rereading(read, changes)


def _readings(mailbag: Mailbag, question_id: int) -> Iterator[tuple[int, str | None]]:
    """The last revision that was taken from each mail, and what the mail says to today's reader; None: nothing."""
    with mailbag.database.read() as tx:
        answer = _the_answer(tx, question_id)
        last = {revision.inbound_id: revision.id for revision in answer.revisions if revision.inbound_id}
    for inbound_id, revision_id in last.items():
        assert inbound_id is not None
        assert revision_id is not None
        yield revision_id, _text(mailbag, inbound_id)


def _text(mailbag: Mailbag, inbound_id: int) -> str | None:
    with mailbag.database.read() as tx:
        message = mail.inbound_by_id(tx, inbound_id)
        if message is None or not message.raw:
            return None
        exchange = exchange_of(tx, message)
    try:
        reply = capture(mailbag, exchange)
    except Exception:  # one bad mail must not hide the others
        log.exception("mail %s cannot be read", inbound_id)
        return None
    return None if reply.outcome is Outcome.UNREADABLE else reply.published()


@retried()  # an editor was at the same question: what she did is seen now
def _settle(mailbag: Mailbag, question_id: int, revision_id: int, text: str | None, *, dry_run: bool) -> Change | None:
    database = mailbag.database
    with database.read() if dry_run else database.write() as tx:
        answer = _the_answer(tx, question_id)
        revision = next(one for one in answer.revisions if one.id == revision_id)
        if text == revision.text:
            return None
        change = _change(answer, revision, text)
        if change.is_waiting and not dry_run:
            _revise(mailbag, answer.question, revision, change.after)
        return change


def _change(answer: Answer, revision: Revision, text: str | None) -> Change:
    assert answer.question.id is not None
    after = text or ""
    before_words, after_words = words_of(revision.text), words_of(after)
    may_wait = answer.question.state is QuestionState.ANSWERED and revision is answer.current
    return Change(
        question_id=answer.question.id,
        number=revision.number,
        reader_version=revision.reader_version,
        before=revision.text,
        after=after,
        lost=_only_in(before_words, after_words),
        won=_only_in(after_words, before_words),
        is_unreadable=text is None,
        is_printed=revision.published_at is not None,
        is_waiting=may_wait and revision.approved_at is None and bool(after.strip()),
    )


def _only_in(words: list[str], others: list[str]) -> tuple[str, ...]:
    left = Counter(others)
    found = []
    for word in words:
        if left[word]:
            left[word] -= 1
        else:
            found.append(word)
    return tuple(found)


def _revise(mailbag: Mailbag, question: Question, revision: Revision, text: str) -> None:
    """The text before it no longer publishes itself either: the last revision counts."""
    now = mailbag.clock()
    assert question.answer is not None
    question.answered_at = now  # so that whoever approves the text before it at this moment is told
    newer = question.answer.revise(
        text, author=revision.author, at=now, inbound_id=revision.inbound_id, reader_version=READER_VERSION
    )
    newer.hold_reason = revision.hold_reason or REREAD
    record(question, Action.REREAD, at=now, actor="mailbag", detail=f"reader {READER_VERSION}")


def _the_answer(tx: Transaction, question_id: int) -> Answer:
    question = questions.by_id(tx, question_id)
    assert question is not None
    assert question.answer is not None
    return question.answer
