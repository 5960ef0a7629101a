"""Access tokens for mailboxes that take no password: a refresh token is exchanged for one, hour by hour.

Source: RFC 6749, 6. Some providers hand out a new refresh token each time, and let the old one end after weeks.
"""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from app.ingress.imap.account import OAuth
from app.ingress.imap.wire import Lost, Refused, words_of

TIMEOUT = 30.0  # seconds
EARLY = 60.0  # seconds before its end a token is not used any more
LONGEST = 64 * 1024  # octets of an answer


@dataclass
class Tokens:
    """The access token of one mailbox, kept until shortly before its end; `keep` stores a new refresh token."""

    oauth: OAuth
    ca_file: Path | None
    refresh_token: str = field(repr=False)
    keep: Callable[[str], None]
    _access: str = field(default="", repr=False)
    _ends: float = 0.0

    def access(self) -> str:
        """Raises Refused where the grant is no more, Lost where the endpoint does not answer."""
        if not self.holds_one:
            self._renew()
        return self._access

    @property
    def holds_one(self) -> bool:
        return bool(self._access) and monotonic() < self._ends

    def forget(self) -> None:
        """The mail server did not take it."""
        self._access = ""

    def _renew(self) -> None:
        answer = self._asked()
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Lost("the token endpoint's answer holds no access token")
        self._access = token
        self._ends = monotonic() + (float(seconds) if isinstance(seconds, int | float) else 300.0) - EARLY
        newer = answer.get("refresh_token")
        if isinstance(newer, str) and newer and newer != self.refresh_token:
            self.refresh_token = newer
            self.keep(newer)

    def _asked(self) -> dict[str, Any]:
        fields = {
            "grant_type": "refresh_token",
            "client_id": self.oauth.client_id,
            "client_secret": self.oauth.client_secret,
            "refresh_token": self.refresh_token,
        }
        body = urllib.parse.urlencode({name: value for name, value in fields.items() if value}).encode()
        request = urllib.request.Request(self.oauth.url, body, {"Accept": "application/json"})  # noqa: S310 - https by config
        try:
            opener = urllib.request.build_opener(
                urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca_file)), _NoRedirect
            )
            with opener.open(request, timeout=TIMEOUT) as answer:
                return _object(answer.read(LONGEST))
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, error.read(LONGEST)) from error
        except (OSError, ValueError) as error:
            raise Lost(f"the token endpoint: {words_of(error)}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would hand the refresh token to somebody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _object(raw: bytes) -> dict[str, Any]:
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a ValueError as json's own
    return found


def _refusal(status: int, raw: bytes) -> Exception:
    """RFC 6749, 5.2: 400 and 401 are about us, and say why; anything else may pass."""
    code = ""
    with suppress(ValueError):
        code = words_of(ValueError(_object(raw).get("error", "")))
    if status not in (400, 401, 403):
        return Lost(f"the token endpoint answers {status} {code}".strip())
    if code == "invalid_grant":
        return Refused("the refresh token is no more: sign in there again, and set MAILBAG_IMAP_OAUTH_REFRESH_TOKEN")
    return Refused(f"the token endpoint refuses us ({status} {code}); check MAILBAG_IMAP_OAUTH_CLIENT_ID and _SECRET")
