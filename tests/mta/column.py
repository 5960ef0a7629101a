"""A running column behind the rig: the one-process form, its web pages, and its database to look into."""

import html
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.store.base import Database
from tests.mta.rig import Rig, until

ROOT = Path(__file__).parent.parent.parent


@dataclass
class RunningColumn:
    """`settings` is its whole environment. It can be killed and started again on the same data."""

    rig: Rig
    folder: Path
    settings: Mapping[str, str]
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.base = self.settings["MAILBAG_BASE_URL"]
        self.database = Database(f"sqlite:///{self.folder / 'mailbag.db'}", lambda job, row_id: None)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")}
        return kept | dict(self.settings)

    def mailbag(self, *arguments: str) -> None:
        """The command, as an operator types it."""
        command = [sys.executable, "-c", "from app.cli import main; main()", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "worker.one_process"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                umask=0,
            )
        until(self._is_up, "the column's web pages")

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "serve.log").read_text()
        try:
            return bool(self.get("/healthz"))
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)
        self.database.close()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(path if path.startswith("http") else self.base + path, timeout=20) as response:
            return str(response.read().decode())

    def post(self, path: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode()
        address = path if path.startswith("http") else self.base + path
        with urllib.request.urlopen(address, data, timeout=20) as response:
            return str(response.read().decode())

    def ask(self, topic: str, letter: str, name: str) -> int:
        """A letter, posted and confirmed by its mail: the question's id."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.get("/ask")))
        fields = {
            "public_name": name,
            "address": "becky@asker.test",
            "topic": topic,
            "text": letter,
            "consent": "publish",
        }
        before = {str(mail["Message-ID"]) for mail in self.rig.inbox("becky@asker.test")}
        page = self.post("/ask", **fields, **hidden)
        if 'name="step" value="post"' in page:  # a preview: it is looked at, and its button pressed
            seen = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
            self.post("/ask", **{name: html.unescape(value) for name, value in seen})
        link = until(lambda: self._confirm_link(before), "the mail that asks to confirm")
        self.post(link)
        ((found,),) = self.rows("select id from question where public_name = :name", name=name)
        return int(found)

    def _confirm_link(self, before: set[str]) -> str | None:
        for mail in self.rig.inbox("becky@asker.test"):
            part = mail.get_body(("plain",))
            assert part is not None
            found = re.search(rf"{re.escape(self.base)}/confirm/\S+", str(part.get_content()))
            if found and str(mail["Message-ID"]) not in before:
                return found[0]
        return None

    def link(self, mail: EmailMessage, kind: str) -> str:
        part = mail.get_body(("plain",))
        assert part is not None
        found = re.search(rf"{re.escape(self.base)}{kind}\S+", str(part.get_content()))
        assert found, str(part.get_content())
        return found[0]

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """Straight from the tables: what a worker has committed, and nothing else."""
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def state(self, question_id: int) -> str:
        ((found,),) = self.rows("select state from question where id = :id", id=question_id)
        return str(found)

    def delivery(self, question_id: int) -> tuple[str, str]:
        """State of the mail to the expert, and the last words about it."""
        query = "select state, server_said from delivery where question_id = :id and kind = 'question'"
        ((state, said),) = self.rows(query, id=question_id)
        return str(state), str(said)

    def inbound(self, question_id: int) -> list[tuple[str, str]]:
        """State and reason of each mail that came about this question, oldest first."""
        query = """select m.state, m.reason from inbound_message m join delivery d on d.id = m.delivery_id
            where d.question_id = :id and m.state != 'received' order by m.id"""
        return [(str(state), str(reason)) for state, reason in self.rows(query, id=question_id)]

    def doors(self, question_id: int) -> list[str]:
        """By which doors the mails about this question came."""
        query = """select distinct m.door from inbound_message m join delivery d on d.id = m.delivery_id
            where d.question_id = :id"""
        return [str(door) for (door,) in self.rows(query, id=question_id)]

    def wait_for_inbound(self, question_id: int) -> tuple[str, str]:
        found: list[tuple[str, str]] = until(lambda: self.inbound(question_id), f"a mail about question {question_id}")
        return found[-1]

    def reply_address(self, question_id: int) -> str:
        """The one that the mail to the expert asks her to answer to."""
        mail = self.rig.wait_for_mail("guru@expert.test", self.name_of(question_id))
        return str(mail["Reply-To"].addresses[0].addr_spec)

    def name_of(self, question_id: int) -> str:
        ((name,),) = self.rows("select public_name from question where id = :id", id=question_id)
        return str(name)

    def wait_until_published(self, question_id: int) -> str:
        """The text of the answer; its page is there."""
        until(lambda: self.state(question_id) == "published", f"question {question_id} is published")
        query = """select r.text from revision r join answer a on a.id = r.answer_id
            where a.question_id = :id order by r.number desc"""
        words = str(self.rows(query, id=question_id)[0][0])
        assert self.name_of(question_id) in self.get("/")
        return words
