"""A folder of a mail server that is open: what is in it, the mails themselves, and waiting for more."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from app.ingress.imap.account import Account
from app.ingress.imap.wire import Lost, Refused, is_passing, on_the_wire, words_of
from app.mail.parse import LONGEST_HEAD

WINDOW = 50_000  # UIDs asked for by one SEARCH: its answer is one line, and the library reads no longer ones


class Session:
    """A folder that is open. `uidvalidity` and `uidnext` are those of the last `open`."""

    def __init__(self, client: IMAPClient, account: Account) -> None:
        self._client = client
        self._account = account
        self.uidvalidity = 0
        self.uidnext = 0

    def open(self) -> None:
        """Again before each look: the numbers may be new. EXAMINE, where we are to change nothing. Raises Refused."""
        with on_the_wire("opening the folder"):
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
        with on_the_wire("looking for mail"):
            return sorted(uid for uid in self._client.search(["UID", uids]) if uid >= start)

    def still_there(self, uids: Sequence[int]) -> set[int]:
        with on_the_wire("looking for mail"):
            return set(self._client.search(["UID", _joined(uids)])) & set(uids) if uids else set()

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Octets as the server reckons them. A mail that is gone by now is not in it."""
        found = self._fetch(uids, "RFC822.SIZE")
        return {uid: size for uid, size in found.items() if isinstance(size, int)}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails, unmarked. A mail that is gone by now is not in it, nor one that the server cannot give."""
        return {uid: raw for uid, raw in self._fetch(uids, "BODY.PEEK[]", "BODY[]").items() if isinstance(raw, bytes)}

    def head(self, uid: int) -> bytes:
        """As much of the header as is ever read; empty where it is gone."""
        found = self._fetch([uid], f"BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>", "BODY[HEADER]<0>").get(uid)
        return found if isinstance(found, bytes) else b""

    def _fetch(self, uids: Sequence[int], item: str, answered_as: str = "") -> dict[int, Any]:
        """NO may be about one of many that is gone (RFC 2180, 4.1): then each is asked for alone."""
        with on_the_wire("fetching"):
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
        with on_the_wire("fetching"):
            self._client.use_uid = False
            try:
                places = self._client.search(["UID", str(uid)])
                found = self._client.fetch(places, ["BODY.PEEK[]"])
            finally:
                self._client.use_uid = True
            raws = [values[b"BODY[]"] for values in found.values() if isinstance(values.get(b"BODY[]"), bytes)]
        if len(raws) < len(places):
            raise Lost(f"fetching: of {len(places)} mails with UID {uid} only {len(raws)} came")
        return raws

    def put_away(self, uids: Sequence[int]) -> None:
        """Flag or move mails that are settled. Raises Refused where the server will not; they stay then."""
        if not uids or self._account.leaves_mail:
            return
        with on_the_wire("putting mail away"):
            try:
                if self._account.move_to:
                    self._move(uids)
                else:
                    self._client.add_flags(list(uids), [rb"\Seen"], silent=True)
            except IMAPClientError as error:
                if is_passing(error):
                    raise
                raise Refused(f"mail cannot be put away, MAILBAG_IMAP_AFTER: {words_of(error)}") from error

    def _move(self, uids: Sequence[int]) -> None:
        """NO moves none, where somebody else took one of them away (EXPUNGEISSUED): then the rest once more."""
        target = self._account.move_to
        self._make_folder(target)
        try:
            self._move_to(target, list(uids))
        except IMAPClientError as error:
            there = sorted(self.still_there(uids))
            if is_passing(error) or len(there) == len(set(uids)):
                raise
            if there:
                self._move_to(target, there)

    def _make_folder(self, name: str) -> None:
        """A LIST may lag behind, and another door may be faster: the folder is there then (RFC 5530, ALREADYEXISTS)."""
        if self._client.folder_exists(name):
            return
        try:
            self._client.create_folder(name)
        except IMAPClientError as error:
            if "ALREADYEXISTS" not in words_of(error).upper() and not self._client.folder_exists(name):
                raise

    def _move_to(self, target: str, uids: list[int]) -> None:
        """Without MOVE (RFC 6851) and UIDPLUS a copy is left, marked as deleted: EXPUNGE would take others too."""
        if self._client.has_capability("MOVE"):
            self._client.move(uids, target)
            return
        self._client.copy(uids, target)
        self._client.delete_messages(uids, silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)

    @property
    def has_idle(self) -> bool:
        with on_the_wire("asking for abilities"):
            return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Until the server has something to say, or the time is over. A server that is dead is found at the end."""
        end = monotonic() + seconds
        with on_the_wire("waiting"):
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


def _joined(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def doubled(uids: Sequence[int]) -> list[int]:
    return [uid for uid, times in Counter(uids).items() if times > 1]
