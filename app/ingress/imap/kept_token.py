"""The newest refresh token, kept in the database under the column's own key, so that no backup opens a mailbox."""

import hashlib
import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from app.domain.token import Signer
from app.usecases.watching import Watch


@dataclass(frozen=True)
class KeptToken:
    """`configured` is the token of the settings: a kept one counts only while it descends from that."""

    watch: Watch
    signer: Signer
    configured: str

    def newest(self) -> str:
        with suppress(InvalidToken, ValueError):
            kept = json.loads(self._lock().decrypt(self.watch.row().refresh_token.encode()))
            if kept["descends_from"] == self._digest():
                return str(kept["token"])
        return self.configured

    def keep(self, token: str) -> None:
        kept = json.dumps({"descends_from": self._digest(), "token": token})
        self.watch.keep_refresh_token(self._lock().encrypt(kept.encode()).decode())

    def _lock(self) -> Fernet:
        return Fernet(urlsafe_b64encode(self.signer.secret("refresh token")))

    def _digest(self) -> str:
        return hashlib.sha256(self.configured.encode()).hexdigest()
