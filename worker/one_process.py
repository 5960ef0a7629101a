"""The whole of Mailbag in one process: web, worker, clock and mail doors as threads, on Celery's in-memory broker.

The same use cases, jobs and doors as the grown form. `mailbag-serve` runs it for a small column; the demo does too.
"""

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import waitress
from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController
from celery.worker import state as worker_state

from app.bootstrap import celery_client, make_mailbag, migrate, templates_dir, told_to_stop
from app.config import BadSettings, Settings, read_settings, settings_help
from app.ingress.imap.door import ImapDoor, imap_doors
from app.ingress.server import Listener, MailServer
from app.ingress.smtp import mail_listeners
from app.ingress.webhook import open_hooks
from app.usecases.mailbag import Mailbag
from app.web import Demo, create_app
from worker.tasks import register
from worker.timetable import TIMETABLE

_TO_START, _TO_ANSWER = 60.0, 10.0  # seconds at most: the worker; whoever is being answered at the end


class EmbeddedWorker(WorkController):  # type: ignore[misc]
    """Celery's worker in a thread. A plain WorkController sends no signal when it is ready."""

    def __init__(self, celery: Celery) -> None:
        self.is_ready = threading.Event()
        super().__init__(
            app=celery,
            pool="threads",
            concurrency=3,  # an issue takes one of them for seconds at a time
            hostname="one@localhost",
            loglevel="WARNING",
            queues=["mail", "capture", "digest", "default"],
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )

    def on_consumer_ready(self, consumer: object) -> None:
        del consumer
        self.is_ready.set()


class OneProcess:
    """Everything started in order, the web last: who can reach the site can use all of it.

    `demo` opens its post office to the web; `listeners` are doors beside SMTP and LMTP.
    """

    def __init__(self, settings: Settings, *, demo: Demo | None = None, listeners: tuple[Listener, ...] = ()) -> None:
        self.settings = settings
        self._demo = demo
        celery = celery_client(settings)
        celery.conf.beat_schedule = TIMETABLE
        self.mailbag = make_mailbag(settings, celery)
        register(celery, lambda: self.mailbag)
        self._worker = EmbeddedWorker(celery)
        self._worker_thread = threading.Thread(target=self._worker.start, name="worker", daemon=True)
        # in memory: a schedule file would only remember when beat last rang
        self._beat = EmbeddedService(celery, thread=True, scheduler_cls=Scheduler)
        self._mail = MailServer([*listeners, *mail_listeners(self.mailbag, settings)])
        self._imap: list[ImapDoor] = []
        self._web: waitress.server.BaseWSGIServer | None = None
        self._is_stopping = False

    def start(self, fill: Callable[[Mailbag], None] | None = None) -> None:
        """`fill` is called when the database is there and nothing else is."""
        migrate(self.mailbag)
        if fill is not None:
            fill(self.mailbag)
        self._mail.start()
        self._worker_thread.start()
        self._beat.start()
        if not self._worker.is_ready.wait(_TO_START):
            raise RuntimeError(f"the worker did not start within {_TO_START:.0f} seconds")
        self._imap = imap_doors(self.mailbag, self.settings)
        for door in self._imap:
            door.start()
        hooks = open_hooks(self.settings, self.mailbag)
        app = create_app(
            self.mailbag,
            templates=templates_dir(),
            theme=self.settings.theme,
            demo=self._demo,
            hooks=hooks,
            proxies=self.settings.trusted_proxies,
        )
        # it warns of every request that waits for a moment; that is what the queue is for
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._web = waitress.create_server(
            app, host=self.settings.web_host, port=self.settings.web_port, threads=8, ident=None
        )
        threading.Thread(target=self._serve, name="web", daemon=True).start()

    def _serve(self) -> None:
        assert self._web is not None
        try:
            self._web.run()
        except OSError:
            if not self._is_stopping:  # else its sockets were closed between two looks at them
                raise

    def stop(self) -> None:
        """What has begun is finished; what has not stays in the database for the next start."""
        self._is_stopping = True
        self.mailbag.stopping.set()
        if self._web is not None:
            # first, for whoever has answered somebody wakes the server up once more
            self._web.task_dispatcher.shutdown(timeout=_TO_ANSWER)
            self._web.close()
        self._beat.stop()
        worker_state.should_stop = 0
        self._worker_thread.join(timeout=10)
        worker_state.should_stop = None
        self._mail.stop()
        for door in self._imap:
            door.stop()
        self.mailbag.database.close()


@dataclass(frozen=True)
class Form:
    """What the demo and a column in earnest do differently."""

    command: str
    description: str
    read: Callable[[Mapping[str, str]], Settings]
    make: Callable[[Settings], OneProcess]
    announce: Callable[[Settings, float], str]
    fill: Callable[[Mailbag], None] | None = None


def serve(form: Form) -> int:
    """Read the settings, start, and serve until SIGINT or SIGTERM: the exit status."""
    began = time.perf_counter()
    parser = argparse.ArgumentParser(
        prog=form.command,
        description=form.description,
        epilog=f"settings, from the environment:\n{settings_help()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = _read_or_complain(form.read)
    if settings is None:
        return 2
    return _run(form.make(settings), lambda: form.announce(settings, time.perf_counter() - began), form.fill)


def _run(process: OneProcess, announce: Callable[[], str], fill: Callable[[Mailbag], None] | None) -> int:
    stopped = told_to_stop()  # before anything starts: what is told to stop while it starts stops in order, too
    try:
        process.start(fill)
    except OSError as error:
        sys.stderr.write(
            f"Mailbag cannot start: {error}\nIs it running already, or is the port in use? "
            "Other ports: MAILBAG_WEB_PORT, MAILBAG_SMTP_PORT, MAILBAG_LMTP_PORT, MAILBAG_CATCHER_PORT.\n"
        )
        return 1
    sys.stdout.write(announce())
    sys.stdout.flush()
    stopped.wait()
    process.stop()
    return 0


def _read_or_complain(read: Callable[[Mapping[str, str]], Settings]) -> Settings | None:
    """The settings, or None when everything that is wrong with them was said."""
    try:
        return read(os.environ)
    except BadSettings as error:
        sys.stderr.write("Mailbag cannot start, the settings are wrong:\n")
        sys.stderr.writelines(f"  {problem}\n" for problem in error.problems)
        return None


def _one_process_settings(environ: Mapping[str, str]) -> Settings:
    """The jobs are rung in this process's own memory; a broker is not needed, and not asked."""
    settings = read_settings(environ)
    if not settings.broker_url.startswith("memory:"):
        raise BadSettings(["MAILBAG_BROKER_URL: this is the one-process form; leave it out, or run docker-compose.yml"])
    return settings


def _announcement(settings: Settings, seconds: float) -> str:
    return (
        f"Mailbag is up ({seconds:.1f} s): {settings.base_url} on {settings.web_host}:{settings.web_port},"
        f" SMTP {settings.listen_host}:{settings.smtp_port}, LMTP {settings.listen_host}:{settings.lmtp_port}\n"
    )


def main() -> int:
    return serve(
        Form(
            command="mailbag-serve",
            description="A column in one process: web, worker, clock, mail doors. No servers but your mail relay.",
            read=_one_process_settings,
            make=OneProcess,
            announce=_announcement,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
