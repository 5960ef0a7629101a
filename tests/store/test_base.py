"""The unit of work: all or nothing, no update lost, and the worker rung only after the commit."""

import threading

import pytest
from sqlalchemy import select, update

from app.domain.errors import Conflict
from app.domain.people import Editor, Topic
from app.store import people
from app.store import tables as t
from app.store.base import Database, Rows
from app.usecases import asking
from tests.office import open_office


def test_the_worker_is_rung_after_the_commit(database_url: str) -> None:
    seen: list[tuple[str, int, str | None]] = []

    def bell(job: str, row_id: int) -> None:
        with database.read() as tx:
            topic = tx.session.get(Topic, row_id)
            seen.append((job, row_id, topic.name if topic else None))

    database = Database(database_url, bell)
    with database.write() as tx:
        topic = people.topic_named(tx, "Running Advice")
        tx.ring("deliver", topic.id)
        assert seen == []
    assert seen == [("deliver", topic.id, "Running Advice")]
    database.close()


def test_an_error_leaves_no_row_and_rings_nobody(database_url: str) -> None:
    seen: list[tuple[str, int]] = []
    database = Database(database_url, lambda job, row_id: seen.append((job, row_id)))
    with pytest.raises(RuntimeError), database.write() as tx:
        tx.ring("deliver", people.topic_named(tx, "Running Advice").id)
        raise RuntimeError
    with database.read() as tx:
        assert people.topics(tx) == []
    assert seen == []
    database.close()


def test_a_dead_broker_does_not_undo_what_was_committed(database_url: str) -> None:
    def dead(job: str, row_id: int) -> None:
        raise ConnectionError("no broker")

    database = Database(database_url, dead)
    with database.write() as tx:
        tx.ring("deliver", people.topic_named(tx, "Running Advice").id)
    with database.read() as tx:
        assert [topic.name for topic in people.topics(tx)] == ["Running Advice"]
    database.close()


def test_no_update_is_lost_between_writers(database_url: str) -> None:
    """Each of 4 writers reads a number and writes one more, 40 times; a writer that is told of a conflict repeats."""
    database = Database(database_url, lambda job, row_id: None)
    with database.write() as tx:
        tx.add(Editor(name="0", address="anna@column.example"))

    def add_one() -> None:
        with database.write() as tx:
            query = select(Editor).with_for_update()
            editor = tx.session.scalars(query).one()
            editor.name = str(int(editor.name) + 1)

    def work() -> None:
        for _ in range(40):
            add_one()

    writers = [threading.Thread(target=work) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.read() as tx:
        editor = people.editor_at(tx, "anna@column.example")
        assert editor is not None
        assert editor.name == "160"
    database.close()


def test_writers_of_rows_take_turns(database_url: str) -> None:
    """Two connections with many short transactions each, beside a third that writes now and then."""
    database = Database(database_url, lambda job, row_id: None)
    with database.write() as tx:
        tx.add(Editor(name="0", address="anna@column.example"))

    def add(rows: Rows) -> None:
        number = rows.session.scalar(select(t.editor.c.name).with_for_update())
        rows.session.execute(update(t.editor).values(name=str(int(number or 0) + 1)))

    def work() -> None:
        with database.rows() as write:
            for _ in range(100):
                with write() as rows:
                    add(rows)

    writers = [threading.Thread(target=work) for _ in range(2)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        with database.write() as tx:
            add(Rows(tx.session.connection()))
    for writer in writers:
        writer.join()
    with database.read() as tx:
        assert tx.session.scalar(select(t.editor.c.name)) == "210"
    database.close()


def test_the_second_of_two_changes_to_one_row_is_told(database_url: str) -> None:
    """Two people decide at the same time about the same question: one of them has to look again."""
    with open_office(database_url) as office:
        question = asking.submit(office.mailbag, office.letter())
        if database_url.startswith("sqlite"):
            pytest.skip("SQLite has one writer at a time: the second one reads what the first has written")
        with pytest.raises(Conflict), office.mailbag.database.write() as first:
            mine = first.session.get(type(question), question.id)
            assert mine is not None
            with office.mailbag.database.write() as second:
                theirs = second.session.get(type(question), question.id)
                assert theirs is not None
                theirs.text = "theirs"
            mine.text = "mine"
