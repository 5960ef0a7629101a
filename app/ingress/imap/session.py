"""One IMAP connection, from the greeting until it breaks. Everything that a server may do wrong ends in two errors."""

import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, Protocol

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from app.ingress.imap.account import Account, Patience

WINDOW = 50_000  # UIDs asked for by one SEARCH: its answer is one line, and the library reads no longer ones

_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


class Lost(Exception):
    """The connection is gone, or of no more use; another one may do better."""


class Refused(Exception):
    """The server understood, and said no. Only somebody who changes a setting can help; the words say which."""


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
def _on_the_wire(what: str) -> Iterator[None]:
    """The library raises nearly anything when an answer is cut or makes no sense."""
    try:
        yield
    except IMAPClientReadOnlyError as error:
        raise Refused("the folder can only be read; set MAILBAG_IMAP_AFTER=leave, or give us the right") from error
    except (OSError, IMAPClientError, ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        raise Lost(f"{what}: {words_of(error)}") from error


def words_of(error: BaseException) -> str:
    """On one line, as the desk shows it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(character for character in text if character.isprintable())[:300]


class Session:
    """A folder that is open. `uidvalidity` and `uidnext` are those of the last `open`."""

    def __init__(self, client: IMAPClient, account: Account) -> None:
        self._client = client
        self._account = account
        self.uidvalidity = 0
        self.uidnext = 0

    def open(self) -> None:
        """Again before each look: the numbers may be new. EXAMINE, where we are to change nothing. Raises Refused."""
        with _on_the_wire("opening the folder"):
            try:
                said = self._client.select_folder(self._account.folder, readonly=self._account.leaves_mail)
            except IMAPClientError as error:
                if is_passing(error):
                    raise
                raise Refused(f"no folder {self._account.folder}, MAILBAG_IMAP_FOLDER: {words_of(error)}") from error
            self.uidvalidity = int(said.get(b"UIDVALIDITY", 0))
            self.uidnext = int(said.get(b"UIDNEXT", 0))
        if not self.uidvalidity:
            raise Refused("the server numbers its mails anew for each connection; it cannot be used")

    def above(self, mark: int) -> Iterator[tuple[list[int], int]]:
        """UIDs above the mark in ascending order, and up to which UID these are all; one SEARCH each."""
        start = mark + 1
        while start + WINDOW < self.uidnext:
            upto = start + WINDOW - 1
            yield self._search(start, f"{start}:{upto}"), upto
            start = upto + 1
        found = self._search(start, f"{start}:*")
        yield found, max(found, default=start - 1)

    def _search(self, start: int, uids: str) -> list[int]:
        """`*` is the last mail, even where its UID is below the range (RFC 9051, 6.4.9)."""
        with _on_the_wire("looking for mail"):
            return sorted(uid for uid in self._client.search(["UID", uids]) if uid >= start)

    def still_there(self, uids: Sequence[int]) -> set[int]:
        with _on_the_wire("looking for mail"):
            return set(self._client.search(["UID", _joined(uids)])) & set(uids) if uids else set()

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Octets as the server reckons them. A mail that is gone by now is not in it."""
        found = self._fetch(uids, "RFC822.SIZE")
        return {uid: size for uid, size in found.items() if isinstance(size, int)}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails, unmarked. A mail that is gone by now is not in it, nor one that the server cannot give."""
        return {uid: raw for uid, raw in self._fetch(uids, "BODY.PEEK[]", "BODY[]").items() if isinstance(raw, bytes)}

    def head(self, uid: int) -> bytes:
        found = self._fetch([uid], "BODY.PEEK[HEADER]", "BODY[HEADER]").get(uid)
        return found if isinstance(found, bytes) else b""

    def _fetch(self, uids: Sequence[int], item: str, answered_as: str = "") -> dict[int, Any]:
        """NO may be about one of many that is gone (RFC 2180, 4.1): then each is asked for alone."""
        with _on_the_wire("fetching"):
            try:
                answer = self._client.fetch(list(uids), [item])
            except IMAPClientError as error:
                if isinstance(error, IMAPClientAbortError):
                    raise
                answer = self._fetch_singly(uids, item)
            key = (answered_as or item).encode()
            return {uid: values[key] for uid, values in answer.items() if key in values}

    def _fetch_singly(self, uids: Sequence[int], item: str) -> dict[int, Any]:
        answer: dict[int, Any] = {}
        for uid in uids:
            try:
                answer.update(self._client.fetch([uid], [item]))
            except IMAPClientError as error:
                if isinstance(error, IMAPClientAbortError):
                    raise
        return answer

    def twins(self, uid: int) -> list[bytes]:
        """Every mail under a UID that was given twice, by their places in the folder."""
        with _on_the_wire("fetching"):
            self._client.use_uid = False
            try:
                places = self._client.search(["UID", str(uid)])
                found = self._client.fetch(places, ["BODY.PEEK[]"])
            finally:
                self._client.use_uid = True
            return [values[b"BODY[]"] for values in found.values() if isinstance(values.get(b"BODY[]"), bytes)]

    def put_away(self, uids: Sequence[int]) -> None:
        """Flag or move mails that are settled. A server that says no leaves them; Refused tells why."""
        if not uids or self._account.leaves_mail:
            return
        with _on_the_wire("putting mail away"):
            try:
                if self._account.move_to:
                    self._move(list(uids))
                else:
                    self._client.add_flags(list(uids), [rb"\Seen"], silent=True)
            except IMAPClientError as error:
                if is_passing(error):
                    raise
                raise Refused(f"mail cannot be put away, MAILBAG_IMAP_AFTER: {words_of(error)}") from error

    def _move(self, uids: list[int]) -> None:
        """Without MOVE (RFC 6851) and UIDPLUS a copy is left, marked as deleted: EXPUNGE would take others too."""
        target = self._account.move_to
        if not self._client.folder_exists(target):
            self._client.create_folder(target)
        if self._client.has_capability("MOVE"):
            self._client.move(uids, target)
            return
        self._client.copy(uids, target)
        self._client.delete_messages(uids, silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)

    @property
    def has_idle(self) -> bool:
        with _on_the_wire("asking for abilities"):
            return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Until the server has something to say, or the time is over. A server that is dead is found at the end."""
        end = monotonic() + seconds
        with _on_the_wire("waiting"):
            self._client.idle()
            news = self._client.idle_check(timeout=0)
            while not news and not is_over() and (left := end - monotonic()) > 0:
                slice_ = min(left, 1.0)
                began = monotonic()
                news = self._client.idle_check(timeout=slice_)
                if not news and monotonic() - began < slice_ / 2:
                    break  # readable, and nothing to read: the end of the stream, which the library keeps to itself
            if any(response[0] == b"BYE" for response in news if isinstance(response, tuple)):
                raise Lost("the server says goodbye")
            self._client.idle_done()


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed later: a cut connection, or a NO that says so (RFC 5530, 3)."""
    said = str(error).upper()
    return isinstance(error, IMAPClientAbortError) or any(code in said for code in _PASSING)


def _joined(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def doubled(uids: Sequence[int]) -> list[int]:
    return [uid for uid, times in Counter(uids).items() if times > 1]


@contextmanager
def connected(account: Account, patience: Patience, sign_in: SignsIn) -> Iterator[Session]:
    """Raises Lost, Refused."""
    with _authorities_checked():
        client = _dial(account, patience)
    try:
        with _authorities_checked(), _on_the_wire("STARTTLS"):
            if account.security == "starttls":
                client.starttls(account.tls())
        with _on_the_wire("signing in"):
            sign_in(client)
        yield Session(client, account)
        with suppress(OSError, IMAPClientError):
            client.logout()
    finally:
        with suppress(OSError, IMAPClientError, ValueError):
            client.shutdown()


def _dial(account: Account, patience: Patience) -> IMAPClient:
    with _on_the_wire(f"connecting to {account.host}:{account.port}"):
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
