"""The rig of real mail servers and mail programs in ../shared/mta, as a test uses it."""

import imaplib
import os
import re
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any

PROGRAMS = ("postfix", "dovecot", "opendkim", "opendmarc", "postgrey", "mutt", "s-nail", "alpine", "swaks")
HOSTS = ["127.0.0.1", "127.77.1.1", "127.77.2.1"]  # the column's side and the world's
PATIENCE = 60.0  # seconds; greylisting and Postfix's second attempt take most of them


def missing() -> list[str]:
    """What this machine lacks: programs, or root, without which Postfix does not start."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    return found if os.geteuid() == 0 else ["root", *found]


def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")


@dataclass
class Rig:
    """One running rig. `scripts` is its folder, `home` everything that it writes."""

    scripts: Path
    home: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.environment |= {"RIG": str(self.home), "RIG_VENV": str(Path(sys.executable).parent.parent)}

    def run(self, *arguments: str) -> None:
        """To a file, not a pipe: the daemons that `up` starts would keep a pipe open for ever."""
        log = self.home / "rig.log"
        with log.open("ab") as output:
            command = ["sh", str(self.scripts / "rig"), *arguments]
            done = subprocess.run(
                command, env=os.environ | self.environment, stdout=output, stderr=output, timeout=120, check=False
            )
        assert done.returncode == 0, f"rig {' '.join(arguments)}:\n{log.read_text()[-3000:]}"

    @contextmanager
    def door(self, name: str) -> Iterator[None]:
        """Where the column's Postfix leaves mail meanwhile: pipe or imap, instead of lmtp."""
        self.run("door", name)
        time.sleep(2)  # what Postfix had looked up before stays known for a moment
        try:
            yield
        finally:
            self.run("door", "lmtp")

    def known(self) -> dict[str, str]:
        """The addresses and names of its servers."""
        lines = (self.home / "env").read_text().splitlines()
        return dict(re.findall(r"^(\w+)='?([^']*?)'?$", "\n".join(lines), re.MULTILINE))

    def expert_replies(self, client: str, style: str, subject: str, answer: str) -> None:
        """She opens the mail with this subject in a real program, types, and sends."""
        text = self.home / "answer.txt"
        text.write_text(answer, encoding="utf-8")
        command = [sys.executable, str(self.scripts / "expert.py"), "--answer", str(text), "--client", client]
        command += ["--style", style, "--match", subject]
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def inbox(self, user: str) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=policy.default) for raw in self.raw(user)]
        return [message for message in found if isinstance(message, EmailMessage)]

    def raw(self, user: str) -> list[bytes]:
        """Each mail in her inbox, as Dovecot has it."""
        host, port = self.known()["EXPERT_IMAP"].rsplit(":", 1)
        box = imaplib.IMAP4(host, int(port))
        box.login(user, self.known()["RIG_PASSWORD"])
        box.select("INBOX", readonly=True)
        found = []
        for number in box.search(None, "ALL")[1][0].split():
            _, fetched = box.fetch(number, "(BODY.PEEK[])")
            found.append(bytes(fetched[0][1]))  # type: ignore[index, arg-type]
        box.logout()
        return found

    def wait_for_mail(self, user: str, subject: str) -> EmailMessage:
        def look() -> EmailMessage | None:
            return next((m for m in reversed(self.inbox(user)) if subject in str(m["Subject"])), None)

        found: EmailMessage = until(look, f"a mail to {user} with “{subject}”")
        return found

    def send_as_guru(self, to: str, text: str, **headers: str) -> None:
        """A mail of hers that no mail program composed, through her own server, which signs it."""
        message = EmailMessage()
        message["From"] = "The Guru <guru@expert.test>"
        message["To"] = to
        message["Subject"] = "Re: your letter"
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{time.time_ns()}@expert.test>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        host, port = self.known()["EXPERT_SUBMISSION"].rsplit(":", 1)
        with smtplib.SMTP(host, int(port), timeout=20) as server:
            server.login("guru@expert.test", self.known()["RIG_PASSWORD"])
            server.send_message(message, "guru@expert.test", [to])

    def send_as_evil(self, to: str, text: str) -> None:
        """From her, by somebody else's server, straight to the column's border."""
        host, port = self.known()["COLUMN_MX"].rsplit(":", 1)
        evil = f"{self.known()['RIG_NET']}.66.1"
        mail = f"From: The Guru <guru@expert.test>\r\nTo: {to}\r\nMessage-ID: <{time.time_ns()}@evil.test>\r\n"
        with smtplib.SMTP(host, int(port), timeout=20, source_address=(evil, 0)) as server:
            server.sendmail("x@evil.test", [to], f"{mail}Date: {formatdate()}\r\n\r\n{text}\r\n")

    def log_about(self, address: str) -> str:
        """What the column's Postfix logged about mail to this address."""
        lines = (self.home / "log" / "col.log").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if address in line)
