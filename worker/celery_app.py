"""The Celery application of a worker process: `celery -A worker.celery_app worker`, and beat likewise."""

import os
from functools import cache

from celery.signals import worker_init

from app.bootstrap import celery_client, make_mailbag
from app.config import read_settings
from app.usecases.mailbag import Mailbag
from worker.tasks import register
from worker.timetable import TIMETABLE

settings = read_settings(os.environ)
settings.need_broker()
app = celery_client(settings, patient=True)
app.conf.beat_schedule = TIMETABLE


NICER = 5  # steps of niceness below the web and the doors, where all share a processor


@worker_init.connect  # type: ignore[untyped-decorator]
def give_way(**_: object) -> None:
    """People and other mail servers wait for an answer; a job has been promised already."""
    os.nice(NICER)


@cache
def mailbag() -> Mailbag:
    """Made at the first job, so that each forked process has database connections of its own."""
    return make_mailbag(settings, app)


register(app, mailbag)
