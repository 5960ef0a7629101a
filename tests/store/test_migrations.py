"""The migrations alone make the schema, and it is the one that the program was written for."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.store.base import Database
from app.store.migrations import is_current, upgrade
from app.store.tables import LETTER_INDEX, metadata


def is_for_both(name: str | None, kind: str, _: object) -> bool:
    """The index of letters is another kind of table on each database."""
    return not (kind == "table" and (name or "").startswith(LETTER_INDEX))


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    database = Database(database_url, lambda job, row_id: None)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_for_both})
        assert compare_metadata(context, metadata) == []
    assert is_current(database.engine)
    database.close()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    database = Database(database_url, lambda job, row_id: None)
    upgrade(database.engine)
    assert is_current(database.engine)
    database.close()


def test_an_empty_database_is_not_current() -> None:
    engine = create_engine("sqlite://")
    assert not is_current(engine)
    engine.dispose()
