"""The database and its unit of work: one transaction, and only after its commit the worker is rung."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.domain.errors import Conflict, Unavailable
from app.jobs import Bell
from app.store import tables
from app.store.index import Printed

log = logging.getLogger(__name__)


_LOCKED = 15.0  # seconds that a writer waits for the others
_A_MOMENT = 0.0005
AS_STORED = {"autoflush": False}  # of a query that what this transaction has changed so far cannot concern


class Transaction:
    """What a use case works with: the session, and the bells to ring once it is committed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.bells: list[tuple[str, int]] = []

    def add(self, thing: object) -> None:
        """Store a new row; its id is known from here on."""
        self.session.add(thing)
        self.session.flush()

    def remove(self, thing: object) -> None:
        self.session.delete(thing)

    def ring(self, job: str, row_id: int | None) -> None:
        """Ring the worker for a row, after the commit and only if there is one."""
        assert row_id is not None
        self.bells.append((job, row_id))


class Rows:
    """A transaction past the mapper, for the ledger: rows by the thousand. `session` executes statements alone."""

    def __init__(self, connection: Connection) -> None:
        self.session = connection


class Database:
    """Read and write transactions on SQLite or PostgreSQL."""

    def __init__(self, url: str, bell: Bell) -> None:
        is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite(url) if is_sqlite else _postgresql(url)
        self._writer = self.engine.execution_options(write=True)
        self._in_turns = _sqlite(url, waits=False).execution_options(write=True) if is_sqlite else self._writer
        # a page is one moment: what is loaded late must not be newer than what was loaded first (SQLite does so anyway)
        moment = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**moment)
        self._bell = bell

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """To look only. Nothing that is changed in it is kept; what was loaded may be used afterwards."""
        with Session(self._reader, autoflush=False) as session:
            yield Transaction(session)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction. Raises Conflict where somebody else changed or made the same row first."""
        with Session(self._writer, expire_on_commit=False) as session:
            transaction = Transaction(session)
            printed = Printed(session)
            try:
                yield transaction
                printed.renew()
                session.commit()
            except StaleDataError as error:
                raise Conflict("the row was changed meanwhile") from error
            except IntegrityError as error:
                raise Conflict("the row was made meanwhile") from error
        for job, row_id in transaction.bells:
            self.ring(job, row_id)

    @contextmanager
    def rows(self) -> Iterator[Callable[[], AbstractContextManager[Rows]]]:
        """One connection for many short transactions: each call of what is given begins one.

        A connection that broke is replaced at the next. Raises Unavailable, from a transaction, where there is none.
        """
        with ExitStack() as stack:
            kept: list[Connection] = []

            @contextmanager
            def begin() -> Iterator[Rows]:
                try:
                    if not kept:
                        kept.append(stack.enter_context(self._in_turns.connect()))
                    with kept[0].begin():
                        yield Rows(kept[0])
                except DBAPIError as error:
                    if kept:
                        kept.pop().invalidate()
                    raise Unavailable(f"the database does not answer: {type(error.orig).__name__}") from error

            yield begin

    def ring(self, job: str, row_id: int) -> None:
        """Ring the worker for a row that is committed already."""
        try:
            self._bell(job, row_id)
        except Exception as error:  # noqa: BLE001 - the row is committed; a dead broker only delays it until the sweep
            log.warning("could not ring %s for %s, the sweep will: %s", job, row_id, error)

    def is_up(self) -> bool:
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1"))
        except Exception:  # noqa: BLE001 - whatever it is, the answer is no
            return False
        return True

    def close(self) -> None:
        self._in_turns.dispose()
        self.engine.dispose()


def _sqlite(url: str, *, waits: bool = True) -> Engine:
    """SQLite that loses no update: WAL, and writers that take the lock when they begin.

    The driver's own BEGIN is deferred: two writers that both read first then overwrite each other without
    an error. So the driver is told to keep out of it, and every writing transaction begins IMMEDIATE.
    `waits`: as SQLite does, for a lock, ever longer; else see `_begin_in_turn`.
    """
    engine = create_engine(
        url, connect_args={"timeout": _LOCKED, "check_same_thread": False}, hide_parameters=True
    )  # hidden: an error in the log must not show addresses and tokens

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        # FULL: with WAL and NORMAL a power cut may undo the last commits, and a 250 has been given for them
        timeout = f"busy_timeout={_LOCKED * 1000 if waits else 0:.0f}"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", timeout):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not waits:
            _begin_in_turn(connection)
        else:
            write = connection.get_execution_options().get("write")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _begin_in_turn(connection: Connection) -> None:
    """For workers that write all the time, each for a millisecond: SQLite asks again after 1, 2, 5, 10 and more."""
    end = monotonic() + _LOCKED
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not _is_busy(error) or monotonic() > end:
                raise
            sleep(_A_MOMENT)
        else:
            return


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # above it is what it is busy with


def _postgresql(url: str) -> Engine:
    # pre_ping: a server that was restarted must cost one reconnect, not one failed request
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10, hide_parameters=True)


__all__ = ["AS_STORED", "Database", "Rows", "Transaction", "tables"]
