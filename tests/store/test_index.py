"""The index of a letter costs a handful of statements, however many words it has, and counts each word once."""

from collections.abc import Iterator
from contextlib import contextmanager
from string import ascii_lowercase

from sqlalchemy import Engine, event, select

from app.store import index
from app.store import tables as t
from app.usecases.importing import import_text
from tests.office import Office, open_office

WORDS = " ".join(f"knee{one}{other}" for one in ascii_lowercase[:15] for other in ascii_lowercase[:20])
LETTER = f"""Jan 4th, 2014

Tom asked The Guru for the following Running Advice:

{WORDS}

The Guru Responded:

Once.
"""


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.extend([statement] * (len(parameters) if isinstance(parameters, list) else 1))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def counted(office: Office) -> dict[str, int]:
    with office.mailbag.database.read() as tx:
        return {row.word: row.letters for row in tx.session.execute(select(t.indexed_word))}


def test_a_long_letter_is_indexed_and_taken_out_in_a_few_statements(database_url: str) -> None:
    with open_office(database_url) as office:
        engine = office.mailbag.database.engine
        import_text(office.mailbag, LETTER, is_html=False)
        assert counted(office)["kneebc"] == 1
        with statements(engine) as seen, engine.execution_options(write=True).begin() as connection:
            assert index.renew(connection, [1])
        assert len([one for one in seen if not one.lstrip().upper().startswith(("BEGIN", "PRAGMA"))]) <= 10, seen
        assert counted(office)["kneebc"] == 1
        import_text(office.mailbag, LETTER.replace("Tom", "Ann"), is_html=False)
        assert counted(office)["kneebc"] == 2
        with engine.execution_options(write=True).begin() as connection:
            connection.execute(t.question.update().values(state="withdrawn").where(t.question.c.id == 1))
            index.renew(connection, [1])
        assert counted(office)["kneebc"] == 1
        with engine.execution_options(write=True).begin() as connection:
            connection.execute(t.question.update().values(state="withdrawn"))
            index.renew(connection, [2])
        assert counted(office) == {}
