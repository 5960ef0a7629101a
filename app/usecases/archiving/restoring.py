"""An archive becomes the column again: each letter under its own id, at its own address, with its printed texts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from app.domain.event import Action, advance, record
from app.domain.people import Expert
from app.domain.photo import Photo
from app.domain.question import Answer, Question, QuestionState
from app.store import moved, people, questions
from app.store.base import Transaction
from app.usecases.archiving.checking import Archive
from app.usecases.archiving.letters import Kept, KeptAbsence, KeptLetter, KeptPhoto, read_kept
from app.usecases.archiving.pictures import KeptProfile, kept_photo, kept_profiles
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

BATCH = 40


class Fate(StrEnum):
    NEW = "new"
    KNOWN = "known"
    TAKEN = "taken"  # another letter has its id here
    BAD = "bad"


@dataclass
class Restored:
    """How many letters came in or were there, and the names of those that could not come in."""

    new: int = 0
    known: int = 0
    taken: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def count(self, name: str, fate: Fate) -> None:
        match fate:
            case Fate.NEW:
                self.new += 1
            case Fate.KNOWN:
                self.known += 1
            case Fate.TAKEN:
                self.taken.append(name)
            case Fate.BAD:
                self.bad.append(name)


def restore(
    mailbag: Mailbag,
    archive: Archive,
    *,
    dry_run: bool = False,
    on_letter: Callable[[], None] | None = None,
) -> Restored:
    """Store every letter that is not there yet, some in a transaction. The same archive again changes nothing."""
    report = Restored()
    if not dry_run:
        _restore_names(mailbag, archive)
    names = iter(archive.letters)
    while batch := [(name, _read(archive, name)) for name in islice(names, BATCH)]:
        for name, fate in _fates(mailbag, archive, batch, dry_run=dry_run):
            report.count(name, fate)
            if on_letter is not None:
                on_letter()
    return report


def _read(archive: Archive, name: str) -> Kept | None:
    try:
        kept = read_kept(archive.read(name))
        for photo in kept.all_photos if isinstance(kept, KeptLetter) else ():
            kept_photo(archive, photo)
    except ValueError:
        return None
    folder = f"letters/{kept.published_on:%Y/%m/%d}/{kept.slug}-" if isinstance(kept, KeptLetter) else "withdrawn/"
    return kept if name == f"{folder}{kept.public_id}.json" else None


@retried(5)
def _restore_names(mailbag: Mailbag, archive: Archive) -> None:
    """Topics keep their addresses; experts come in the order that theirs depend on."""
    profiles = kept_profiles(archive)
    with mailbag.database.write() as tx:
        for name, slug in archive.names.topics:
            people.topic_named(tx, name, wanted_slug=slug)
        for name in archive.names.experts:
            expert = people.expert_named(tx, name)
            if name in profiles and not (expert.credentials or expert.about or expert.portrait_digest):
                _restore_profile(expert, profiles[name])


def _restore_profile(expert: Expert, profile: KeptProfile) -> None:
    expert.credentials, expert.about = profile.credentials, profile.about
    if profile.portrait is not None:
        expert.portrait, expert.portrait_digest = profile.portrait, profile.digest


@retried(5)  # somebody else makes the same rows
def _fates(
    mailbag: Mailbag, archive: Archive, batch: list[tuple[str, Kept | None]], *, dry_run: bool
) -> list[tuple[str, Fate]]:
    with (mailbag.database.read if dry_run else mailbag.database.write)() as tx:
        return [(name, _fate(tx, archive, kept, dry_run=dry_run)) for name, kept in batch]


def _fate(tx: Transaction, archive: Archive, kept: Kept | None, *, dry_run: bool) -> Fate:
    if kept is None:
        return Fate.BAD
    known = questions.by_public_id(tx, kept.public_id)
    if known is not None and not _is_same(known, kept):
        return Fate.TAKEN
    later = [(part, questions.by_public_id(tx, part.public_id)) for part in kept.exchange]
    if any(here is not None and not _is_same(here, part, follows=known) for part, here in later):
        return Fate.TAKEN
    if known is None and questions.by_form_key(tx, _key(kept)) is not None:
        return Fate.KNOWN
    if not dry_run:
        first = known or _store(tx, archive, kept)
        for part, here in later:
            if here is None and questions.by_form_key(tx, _key(part)) is None:
                _store(tx, archive, part, follows=first)
    return Fate.NEW if known is None else Fate.KNOWN


def _key(kept: Kept) -> str:
    return kept.source or f"archive:{kept.public_id}"


def _is_same(known: Question, kept: Kept, *, follows: Question | None = None) -> bool:
    if known.follows is not follows:
        return False
    if isinstance(kept, KeptAbsence):
        return known.state is QuestionState.WITHDRAWN
    if known.state is not QuestionState.PUBLISHED or known.answer is None:
        return False
    here = (known.text, known.public_name, known.published_on, known.answer.printed.text)
    return here == (kept.question, kept.public_name, kept.published_on, kept.revisions[-1].text)


def _store(tx: Transaction, archive: Archive, kept: Kept, *, follows: Question | None = None) -> Question:
    question = _question(tx, kept)
    if isinstance(kept, KeptLetter):
        answer = Answer(question=question, expert=people.expert_named(tx, kept.persona))
        for one in kept.revisions:
            revision = answer.revise(one.text, author="archive", at=one.published_at)
            revision.approved_at, revision.approved_by = one.published_at, "archive"
            revision.published_at, revision.note = one.published_at, one.note
    record(question, Action.IMPORT, at=kept.published_at, actor="mailbag")
    if isinstance(kept, KeptAbsence):
        advance(question, Action.WITHDRAW, at=kept.withdrawn_at, actor="editor", detail=kept.reason)
    tx.add(question)
    question.follows = follows
    for path in kept.old_addresses:
        moved.remember(tx, path, question)
    for photo in kept.photos if isinstance(kept, KeptLetter) else ():
        tx.add(_photo(archive, photo, question, at=kept.published_at))
    return question


def _photo(archive: Archive, kept: KeptPhoto, question: Question, *, at: datetime) -> Photo:
    picture = kept_photo(archive, kept)
    return Photo(
        public_id=kept.public_id,
        slot=kept.slot,
        alt=kept.alt,
        large=picture.large,
        small=picture.small,
        width=picture.width,
        height=picture.height,
        made_at=at,
        question_id=question.id,
        approved_at=at,
        approved_by="archive",
    )


def _question(tx: Transaction, kept: Kept) -> Question:
    """Of a withdrawn letter nothing is there but its address."""
    letter = kept if isinstance(kept, KeptLetter) else None
    asked_at = letter.asked_at if letter else None
    return Question(
        public_id=kept.public_id,
        public_name=letter.public_name if letter else "",
        topic=people.topic_named(tx, kept.topic),
        text=letter.question if letter else "",
        made_at=asked_at or kept.published_at,
        form_key=_key(kept),
        fingerprint=None,
        state=QuestionState.PUBLISHED,
        published_at=kept.published_at,
        published_on=kept.published_on,
        slug=kept.slug,
    )
