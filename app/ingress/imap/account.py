"""Whose mail is fetched, how, and with how much patience."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from app.config import Settings


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """What a token endpoint wants to hear for a new access token (RFC 6749, 6)."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)  # empty for a public client
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One folder of one mailbox. `move_to` is empty where mail stays."""

    host: str
    port: int
    security: str  # tls, starttls or none
    user: str
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    marks_seen: bool = False
    move_to: str = ""
    ca_file: Path | None = None  # else the system's authorities
    oauth: OAuth | None = None
    most_octets: int = 25 * 1024 * 1024  # of one mail
    together: int = 20  # mails fetched by one command, and committed before the mark moves

    @property
    def name(self) -> str:
        return f"{self.user} on {self.host}"

    @property
    def leaves_mail(self) -> bool:
        return not (self.marks_seen or self.move_to)

    def tls(self) -> ssl.SSLContext:
        """The certificate and its name are checked, always. Raises OSError where the file of authorities is none."""
        return ssl.create_default_context(cafile=self.ca_file)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """All in seconds."""

    connect: float = 15
    answer: float = 60  # for each piece of an answer
    idle: float = 240  # then IDLE is begun anew: RFC 2177 allows 29 minutes, home routers forget after 5
    poll: float = 60  # between two looks at a server without IDLE
    first: float = 1  # before the first try after a failure; doubled with each
    most: float = 300
    refused: float = 300  # after a refused login: another sooner may lock the account
    steady: float = 60  # a connection that lived so long was a good one


def account_of(settings: Settings) -> Account:
    return Account(
        host=settings.imap_host,
        port=settings.imap_port,
        security=settings.imap_security,
        user=settings.imap_user,
        password=settings.imap_password,
        folder=settings.imap_folder,
        marks_seen=settings.imap_after == "seen",
        move_to=settings.imap_after.removeprefix("move:").strip() if settings.imap_after.startswith("move:") else "",
        ca_file=settings.imap_ca_file,
        oauth=_oauth_of(settings) if settings.imap_oauth_url else None,
        most_octets=settings.max_mail_bytes,
    )


def _oauth_of(settings: Settings) -> OAuth:
    return OAuth(
        url=settings.imap_oauth_url,
        client_id=settings.imap_oauth_client_id,
        client_secret=settings.imap_oauth_client_secret,
        refresh_token=settings.imap_oauth_refresh_token,
    )
