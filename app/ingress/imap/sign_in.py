"""How we prove to an IMAP server who we are: by a password, or by an access token."""

import json
from contextlib import suppress
from dataclasses import dataclass, field

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from app.ingress.imap.account import Account
from app.ingress.imap.oauth import Tokens
from app.ingress.imap.wire import Lost, Refused, is_passing, words_of

ADVICE = (
    "check MAILBAG_IMAP_USER and MAILBAG_IMAP_PASSWORD; many providers want an app password here, or OAuth:"
    " MAILBAG_IMAP_OAUTH_URL"
)


@dataclass(frozen=True)
class ByPassword:
    """AUTHENTICATE PLAIN where the server has it: LOGIN cannot say “ü”."""

    account: Account

    def __call__(self, client: IMAPClient) -> None:
        way = client.plain_login if client.has_capability("AUTH=PLAIN") else client.login
        if client.has_capability("LOGINDISABLED") and way == client.login:
            raise Refused("the server takes no password in clear; set MAILBAG_IMAP_SECURITY to tls or starttls")
        try:
            way(self.account.user, self.account.password)
        except LoginError as error:
            if _was_cut(error):
                raise
            raise Refused(f"{words_of(error)}; {ADVICE}") from error


@dataclass(frozen=True)
class ByToken:
    """XOAUTH2, which Gmail and Outlook take (developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""

    account: Account
    tokens: Tokens
    _told: list[str] = field(default_factory=list)

    def __call__(self, client: IMAPClient) -> None:
        """A token may have been revoked before its end: an old one is exchanged; only the no to a new one counts."""
        self._told.clear()
        was_kept = self.tokens.holds_one
        token = self.tokens.access()

        def answer(challenge: bytes) -> bytes:
            if not challenge:
                return f"user={self.account.user}\1auth=Bearer {token}\1\1".encode()
            self._told.append(_status(challenge))  # an error, which wants an empty answer before its NO
            return b""

        try:
            client.sasl_login("XOAUTH2", answer)
        except LoginError as error:
            if _was_cut(error):
                raise
            self.tokens.forget()
            if was_kept:
                raise Lost("the access token is no longer taken") from error
            why = " ".join([words_of(error), *self._told])
            raise Refused(
                f"{why}; does the token's account match MAILBAG_IMAP_USER, and is IMAP in its scope?"
            ) from error


def _was_cut(error: LoginError) -> bool:
    """The library calls a connection that broke while we signed in a refused login, too."""
    inner = error.__context__
    return isinstance(inner, IMAPClientError) and is_passing(inner)


def _status(challenge: bytes) -> str:
    with suppress(ValueError):
        found = json.loads(challenge)
        if isinstance(found, dict):
            return f"(status {words_of(ValueError(found.get('status', '')))})"
    return ""
