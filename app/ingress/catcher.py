"""The demo's post office: catches every mail that Mailbag sends. It keeps files, and sends nothing on."""

import asyncio
import itertools
import json
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.ingress.envelope import sender_text
from app.usecases.mailbag import utc_now


@dataclass(frozen=True)
class CaughtMail:
    """One mail as it left Mailbag: its envelope and when it came; the bytes are read when wanted."""

    id: int
    sender: str
    recipient: str
    caught_at: datetime
    path: Path

    @property
    def raw(self) -> bytes:
        return self.path.read_bytes()


class PostOffice:
    """A folder of caught mails: `<id>.eml` holds the bytes, `<id>.json` the envelope, written last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        found = (_load(path) for path in folder.glob("*.json") if path.stem.isdigit())
        self._mails = {mail.id: mail for mail in found}
        self._ids = itertools.count(max(self._mails, default=0) + 1)
        self._lock = threading.Lock()

    def keep(self, raw: bytes, *, sender: str, recipient: str) -> None:
        with self._lock:
            number = next(self._ids)
        (self._folder / f"{number}.eml").write_bytes(raw)
        facts = {"sender": sender, "recipient": recipient, "caught_at": utc_now().isoformat()}
        unfinished = self._folder / f"{number}.part"
        unfinished.write_text(json.dumps(facts), encoding="utf-8")
        mail = _load(unfinished.rename(self._folder / f"{number}.json"))
        with self._lock:
            self._mails[number] = mail

    def all(self) -> list[CaughtMail]:
        """Newest first."""
        with self._lock:
            return sorted(self._mails.values(), key=lambda mail: mail.id, reverse=True)

    def get(self, number: int) -> CaughtMail | None:
        with self._lock:
            return self._mails.get(number)


def _load(path: Path) -> CaughtMail:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return CaughtMail(
        id=int(path.stem),
        sender=facts["sender"],
        recipient=facts["recipient"],
        caught_at=datetime.fromisoformat(facts["caught_at"]),
        path=path.with_suffix(".eml"),
    )


class _Catcher:
    """Takes everything from everybody: it listens on the loopback alone."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        raw = envelope.original_content
        assert isinstance(raw, bytes)
        sender = sender_text(envelope.mail_from or "")
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._office.keep, raw, sender=sender, recipient=recipient)
        return "250 2.0.0 Caught"


def catcher(office: PostOffice) -> SMTP:
    return SMTP(_Catcher(office), hostname="post-office", ident="Mailbag", loop=asyncio.get_running_loop())
