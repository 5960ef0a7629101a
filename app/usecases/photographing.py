"""Photos with a letter: kept with the form, attached when it is posted, approved one by one, cleared away."""

from datetime import datetime, timedelta

from app.domain.errors import NotFound
from app.domain.event import Action, record
from app.domain.letter import Problem, clean_line
from app.domain.photo import LONGEST_ALT, MOST_OCTETS, MOST_PHOTOS, Photo
from app.domain.question import Question
from app.mail.picture import BadPhoto, PictureProblem, make_anew
from app.store import photos, questions
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag, random_id

MOST_WAITING = 300  # photos of forms that nobody has posted; a flood of them fills no disk
TIME_TO_POST = timedelta(days=1)

_PROBLEMS = {
    PictureProblem.HEIC: Problem.PHOTO_HEIC,
    PictureProblem.OTHER_KIND: Problem.PHOTO_OF_OTHER_KIND,
    PictureProblem.TOO_MANY_PIXELS: Problem.PHOTO_TOO_LARGE,
    PictureProblem.BROKEN: Problem.PHOTO_BROKEN,
}


def keep(mailbag: Mailbag, form_key: str, slot: int, raw: bytes) -> Problem | None:
    """Take a file in with a form, in the place of what was in this slot. The problem, where it is no photo for us."""
    assert 0 < slot <= MOST_PHOTOS
    if len(raw) > MOST_OCTETS:
        return Problem.PHOTO_TOO_LARGE
    try:
        picture = make_anew(raw)
    except BadPhoto as error:
        return _PROBLEMS[error.problem]
    with mailbag.database.write() as tx:
        alt = _empty_slot(tx, form_key, slot)
        if photos.waiting(tx) >= MOST_WAITING:
            return Problem.PHOTOS_CLOSED
        photo = Photo(
            public_id=random_id(20),
            slot=slot,
            alt=alt,
            large=picture.large,
            small=picture.small,
            width=picture.width,
            height=picture.height,
            made_at=mailbag.clock(),
            form_key=form_key,
        )
        tx.add(photo)
    return None


def _empty_slot(tx: Transaction, form_key: str, slot: int) -> str:
    """What was said of the photo that was in it."""
    for photo in photos.of_form(tx, form_key):
        if photo.slot == slot:
            tx.remove(photo)
            tx.session.flush()
            return photo.alt
    return ""


def take_out(mailbag: Mailbag, form_key: str, slot: int) -> None:
    with mailbag.database.write() as tx:
        _empty_slot(tx, form_key, slot)


def describe(mailbag: Mailbag, form_key: str, words: dict[int, str]) -> None:
    """What each photo shows, by slot."""
    with mailbag.database.write() as tx:
        for photo in photos.of_form(tx, form_key):
            photo.alt = clean_line(words.get(photo.slot, photo.alt))[:LONGEST_ALT]


def attach(tx: Transaction, question: Question, form_key: str) -> None:
    """The letter is posted: its photos are the question's now, each in the place of what it had in this slot before."""
    new = {photo.slot: photo for photo in photos.of_form(tx, form_key)}
    for photo in question.photos if new else ():
        if photo.slot in new:
            tx.remove(photo)
    for photo in new.values():
        photo.form_key, photo.question_id = None, question.id


def approve(mailbag: Mailbag, photo_id: int, *, by: str) -> None:
    """An editor looked at it: it is shown with its letter. Raises NotFound."""
    with mailbag.database.write() as tx:
        photo, question = _attached(tx, photo_id)
        if not photo.is_approved:
            photo.approved_at, photo.approved_by = mailbag.clock(), by
            record(question, Action.APPROVE_PHOTO, at=mailbag.clock(), actor=f"editor {by}", detail=photo.alt)


def refuse(mailbag: Mailbag, photo_id: int, *, by: str) -> None:
    """An editor takes it out, also one that was approved; nothing of it is kept. Raises NotFound."""
    with mailbag.database.write() as tx:
        photo, question = _attached(tx, photo_id)
        record(question, Action.REMOVE_PHOTO, at=mailbag.clock(), actor=f"editor {by}", detail=photo.alt)
        tx.remove(photo)


def _attached(tx: Transaction, photo_id: int) -> tuple[Photo, Question]:
    photo = photos.by_id(tx, photo_id)
    question = questions.by_id(tx, photo.question_id) if photo is not None and photo.question_id else None
    if photo is None or question is None:
        raise NotFound("no such photo")
    return photo, question


def remove_all(tx: Transaction, question: Question) -> None:
    """The letter will not be printed, or no more."""
    for photo in question.photos:
        tx.remove(photo)


def clear_away(mailbag: Mailbag, at: datetime) -> int:
    """What no letter needs any more; how many."""
    with mailbag.database.write() as tx:
        found = photos.to_clear_away(tx, at - TIME_TO_POST)
        for photo in found:
            tx.remove(photo)
        return len(found)
