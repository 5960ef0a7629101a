"""One IMAP connection, from dialling to its end: encrypted, the certificate checked, signed in."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from app.ingress.imap.account import Account, Patience
from app.ingress.imap.session import Session
from app.ingress.imap.wire import Lost, Refused, on_the_wire


class SignsIn(Protocol):
    """Proves to the server who we are. Raises Refused."""

    def __call__(self, client: IMAPClient) -> None: ...


class _Client(IMAPClient):  # type: ignore[misc] # it is not typed
    """IMAPClient without two surprises."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._imap.debug = 0  # it would write every mail out for a log that nobody keeps

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> Any:
        """poll() does not see what was read into a buffer already, such as an EXISTS right behind the `+`."""
        return [sock] if timeout == 0 else super()._poll_socket(sock, timeout)


@contextmanager
def connected(account: Account, patience: Patience, sign_in: SignsIn) -> Iterator[Session]:
    """Raises Lost, Refused."""
    with _authorities_checked():
        client = _dial(account, patience)
    try:
        with _authorities_checked(), on_the_wire("STARTTLS"):
            if account.security == "starttls":
                client.starttls(account.tls())
        with on_the_wire("signing in"):
            sign_in(client)
        yield Session(client, account)
        with suppress(OSError, IMAPClientError, ValueError):
            client.logout()
    finally:
        with suppress(OSError, IMAPClientError, ValueError):
            client.shutdown()


def _dial(account: Account, patience: Patience) -> IMAPClient:
    with on_the_wire(f"connecting to {account.host}:{account.port}"):
        return _Client(
            account.host,
            port=account.port,
            ssl=account.security == "tls",
            ssl_context=account.tls() if account.security == "tls" else None,
            timeout=SocketTimeout(patience.connect, patience.answer),
        )


@contextmanager
def _authorities_checked() -> Iterator[None]:
    try:
        yield
    except Lost as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            why = error.__cause__.verify_message
            raise Refused(f"{why}; MAILBAG_IMAP_CA_FILE names authorities of your own") from error
        raise
