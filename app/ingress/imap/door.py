"""Keeps one connection to a mailbox alive: look, wait for news, look again; try again with patience when it breaks."""

import logging
import random
import threading
from contextlib import suppress
from time import monotonic

from app.config import Settings
from app.ingress.imap.account import Account, Patience, account_of
from app.ingress.imap.connection import SignsIn, connected
from app.ingress.imap.intake import Intake
from app.ingress.imap.kept_token import KeptToken
from app.ingress.imap.oauth import Tokens
from app.ingress.imap.session import Session
from app.ingress.imap.sign_in import ByPassword, ByToken
from app.ingress.imap.wire import Lost, Refused, words_of
from app.usecases.mailbag import Mailbag
from app.usecases.watching import Watch, watch_only

log = logging.getLogger(__name__)


def imap_doors(mailbag: Mailbag, settings: Settings) -> list["ImapDoor"]:
    """What the settings ask for: one, or none where no mailbox is set. Not started yet; the database is up to date.

    Whatever was fetched before under other settings is watched no more.
    """
    account = account_of(settings)
    watch_only(mailbag, account.name, account.folder)
    return [imap_door(mailbag, account)] if settings.imap_host else []


def imap_door(mailbag: Mailbag, account: Account, patience: Patience | None = None) -> "ImapDoor":
    """Not started yet. The database has to answer."""
    watch = Watch(mailbag, account.name, account.folder)
    sign_in: SignsIn = ByPassword(account)
    if account.oauth is not None:
        kept = KeptToken(watch, mailbag.links.signer, account.oauth.refresh_token)
        sign_in = ByToken(account, Tokens(account.oauth, account.ca_file, kept.newest(), kept.keep))
    return ImapDoor(mailbag, account, sign_in, watch, patience or Patience())


class ImapDoor:
    """A thread of its own. Stopping it in the middle of anything loses nothing: what is not marked comes again."""

    def __init__(self, mailbag: Mailbag, account: Account, sign_in: SignsIn, watch: Watch, patience: Patience) -> None:
        self._account = account
        self._sign_in = sign_in
        self._watch = watch
        self._patience = patience
        self._intake = Intake(mailbag, account, watch)
        self._failures = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imap-door", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 2) -> None:
        self._stopped.set()
        self._thread.join(seconds)

    @property
    def name(self) -> str:
        return f"{self._account.folder} of {self._account.name}"

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._stopped.wait(self._live())

    def _live(self) -> float:
        """One connection, from dialling to its end. Returns the seconds to wait before the next."""
        began = monotonic()
        try:
            with connected(self._account, self._patience, self._sign_in) as session:
                self._attend(session)
        except Refused as refusal:
            self._tell(str(refusal))
            return self._patience.refused
        except Lost as loss:
            said = str(loss)
        except Exception as error:
            log.exception("the IMAP door")
            said = words_of(error)
        if self._stopped.is_set():
            return 0
        if monotonic() - began > self._patience.steady:
            self._failures = 0
        self._failures += 1
        if self._failures > 1:  # once in a while every connection ends
            self._tell(said)
        return self._delay()

    def _attend(self, session: Session) -> None:
        while not self._stopped.is_set():
            if self._intake.look(session):
                self._failures = 0
            self._watch.looked()
            if self._intake.trouble:
                self._tell(self._intake.trouble)
            if session.has_idle:
                session.idle(self._patience.idle, self._stopped.is_set)
            else:
                self._stopped.wait(self._patience.poll)

    def _delay(self) -> float:
        """Doubled with each failure; with jitter, or all who lost the same server come back at the same moment."""
        longest = min(self._patience.most, self._patience.first * 2.0 ** min(self._failures - 1, 20))
        return longest * random.uniform(0.5, 1)  # noqa: S311 - nobody gains by guessing it

    def _tell(self, trouble: str) -> None:
        log.warning("%s: %s", self._account.name, trouble)
        with suppress(Exception):  # the database may be what is in trouble
            self._watch.troubled(trouble)
