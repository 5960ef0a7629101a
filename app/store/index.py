"""Keeps the index and the edition in step with what is printed, in the transaction that prints it.

The unit of work calls it, not the use cases: whoever publishes, corrects, withdraws or erases cannot forget it.
Terms are stems that `app.domain.words` makes, so that both databases find the same letters.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, event, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.domain.people import Expert, Topic
from app.domain.photo import Photo
from app.domain.question import Answer, Question, QuestionState, Revision
from app.domain.words import stems_of, vocabulary
from app.store import tables as t

# A tsvector counts places no further, keeps so many of each word, and is never a megabyte long.
_LAST_POSITION, _MOST_PLACES, _MOST_OCTETS = 16383, 255, 900_000


class Printed:
    """Notes which questions a session changes, and brings the index up to date before its commit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._questions: set[int] = set()
        self._answers: set[int] = set()
        self._names = False
        event.listen(session, "after_flush", self._note)

    def _note(self, session: Session, _: Any) -> None:
        for thing in (*session.new, *session.dirty, *session.deleted):
            match thing:
                case Question():
                    self._questions.add(thing.id or 0)
                case Answer():
                    self._answers.add(thing.id or 0)
                case Revision():
                    self._answers.add(thing.answer_id)  # type: ignore[attr-defined]
                case Photo():
                    self._questions.add(thing.question_id or 0)
                case Topic() | Expert():
                    self._names = True

    def renew(self) -> None:
        """A new edition where a printed page, or a name on one, is not what it was."""
        self._session.flush()
        if not (self._questions or self._answers or self._names):
            return
        connection = self._session.connection()
        ids = self._questions | set(
            connection.scalars(select(t.answer.c.question_id).where(t.answer.c.id.in_(self._answers)))
        )
        page = func.coalesce(t.question.c.follows_id, t.question.c.id)  # a follow-up is printed on another's
        ids = set(connection.scalars(select(page).where(t.question.c.id.in_(ids))))
        if renew(connection, ids) or self._names:
            _new_edition(connection)


def renew(connection: Connection, question_ids: Iterable[int]) -> bool:
    """Index these questions anew where they are printed, else take them out. Says whether any was or is printed."""
    changed = False
    for question_id in sorted(question_ids):
        texts = _printed_texts(connection, question_id)
        if texts is None and not _is_in(connection, question_id):
            continue
        # one at a time: two transactions that count the same words in another order would wait for each other
        connection.execute(select(t.edition.c.id).with_for_update())
        _take_out(connection, question_id)
        if texts is not None:
            _put_in(connection, question_id, *texts)
        changed = True
    return changed


def renew_all(connection: Connection) -> int:
    """The whole index from what is printed now; how many letters that are."""
    connection.execute(text("delete from letter_index"))
    connection.execute(delete(t.indexed_word))
    connection.execute(delete(t.indexed_letter))
    is_page = (t.question.c.state == QuestionState.PUBLISHED) & t.question.c.follows_id.is_(None)
    ids = connection.scalars(select(t.question.c.id).where(is_page)).all()
    renew(connection, ids)
    _new_edition(connection)
    return len(ids)


def _printed_texts(connection: Connection, question_id: int) -> tuple[str, str] | None:
    """All questions of a page, and all answers; None where the page is not printed."""
    last = (
        select(func.max(t.revision.c.number))
        .where(t.revision.c.answer_id == t.answer.c.id, t.revision.c.published_at.is_not(None))
        .correlate(t.answer)
        .scalar_subquery()
    )
    query = (
        select(t.question.c.id, t.question.c.text, t.revision.c.text)
        .join(t.answer, t.answer.c.question_id == t.question.c.id)
        .join(t.revision, t.revision.c.answer_id == t.answer.c.id)
        .where((t.question.c.id == question_id) | (t.question.c.follows_id == question_id))
        .where(t.question.c.state == QuestionState.PUBLISHED, t.revision.c.number == last)
        .order_by(t.question.c.id)
    )
    rows = connection.execute(query).all()
    if not rows or rows[0][0] != question_id:
        return None
    return "\n\n".join(row[1] for row in rows), "\n\n".join(row[2] for row in rows)


def _put_in(connection: Connection, question_id: int, question: str, answer: str) -> None:
    asked, answered = stems_of(question), stems_of(answer)
    if connection.dialect.name == "sqlite":
        sql = "insert into letter_index (rowid, question, answer) values (:id, :question, :answer)"
        values = {"question": " ".join(asked), "answer": " ".join(answered)}
    else:
        sql = "insert into letter_index (question_id, terms) values (:id, cast(:terms as tsvector))"
        values = {"terms": tsvector(asked, answered)}
    connection.execute(text(sql), {"id": question_id, **values})
    words = sorted(vocabulary((question, answer)))
    connection.execute(insert(t.indexed_letter).values(question_id=question_id, words=" ".join(words)))
    count_up = (
        f"insert into indexed_word (word, letters) select word, 1 from ({_each(connection)}) as words where true"  # noqa: S608 - ours
        " on conflict (word) do update set letters = indexed_word.letters + 1"
    )
    connection.execute(text(count_up), {"words": json.dumps(words)})


def _each(connection: Connection) -> str:
    """All words of a letter as rows: one statement, where one for each word takes most of the time."""
    if connection.dialect.name == "sqlite":
        return "select value as word from json_each(:words)"
    return "select jsonb_array_elements_text(cast(:words as jsonb)) as word"


def _is_in(connection: Connection, question_id: int) -> bool:
    query = select(t.indexed_letter.c.question_id).where(t.indexed_letter.c.question_id == question_id)
    return connection.scalar(query) is not None


def _take_out(connection: Connection, question_id: int) -> None:
    letter = t.indexed_letter.c.question_id == question_id
    words = connection.scalar(select(t.indexed_letter.c.words).where(letter))
    if words is None:
        return
    key = "rowid" if connection.dialect.name == "sqlite" else "question_id"
    connection.execute(text(f"delete from letter_index where {key} = :id"), {"id": question_id})  # noqa: S608 - ours
    these, known = f"word in ({_each(connection)})", {"words": json.dumps(words.split())}
    connection.execute(text(f"update indexed_word set letters = letters - 1 where {these}"), known)  # noqa: S608 - ours
    connection.execute(text(f"delete from indexed_word where {these} and letters <= 0"), known)  # noqa: S608 - ours
    connection.execute(delete(t.indexed_letter).where(letter))


def tsvector(asked: list[str], answered: list[str]) -> str:
    """The stems in the form that PostgreSQL stores: 'knee':1A,7 ; the letter's own words weigh more (A).

    Of a letter that is longer than a book the last words are left out.
    """
    places: dict[str, list[str]] = {}
    room = _MOST_OCTETS
    weighed = [(stem, "A") for stem in asked] + [(stem, "") for stem in answered]
    for place, (stem, weight) in enumerate(weighed, 1):
        if stem not in places:
            room -= len(stem.encode()) + 8
        if room < 0:
            break
        found = places.setdefault(stem, [])
        if len(found) < _MOST_PLACES:
            found.append(f"{min(place, _LAST_POSITION)}{weight}")
            room -= 2
    return " ".join(f"'{stem}':{','.join(found)}" for stem, found in places.items())


def _new_edition(connection: Connection) -> None:
    connection.execute(update(t.edition).values(number=t.edition.c.number + 1))


def edition(connection: Connection | Session) -> int:
    """A number that is another one as soon as anything that readers see has changed."""
    return connection.scalar(select(func.max(t.edition.c.number))) or 0
