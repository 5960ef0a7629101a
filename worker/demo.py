"""The demo: the whole of Mailbag in one process, on SQLite, with Celery's in-memory broker and a post office.

The same use cases, jobs and doors as the grown form; only the processes are threads here.
"""

import argparse
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import waitress
from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController
from celery.worker import state as worker_state

from app.bootstrap import celery_client, make_mailbag, migrate, templates_dir
from app.config import BadSettings, Settings, read_settings, settings_help, text_of
from app.domain.people import Editor
from app.ingress.catcher import PostOffice, catcher
from app.ingress.server import Listener, MailServer
from app.ingress.smtp import lmtp_door, smtp_door
from app.mail.transport import Relay
from app.store import people
from app.usecases.importing import import_text
from app.usecases.mailbag import Mailbag
from app.web import Demo, create_app
from worker.tasks import register
from worker.timetable import TIMETABLE

log = logging.getLogger("mailbag.demo")

LOOPBACK = "127.0.0.1"
EDITOR = ("Anna", "anna@column.example")
EXPERT = ("The Guru", "guru@clinic.example")
SAMPLES = Path(__file__).parent.parent / "samples"

DEFAULTS = {
    "MAILBAG_DEMO": "yes",
    "MAILBAG_AUTHENTICATION": "off",  # its mail is made here, and nobody signs it
    "MAILBAG_COLUMN_INTAKE": "straight_to_expert",
    "MAILBAG_COLUMN_PUBLICATION": "auto_after_hold",
    "MAILBAG_COLUMN_HOLD_SECONDS": "0",
    "MAILBAG_COLUMN_DISCLAIMER": (
        "The Guru is a chartered physiotherapist. Answers are general advice; they cannot replace being seen."
        " If something is suddenly much worse, do not write: call."
    ),
    "MAILBAG_COLUMN_CAUTION": (
        "numbness between the legs, a leg that gives way, a hot swollen calf, chest pain, or pain after a bad"
        " fall. Your emergency number or doctor is faster than we are."
    ),
}


class EmbeddedWorker(WorkController):  # type: ignore[misc]
    """Celery's worker in a thread. A plain WorkController sends no signal when it is ready."""

    def __init__(self, celery: Celery) -> None:
        self.is_ready = threading.Event()
        super().__init__(
            app=celery,
            pool="threads",
            concurrency=2,
            hostname="demo@localhost",
            loglevel="WARNING",
            queues=["mail", "capture", "default"],
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )

    def on_consumer_ready(self, consumer: object) -> None:
        del consumer
        self.is_ready.set()


def demo_settings(environ: Mapping[str, str]) -> Settings:
    """The environment over the demo's own defaults; a secret key is made and kept in the data folder."""
    values = {**DEFAULTS, **{name: text for name, text in environ.items() if name.startswith("MAILBAG_")}}
    data_dir = Path(text_of(values, "MAILBAG_DATA_DIR") or "data")
    if not values.get("MAILBAG_SECRET_KEY") and not values.get("MAILBAG_SECRET_KEY_FILE"):
        values["MAILBAG_SECRET_KEY_FILE"] = str(_kept_key(data_dir))
    if not values.get("MAILBAG_BASE_URL"):
        values["MAILBAG_BASE_URL"] = f"http://{LOOPBACK}:{values.get('MAILBAG_WEB_PORT') or '8080'}"
    # nothing leaves the machine: whatever relay is configured, the demo's mail goes to its own post office
    values["MAILBAG_RELAY_HOST"] = LOOPBACK
    values["MAILBAG_CATCHER_PORT"] = values.get("MAILBAG_CATCHER_PORT") or str(_port_like(0))
    values["MAILBAG_LMTP_PORT"] = values.get("MAILBAG_LMTP_PORT") or str(_port_like(2424))
    values["MAILBAG_RELAY_PORT"] = values["MAILBAG_CATCHER_PORT"]
    values["MAILBAG_BROKER_URL"] = "memory://localhost/"
    for name in ("MAILBAG_RELAY_SECURITY", "MAILBAG_RELAY_USER", "MAILBAG_RELAY_PASSWORD"):
        values.pop(name, None)
    return read_settings(values)


def _port_like(wanted: int) -> int:
    """This port, or any free one where it is taken: two demos may run side by side."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def _kept_key(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path


class OneProcess:
    """Everything started in order, the web last: who can reach the site can use all of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        celery = celery_client(settings)
        celery.conf.beat_schedule = TIMETABLE
        self.mailbag = make_mailbag(settings, celery)
        register(celery, lambda: self.mailbag)
        self.post_office = PostOffice(settings.data_dir / "post-office")
        self._worker = EmbeddedWorker(celery)
        self._worker_thread = threading.Thread(target=self._worker.start, name="worker", daemon=True)
        # in memory: a schedule file would only remember when beat last rang
        self._beat = EmbeddedService(celery, thread=True, scheduler_cls=Scheduler)
        self._mail = MailServer(self._listeners())
        self._web: waitress.server.BaseWSGIServer | None = None
        self._web_thread: threading.Thread | None = None

    def _listeners(self) -> list[Listener]:
        settings = self.settings
        host, max_bytes, name = settings.listen_host, settings.max_mail_bytes, settings.mail_domain
        smtp = partial(smtp_door, self.mailbag, max_bytes=max_bytes, hostname=name)
        lmtp = partial(lmtp_door, self.mailbag, max_bytes=max_bytes, hostname=name)
        return [
            Listener("catcher", LOOPBACK, settings.catcher_port, partial(catcher, self.post_office)),
            Listener("smtp", host, settings.smtp_port, smtp),
            Listener("lmtp", host, settings.lmtp_port, lmtp),
        ]

    def start(self) -> None:
        migrate(self.mailbag)
        fill(self.mailbag)
        self._mail.start()
        self._worker_thread.start()
        self._beat.start()
        if not self._worker.is_ready.wait(20):
            raise RuntimeError("the worker did not start within 20 seconds")
        door = Relay(self.settings.listen_host, self.settings.smtp_port)
        demo = Demo(post_office=self.post_office, door=door) if self.settings.demo else None
        app = create_app(self.mailbag, templates=templates_dir(), demo=demo)
        self._web = waitress.create_server(
            app, host=self.settings.web_host, port=self.settings.web_port, threads=8, ident=None
        )
        self._web_thread = threading.Thread(target=self._web.run, name="web", daemon=True)
        self._web_thread.start()

    def stop(self) -> None:
        """What has begun is finished; what has not stays in the database for the next start."""
        if self._web is not None:
            self._web.close()
        self._beat.stop()
        worker_state.should_stop = 0
        self._worker_thread.join(timeout=10)
        worker_state.should_stop = None
        self._mail.stop()
        self.mailbag.database.close()


def fill(mailbag: Mailbag) -> None:
    """The column that a reader finds: the sample letters, one expert for all topics, one editor. Once."""
    for path in sorted(SAMPLES.iterdir()):
        text = path.read_text(encoding="utf-8")
        import_text(mailbag, text, is_html=path.suffix == ".html")
    with mailbag.database.write() as tx:
        expert = people.expert_named(tx, EXPERT[0])
        expert.address = expert.address or EXPERT[1]
        expert.topics = expert.topics or people.topics(tx)
        if people.editor_at(tx, EDITOR[1]) is None:
            tx.add(Editor(name=EDITOR[0], address=EDITOR[1]))


def announce(settings: Settings, seconds: float) -> None:
    url = settings.base_url
    sys.stdout.write(
        f"\nMailbag is up ({seconds:.1f} s). Nothing that it sends leaves this machine.\n\n"
        f"  the column       {url}/\n"
        f"  ask a question   {url}/ask\n"
        f"  the post office  {url}/mailbox   (every mail ends here; answer as the expert)\n"
        f"  the desk         {url}/desk/      (sign in as {EDITOR[1]}, the link is in the post office)\n\n"
        f"  mail from outside: SMTP {settings.listen_host}:{settings.smtp_port},"
        f" LMTP {settings.listen_host}:{settings.lmtp_port}\n"
        f"  everything is kept in {settings.data_dir}; Ctrl-C stops it\n"
    )
    sys.stdout.flush()


def main() -> int:
    began = time.perf_counter()
    parser = argparse.ArgumentParser(
        prog="./demo",
        description="Mailbag in one process: web, worker, clock, mail doors, post office. No servers needed.",
        epilog=f"settings, from the environment:\n{settings_help()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        process = OneProcess(demo_settings(os.environ))
    except BadSettings as error:
        sys.stderr.write("Mailbag cannot start, the settings are wrong:\n")
        sys.stderr.writelines(f"  {problem}\n" for problem in error.problems)
        return 2
    try:
        process.start()
    except OSError as error:
        sys.stderr.write(
            f"Mailbag cannot start: {error}\nIs it running already, or is the port in use? "
            "Other ports: MAILBAG_WEB_PORT, MAILBAG_SMTP_PORT, MAILBAG_LMTP_PORT, MAILBAG_CATCHER_PORT.\n"
        )
        return 1
    announce(process.settings, time.perf_counter() - began)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()
    process.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
