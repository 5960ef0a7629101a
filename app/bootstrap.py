"""Settings become objects here, and nowhere else: database, mail, Celery's client, the use cases' Mailbag."""

import os
import secrets
import signal
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from celery import Celery
from sqlalchemy.engine import make_url

from app.config import Authentication, BadSettings, Settings
from app.domain.token import Signer
from app.jobs import QUEUES, Bell
from app.mail.authenticate import Authenticator, Border, trust_the_token
from app.mail.compose import Composer
from app.mail.dkim import DkimSigner, Key, read_key
from app.mail.dkimcheck import OwnCheck, look_up_key
from app.mail.kind import OwnMarks
from app.mail.links import Links
from app.mail.warm import WarmRelay
from app.store.base import Database
from app.store.migrations import upgrade
from app.usecases.archiving.sealing import SEED_LENGTH, ColumnKey
from app.usecases.mailbag import Mailbag

_HERE = Path(__file__).parent


def told_to_stop() -> threading.Event:
    """Set by SIGINT or SIGTERM. Ask before the first line is printed: who waits for that may say stop at once."""
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    return stopped


def templates_dir() -> Path:
    """Beside the package in a checkout, inside of it in a wheel."""
    beside = _HERE.parent / "templates"
    return beside if beside.is_dir() else _HERE / "_templates"


def celery_client(settings: Settings, *, patient: bool = False) -> Celery:
    """One Celery for whoever rings and for the worker, so that both have the same settings.

    `patient` is the worker, which waits for its broker; whoever only rings must not be kept by a silent one.
    Every setting that is not Celery's default has its reason beside it.
    """
    celery = Celery("mailbag", broker=settings.broker_url, set_as_current=False)
    celery.conf.update(
        result_backend=None,  # the row is the result
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],  # never pickle from a broker
        enable_utc=True,
        timezone="UTC",
        task_routes={name: {"queue": queue} for name, queue in QUEUES.items()},
        task_default_queue="default",
        task_acks_late=True,  # a killed worker's job is rung again by the broker, not only by the sweep
        task_reject_on_worker_lost=False,  # True runs a job that kills its worker for ever
        task_acks_on_failure_or_timeout=True,  # a failing job is not repeated by the broker; the sweep rings
        worker_prefetch_multiplier=1,  # no worker sits on jobs that another could do
        task_time_limit=300,  # far below the visibility timeout, or Redis hands the job out twice
        task_soft_time_limit=270,  # above all timeouts of one SMTP conversation together
        worker_max_tasks_per_child=500,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # True loses them for the timeout below
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # a web request must not hang on a dead broker: give up within a second, the sweep delivers
        task_publish_retry_policy={
            "max_retries": 2,
            "interval_start": 0,
            "interval_step": 0.2,
            "interval_max": 0.5,
        },
        worker_eta_task_limit=1000,
        worker_soft_shutdown_timeout=20,  # a stopped container gets this long to finish its mail
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,  # nothing of ours listens there
        broker_transport_options=_transport_options(settings.broker_url, patient=patient),
    )
    return celery


def _transport_options(broker_url: str, *, patient: bool) -> dict[str, object]:
    if broker_url.startswith("memory"):
        # virtual transports sleep a whole second between two looks, unless told otherwise; this costs an idle
        # process about one per cent of a core
        return {"polling_interval": 0.02}
    return {
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,  # else a killed worker's job comes back after minutes, not seconds
        "unacked_restore_throttle": 1,
        "socket_timeout": 30 if patient else 2,
        "socket_connect_timeout": 5 if patient else 1,
        "socket_keepalive": True,
        "health_check_interval": 25,  # finds half-open connections
        "global_keyprefix": "mailbag:",
    }


def _ring(celery: Celery, job: str, row_id: int) -> None:
    celery.send_task(job, args=[row_id])


def bell_of(celery: Celery) -> Bell:
    return partial(_ring, celery)


def make_mailbag(settings: Settings, celery: Celery | None = None) -> Mailbag:
    """Everything that the use cases need, from the settings alone."""
    if make_url(settings.database).get_backend_name() == "sqlite":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    column, theme = settings.column, settings.theme
    links = Links(base_url=settings.base_url, mail_domain=settings.mail_domain, signer=Signer(settings.keys))
    return Mailbag(
        column=column,
        database=Database(settings.database, bell_of(celery or celery_client(settings))),
        links=links,
        composer=Composer(
            templates=templates_dir() / "mail",
            column=column,
            links=links,
            language=settings.language,
            for_postmark=bool(settings.hook_postmark_passwords),
            signer=signer_of(settings),
            themed=theme.templates / "mail" if theme.templates else None,
        ),
        transport=WarmRelay(
            host=settings.relay_host,
            port=settings.relay_port,
            security=settings.relay_security,
            user=settings.relay_user,
            password=settings.relay_password,
            own_name=settings.mail_domain,
        ),
        authenticator=authenticator_of(settings),
        own_marks=OwnMarks(mail_domain=settings.mail_domain, spam_header=settings.spam_header),
        digest=settings.digest,
        most_notices=settings.most_notices,
        language=settings.language,
        limits=settings.limits,
    )


def archive_key_of(settings: Settings) -> ColumnKey:
    """Of the settings, else of the data folder, where it is made once; two processes that make it agree on one."""
    if settings.archive_key:
        return ColumnKey(bytes.fromhex(settings.archive_key))
    path = settings.data_dir / "archive.key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".archive.key.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(SEED_LENGTH), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    return ColumnKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))


def authenticator_of(settings: Settings) -> Authenticator:
    choices: dict[Authentication, Authenticator] = {
        Authentication.BORDER: Border(settings.authserv_id, settings.border_hosts),
        Authentication.OWN: OwnCheck(look_up_key),
        Authentication.OFF: trust_the_token,
    }
    return choices[settings.authentication]


def signer_of(settings: Settings) -> DkimSigner | None:
    """Raises BadSettings for a key that cannot be read."""
    keys = keys_of(settings)
    return DkimSigner(settings.mail_domain, keys) if keys else None


def keys_of(settings: Settings) -> list[Key]:
    """Raises BadSettings for one that cannot be read."""
    try:
        return [read_key(selector, path) for selector, path in settings.dkim_keys]
    except (OSError, ValueError) as error:
        raise BadSettings([f"MAILBAG_DKIM_KEYS: {error}"]) from error


def migrate(mailbag: Mailbag) -> None:
    """Bring the database to the newest schema."""
    upgrade(mailbag.database.engine)
