"""One look into a folder: every mail above the mark is committed, then the mark moves, then mail is put away."""

import logging
from collections.abc import Iterator, Sequence

from app.ingress.imap.account import Account
from app.ingress.imap.session import Session, doubled
from app.ingress.imap.wire import Refused
from app.mail.addressed import read_addressed
from app.usecases import receiving
from app.usecases.addressing import recipient_of
from app.usecases.mailbag import Mailbag
from app.usecases.watching import Watch

log = logging.getLogger(__name__)

DOOR = "imap"
LISTED = 100  # mails whose sizes are asked for by one command
OCTETS = 8 * 1024 * 1024  # fetched by one command, unless a single mail is larger


class Intake:
    """Remembers, from one connection to the next, what this process knows and the mark cannot say."""

    def __init__(self, mailbag: Mailbag, account: Account, watch: Watch) -> None:
        self._mailbag = mailbag
        self._account = account
        self._watch = watch
        self._uidvalidity = 0
        self._settled: set[int] = set()  # above the mark, which stays below a mail that cannot be fetched
        self._stuck: set[int] = set()
        self._to_put_away: list[int] = []

    @property
    def trouble(self) -> str:
        if not self._stuck:
            return ""
        return f"{len(self._stuck)} mail cannot be fetched, the first has UID {min(self._stuck)}; it is tried again"

    def look(self, session: Session) -> int:
        """How many mails were settled. Raises Lost, Refused, and whatever the database raises."""
        session.open()
        mark = self._watch.mark(session.uidvalidity)
        if session.uidvalidity != self._uidvalidity:
            self._uidvalidity = session.uidvalidity
            self._settled, self._stuck, self._to_put_away = set(), set(), []
        self._stuck = {uid for uid in self._stuck if uid > mark}  # another door may have had more luck
        self._notice_missing(session, sorted(self._stuck))
        self._put_away(session)
        count = 0
        for uids, upto in session.above(mark):
            for twin in doubled(uids):
                self._take_twins(session, twin)
            todo = [uid for uid in dict.fromkeys(uids) if uid not in self._settled]
            for group in self._groups(session, todo):
                count += self._take(session, group)
                self._move_on(max(group))
                self._put_away(session)
            self._move_on(upto)
        return count

    def _groups(self, session: Session, uids: list[int]) -> Iterator[dict[int, int]]:
        """UIDs with their sizes, in ascending order; those that are gone have no size, and fall out here."""
        for at in range(0, len(uids), LISTED):
            listed = uids[at : at + LISTED]
            sizes = session.sizes(listed)
            self._notice_missing(session, [uid for uid in listed if uid not in sizes])
            group: dict[int, int] = {}
            for uid in (uid for uid in listed if uid in sizes):
                is_full = len(group) >= self._account.together or sum(group.values()) + sizes[uid] > OCTETS
                if group and is_full:
                    yield group
                    group = {}
                group[uid] = sizes[uid]
            if group:
                yield group

    def _take(self, session: Session, group: dict[int, int]) -> int:
        too_large = [uid for uid, size in group.items() if size > self._account.most_octets]
        for uid in too_large:
            self._leave(uid, session.head(uid), group[uid])
            self._settled.add(uid)
        wanted = [uid for uid in group if uid not in too_large]
        bodies = self._whole(session, {uid: group[uid] for uid in wanted})
        for uid, raw in bodies.items():
            if self._accept(uid, raw):
                self._to_put_away.append(uid)
            self._settled.add(uid)
            self._stuck.discard(uid)
        self._notice_missing(session, [uid for uid in wanted if uid not in bodies])
        return len(bodies) + len(too_large)

    def _whole(self, session: Session, sizes: dict[int, int]) -> dict[int, bytes]:
        """A mail that is shorter than was announced comes again; only if it is the same twice, the size was a guess."""
        bodies = session.bodies(list(sizes)) if sizes else {}
        for uid in [uid for uid, raw in bodies.items() if len(raw) < sizes[uid]]:
            first, again = bodies.pop(uid), session.bodies([uid]).get(uid)
            if again and (again == first or len(again) >= sizes[uid]):
                bodies[uid] = again
        return {uid: bodies[uid] for uid in sizes if uid in bodies}

    def _notice_missing(self, session: Session, uids: Sequence[int]) -> None:
        """Gone is settled: somebody else emptied the mailbox. What is there and cannot be had holds the mark."""
        there = session.still_there(uids)
        for uid in uids:
            if uid not in there:
                self._settled.add(uid)
                self._stuck.discard(uid)
            elif uid not in self._stuck:
                log.error("%s shows a mail with UID %s, but does not give it", self._account.name, uid)
                self._stuck.add(uid)

    def _take_twins(self, session: Session, uid: int) -> None:
        for raw in session.twins(uid):
            self._accept(uid, raw)
        self._settled.add(uid)

    def _accept(self, uid: int, raw: bytes) -> bool:
        """False where it stays in its folder."""
        if len(raw) > self._account.most_octets:
            self._leave(uid, raw, len(raw))
            return False
        addressed = read_addressed(raw)
        recipient = recipient_of(self._mailbag, addressed)
        receiving.accept(self._mailbag, raw, door=DOOR, sender=addressed.sender, recipient=recipient)
        return True

    def _leave(self, uid: int, head: bytes, size: int) -> None:
        """Its server took it, so nobody was told. It stays where it is, and a person has to look at it."""
        addressed = read_addressed(head)
        name, folder = self._account.name, self._account.folder
        receiving.leave_oversized(
            self._mailbag,
            door=DOOR,
            place="\n".join((name, folder, str(self._uidvalidity), str(uid))),
            sender=addressed.sender,
            recipient=recipient_of(self._mailbag, addressed),
            said=f"{size} bytes, {self._account.most_octets} are taken; it is in {folder} of {name}, UID {uid}",
        )

    def _move_on(self, upto: int) -> None:
        """Never past a mail that could not be fetched: it is tried at each look, and the others are not taken twice."""
        mark = min(upto, min(self._stuck, default=upto + 1) - 1)
        self._watch.move_on(self._uidvalidity, mark)
        self._settled = {uid for uid in self._settled if uid > mark}

    def _put_away(self, session: Session) -> None:
        """What a cut connection left over is put away at the next look."""
        try:
            session.put_away(self._to_put_away)
        except Refused as refusal:
            log.warning("%s", refusal)
        self._to_put_away = []
