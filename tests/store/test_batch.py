"""A batch is a table of what it was made of, on each database."""

import pytest
from sqlalchemy import select

from app.store.base import Database
from app.store.batch import BatchTable, as_batch

ROWS = [(1, "a"), (2**40, 'quoted "so"'), (3, "ü – 漢 \\ \n'")]


@pytest.mark.parametrize("rows", [ROWS, []])
def test_its_rows_come_back(database_url: str, rows: list[tuple[int, str]]) -> None:
    table = BatchTable()
    database = Database(database_url, lambda *_: None)
    with database.read() as tx:
        query = select(table.number(0), table.text(1))
        assert sorted(map(tuple, tx.session.execute(query, {"batch": as_batch(rows)}))) == sorted(rows)
    database.close()
