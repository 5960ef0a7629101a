"""Real servers for tests: PostgreSQL and Redis, each on a private port and in a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from tests.ports import free_ports

HOST = "127.0.0.1"
PATIENCE = 90.0  # seconds; another build on the same machine can make a start slow
_EMPTY = """
do $$ declare found record; is_used boolean; begin
    set local session_replication_role = replica; -- no foreign key is looked at, all rows go
    for found in select tablename as name from pg_tables
        where schemaname = 'public' and tablename not in ('alembic_version', 'edition')
    loop
        execute format('select exists (select 1 from %I)', found.name) into is_used;
        if is_used then execute format('delete from %I', found.name); end if;
    end loop;
    for found in select sequencename as name from pg_sequences where last_value is not null
    loop
        execute format('alter sequence %I restart', found.name);
    end loop;
    update edition set number = 1;
end $$"""


class NotInstalled(Exception):
    """The server's program is not on this machine."""


class Server:
    """A server process in the foreground. As a context manager it is started, stopped, and leaves nothing."""

    def __init__(self) -> None:
        self.port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None
        # not below pytest's folders: those are closed to other users, and PostgreSQL refuses to be root
        self.folder = Path(tempfile.mkdtemp(prefix=f"mailbag-{type(self).__name__.lower()}-"))
        self.log = self.folder / "log"

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_up(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *self.command()], stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
            )
        wait_until(self._has_started, lambda: f"{type(self).__name__} did not start:\n{self.log.read_text()}")

    def _has_started(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"{type(self).__name__} ended at once:\n{self.log.read_text()}")
        return self.is_up()

    def stop(self) -> None:
        """SIGINT: to PostgreSQL that is “fast”, which does not wait for clients; Redis saves and ends."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a power cut does it. What was promised to be on disk is there after the next start."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._leave()

    def _leave(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgresql(Server):
    """PostgreSQL with nothing in it but the user `postgres`, who needs no password."""

    SETTINGS: Mapping[str, str] = {
        # a test's data need not outlive the machine; but a server that is killed must know what it has committed
        "fsync": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "autovacuum": "off",
        "max_connections": "100",
    }

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version) or _on_path("initdb")
        if not found:
            raise NotInstalled("PostgreSQL is not installed (Debian: postgresql)")
        self._programs = found[-1].parent
        super().__init__()
        self._data = self.folder / "data"
        # as root it runs as the user whom the package made; pytest's own files stay closed to her
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]

    def start(self) -> None:
        if not self._data.exists():
            self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
        super().start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, cwd=self.folder, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def command(self) -> list[str]:
        settings = {"listen_addresses": HOST, "unix_socket_directories": "", **self.SETTINGS}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = str(self._programs / "postgres")
        return [*self._as_user, program, "-D", str(self._data), "-p", str(self.port), *options]

    def is_up(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=HOST, port=self.port, user="postgres", dbname=database, connect_timeout=30, autocommit=True
        )

    def execute(self, statement: str) -> None:
        """One statement outside of a transaction, as CREATE DATABASE wants it."""
        with self.connect() as connection:
            connection.execute(statement.encode())

    def empty(self, name: str) -> None:
        """A migrated database as the migrations left it, and without clients; a new one takes twenty times as long."""
        self.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        with self.connect(name) as connection:
            connection.execute(_EMPTY.encode())

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@{HOST}:{self.port}/{database}"


class Redis(Server):
    """Redis with the two settings that docker-compose.yml gives it."""

    def __init__(self) -> None:
        if not _on_path("redis-server"):
            raise NotInstalled("Redis is not installed (Debian: redis-server)")
        super().__init__()

    def command(self) -> list[str]:
        options = {"bind": HOST, "appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return ["redis-server", "--port", str(self.port), "--dir", str(self.folder), *words]

    def is_up(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis(host=HOST, port=self.port, socket_timeout=30)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"


def wait_until(is_so: Callable[[], bool], what: Callable[[], str], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(what())
        time.sleep(0.05)


def _dies_with_us() -> list[str]:
    """So that even a test run that is killed leaves no server behind. Linux only; elsewhere it may."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


def _version(program: Path) -> int:
    return int(program.parent.parent.name.split(".")[0])


def _on_path(program: str) -> list[Path]:
    found = shutil.which(program)
    return [Path(found).resolve()] if found else []
