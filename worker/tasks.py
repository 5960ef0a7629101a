"""The jobs: each an id in, one use case, out. All are safe to run twice, also at the same time."""

from collections.abc import Callable

from celery import Celery

from app import jobs
from app.usecases import delivering, publishing, receiving, sweeping
from app.usecases.mailbag import Mailbag


def register(celery: Celery, mailbag: Callable[[], Mailbag]) -> None:
    """Give a Celery application its jobs. `mailbag` is asked for at each run, after a process has forked."""

    @celery.task(name=jobs.DELIVER)
    def deliver(delivery_id: int) -> None:
        delivering.deliver(mailbag(), delivery_id)

    @celery.task(name=jobs.PROCESS)
    def process(inbound_id: int) -> None:
        receiving.process(mailbag(), inbound_id)

    @celery.task(name=jobs.PROCESS_OTHER)
    def process_other(inbound_id: int) -> None:
        receiving.process(mailbag(), inbound_id)

    @celery.task(name=jobs.PUBLISH)
    def publish(question_id: int) -> None:
        publishing.publish_if_due(mailbag(), question_id)

    @celery.task(name=jobs.SWEEP)
    def sweep(_: int = 0) -> None:
        sweeping.sweep(mailbag())
