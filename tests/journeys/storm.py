"""An issue sent by real worker processes through real SMTP, while workers are killed, Redis is emptied and PostgreSQL
is stopped; and what came of it, counted where it arrived."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import make_mailbag, migrate
from app.config import read_settings
from app.domain.digest import IssueState
from app.domain.errors import MailbagError
from app.store import digest
from app.usecases import freezing, mailing
from app.usecases.mailbag import Mailbag
from bench.digest_column import ROOT, Sender, add_issue, add_readers, settings_of
from tests.counting_sink import CountingSink
from tests.servers import Postgresql, Redis

LINES = 4
POINTS = ("claimed", "begun", "sent", "answered", "settled")  # see mortal_worker


@dataclass
class Plan:
    """What is to happen. Kills are spread over the whole run: half at named points, half whenever it hits."""

    readers: int
    workers: int = 4
    kills: int = 0
    flushes: int = 0
    stops: int = 0
    lease: int = 10
    letters: int = 2
    seed: int = 1
    patience: float = 120.0


@dataclass
class Report:
    """What the sink counted."""

    readers: int
    kills: int
    stops: int
    flushes: int
    missed: int
    copies: Counter[int]  # how many readers got 1, 2, … copies
    unlike: int  # readers whose copies differ in Message-ID or content
    strangers: int
    seconds: float
    points: Counter[str] = field(default_factory=Counter)

    @property
    def beyond_one(self) -> int:
        return sum((number - 1) * readers for number, readers in self.copies.items())


class Storm:
    """One run of a plan."""

    def __init__(self, plan: Plan, folder: Path, url: str, redis: Redis, postgresql: Postgresql | None) -> None:
        self._plan, self._folder, self._url = plan, folder, url
        self._redis, self._postgresql = redis, postgresql
        self._random = random.Random(plan.seed)
        self._workers: list[tuple[subprocess.Popen[bytes], str]] = []
        self._points: Counter[str] = Counter()

    def run(self) -> Report:
        with CountingSink() as sink:
            mailbag, issue_id, environment = self._column(sink)
            began = time.monotonic()
            try:
                self._send(mailbag, issue_id, environment, sink)
            finally:
                for process, _ in self._workers:
                    process.kill()
                    process.wait()
                mailbag.database.close()
            return self._report(sink, time.monotonic() - began)

    def _column(self, sink: CountingSink) -> tuple[Mailbag, int, dict[str, str]]:
        plain = settings_of(self._url, self._folder)
        mailbag = make_mailbag(read_settings(plain))
        migrate(mailbag)
        add_readers(mailbag, self._plan.readers)
        issue_id = add_issue(mailbag, letters=self._plan.letters)
        freezing.freeze(mailbag, issue_id)
        mailbag.database.close()
        environment = Sender(self._url, issue_id, self._folder).environment(
            sink.port,
            "unsigned",
            self._plan.workers,
            MAILBAG_BROKER_URL=self._redis.url,
            MAILBAG_DIGEST_LEASE_SECONDS=str(self._plan.lease),
            MAILBAG_DIGEST_LINES=str(LINES),
        )
        ours = {name: value for name, value in environment.items() if name.startswith("MAILBAG_")}
        return make_mailbag(read_settings(ours)), issue_id, environment

    def _send(self, mailbag: Mailbag, issue_id: int, environment: dict[str, str], sink: CountingSink) -> None:
        """Troubles come as the copies arrive, evenly: each has its share of the readers before it."""
        plan = self._plan
        troubles = ["kill"] * plan.kills + ["flush"] * plan.flushes + ["stop"] * plan.stops
        self._random.shuffle(troubles)
        step = plan.readers / (len(troubles) + 1)
        done = 0
        last, moved_at = -1, time.monotonic()
        while self._state(mailbag, issue_id) is not IssueState.SENT:
            self._keep_up(environment, mortal=sum(self._points.values()) < plan.kills)
            if done < len(troubles) and sink.copies >= step * (done + 1):
                self._trouble(troubles[done])
                done += 1
            self._ring(mailbag)
            time.sleep(0.1)
            if sink.copies != last:
                last, moved_at = sink.copies, time.monotonic()
            assert time.monotonic() - moved_at < plan.patience, f"nothing moves: {sink.copies} of {plan.readers}"

    def _keep_up(self, environment: dict[str, str], *, mortal: bool) -> None:
        for entry in list(self._workers):
            if entry[0].poll() is not None:
                self._points[entry[1] or "at any time"] += 1
                self._workers.remove(entry)
        while len(self._workers) < self._plan.workers:
            point = self._random.choice(POINTS) if mortal and self._plan.kills and self._random.random() < 0.5 else ""
            times = self._random.randrange(5, 60)
            more = {"MORTAL": f"{point}:{times}"} if point else {}
            command = ["-m", "celery", "-A", "tests.journeys.mortal_worker", "worker", "--queues=digest", "--pool=solo"]
            with (self._folder / "worker.log").open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, *command, "--loglevel=WARNING", "--without-mingle", "--without-gossip"],
                    cwd=ROOT,
                    env=environment | more,
                    stdout=log,
                    stderr=log,
                )
            self._workers.append((process, point))

    def _trouble(self, kind: str) -> None:
        if kind == "flush":
            with self._redis.client() as client:
                client.flushall()
        elif kind == "stop":
            assert self._postgresql is not None
            self._postgresql.kill()
            time.sleep(0.5)
            self._postgresql.start()
        elif sum(self._points.values()) < self._plan.kills:
            process, _ = self._random.choice(self._workers)
            process.send_signal(signal.SIGKILL)
            process.wait()

    @staticmethod
    def _ring(mailbag: Mailbag) -> None:
        """What the sweep does about issues."""
        try:
            for issue_id in mailing.bells(mailbag):
                mailbag.database.ring("send-issue", issue_id)
        except (SQLAlchemyError, MailbagError):
            pass  # the database is down

    @staticmethod
    def _state(mailbag: Mailbag, issue_id: int) -> IssueState | None:
        try:
            with mailbag.database.read() as tx:
                issue = digest.issue_by_id(tx, issue_id)
                return issue.state if issue is not None else None
        except SQLAlchemyError:
            return None

    def _report(self, sink: CountingSink, seconds: float) -> Report:
        expected = {f"reader{n}@d{n % 50}.example" for n in range(self._plan.readers)}
        return Report(
            readers=self._plan.readers,
            kills=sum(self._points.values()),
            stops=self._plan.stops,
            flushes=self._plan.flushes,
            missed=len(expected - sink.got.keys()),
            copies=Counter(len(copies) for copies in sink.got.values()),
            unlike=sum(len(set(copies)) > 1 for copies in sink.got.values()),
            strangers=len(sink.got.keys() - expected),
            seconds=seconds,
            points=self._points,
        )
