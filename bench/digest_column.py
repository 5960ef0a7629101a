"""A column with an issue of 22 KB and any number of readers; and, run as a program, one worker that sends of it."""

import json
import os
import resource
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from sqlalchemy import func, insert, select, update

from app.bootstrap import make_mailbag, migrate
from app.config import read_settings
from app.domain.digest import Issue
from app.domain.letter import slug
from app.domain.mail import DeliveryState
from app.domain.periods import Period
from app.domain.question import Answer, Question, QuestionState
from app.domain.subscription import Frequency, SubscriptionState
from app.store import digest, people
from app.store import tables as t
from app.store.base import Database
from app.usecases import digesting, freezing, mailing
from app.usecases.mailbag import Mailbag, random_id

ROOT = Path(__file__).parent.parent
KEY = "bench" * 8
LETTERS = 5  # make a mail of 22 KB
PROSE = (
    "That is far more common than you think, and it gets better by itself if you let it. Your kneecap sits in a"
    " groove, and it tracks where the muscles pull it; so train them, one leg at a time, three times a week."
)


@dataclass(frozen=True)
class Sender:
    """A database with a frozen issue, and how a worker comes to it."""

    url: str
    issue_id: int
    folder: Path

    def environment(self, port: int, kind: str, workers: int, **more: str) -> dict[str, str]:
        names = {"rsa": ("rsa",), "ed25519": ("ed25519",), "both": ("rsa", "ed25519")}.get(kind, ())
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
        return (
            plain
            | settings_of(self.url, self.folder)
            | {
                "MAILBAG_RELAY_PORT": str(port),
                "MAILBAG_DIGEST_WORKERS": str(workers),
                "MAILBAG_DKIM_KEYS": " ".join(f"{name}={self.folder / name}.pem" for name in names),
                **more,
            }
        )


def settings_of(url: str, folder: Path) -> dict[str, str]:
    return {
        "MAILBAG_SECRET_KEY": KEY,
        "MAILBAG_DATABASE_URL": url,
        "MAILBAG_DATA_DIR": str(folder),
        "MAILBAG_BASE_URL": "https://guru.example",
        "MAILBAG_AUTHENTICATION": "off",
    }


def make_issue(url: str, folder: Path, readers: int) -> Sender:
    folder.mkdir(exist_ok=True)
    _make_keys(folder)
    mailbag = make_mailbag(read_settings(settings_of(url, folder)))
    migrate(mailbag)
    add_readers(mailbag, readers)
    issue_id = add_issue(mailbag, letters=LETTERS)
    began = time.perf_counter()
    freezing.freeze(mailbag, issue_id)
    sys.stderr.write(f"{readers} readers frozen in {time.perf_counter() - began:.1f} s\n")
    mailbag.database.close()
    return Sender(url, issue_id, folder)


def add_readers(mailbag: Mailbag, number: int) -> None:
    now = datetime.now(UTC)
    common = {
        "version": 1,
        "state": SubscriptionState.CONFIRMED,
        "frequency": Frequency.WEEKLY,
        "takes_all": True,
        "consent_version": "1",
        "consent_source": "form",
        "made_at": now,
        "confirmed_at": now,
        "left_because": "",
        "soft_bounces": 0.0,
    }
    for start in range(0, number, 10_000):
        rows = [common | {"address": f"reader{n}@d{n % 50}.example"} for n in range(start, min(start + 10_000, number))]
        with mailbag.database.write() as tx:
            tx.session.execute(insert(t.subscriber), rows)


def add_issue(mailbag: Mailbag, *, letters: int) -> int:
    """A draft with so many letters; its id."""
    now = datetime.now(UTC)
    with mailbag.database.write() as tx:
        topic, expert = people.topic_named(tx, "Running Advice"), people.expert_named(tx, "The Guru")
        for n in range(letters):
            text = f"Letter {n}: my knee is perfect for twenty minutes, and then it starts to burn. {PROSE}"
            question = Question(
                public_id=random_id(6),
                public_name=f"Asker{n}",
                topic=topic,
                text=text,
                made_at=now,
                form_key=random_id(20),
                fingerprint=None,
                state=QuestionState.PUBLISHED,
                published_at=now,
                published_on=now.date(),
                slug=slug(text),
            )
            question.answer = Answer(question, expert)
            revision = question.answer.revise(f"{PROSE}\n\n{PROSE}", author="expert", at=now)
            revision.published_at = now
            tx.add(question)
        period = Period("2026-W01", now, now)
        ids = list(tx.session.scalars(select(t.question.c.id)))
        issue = Issue(
            frequency=Frequency.WEEKLY,
            period=period.name,
            number=digest.next_number(tx, Frequency.WEEKLY),
            subject="No. 1: my knee is perfect for twenty minutes",
            since=now - timedelta(days=7),
            until=now,
            made_at=now,
        )
        tx.add(issue)
        digest.set_items(tx, issue, ids)
        assert issue.id is not None
        return issue.id


def reset(url: str, issue_id: int) -> None:
    """As it was when it was frozen: nobody has got anything."""
    database = Database(url, lambda *_: None)
    with database.write() as tx:
        fresh = {"state": DeliveryState.QUEUED, "attempts": 0, "owner": None, "sent_at": None, "begun_at": None}
        tx.session.execute(
            update(t.issue_copy)
            .values(**fresh, server_said="", due_at=t.issue.c.frozen_at)
            .where(t.issue_copy.c.issue_id == t.issue.c.id)
        )
        tx.session.execute(update(t.issue).where(t.issue.c.id == issue_id).values(state="sending", sent_at=None))
        tx.session.execute(update(t.issue_variant).values(pattern=None))
    if not url.startswith("sqlite"):
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("vacuum analyze issue_copy")
    database.close()


def sample() -> dict[str, Any]:
    """The parts of such a mail, for those who build it themselves."""
    import tempfile  # noqa: PLC0415
    from email import message_from_bytes, policy  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mailbag = make_mailbag(read_settings(settings_of(f"sqlite:///{folder / 'm.db'}", folder)))
        migrate(mailbag)
        raw = digesting.preview(mailbag, add_issue(mailbag, letters=LETTERS))
        mailbag.database.close()
    message = message_from_bytes(raw, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return {"whole": raw.decode(), "text": text.get_content(), "html": html.get_content()}


def _make_keys(folder: Path) -> None:
    for name, key in (
        ("rsa", rsa.generate_private_key(65537, 2048)),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ):
        octets = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.pem").write_bytes(octets)


def main() -> int:
    """One worker: says ready, waits for a line, sends until nothing is left, tells what it took."""
    issue_id = int(sys.argv[1])
    mailbag = make_mailbag(read_settings(os.environ))
    mailbag.database.is_up()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    mailing.send_issue(mailbag, issue_id, seconds=100_000)
    cpu = time.process_time() - began
    with mailbag.database.read() as tx:
        sent = tx.session.scalar(
            select(func.count()).where(t.issue_copy.c.issue_id == issue_id, t.issue_copy.c.state == "sent")
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "sent": sent, "peak_mb": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
