"""The photos of the form: taken in with whatever else was typed, so that no other slip costs anybody an upload."""

import base64
from dataclasses import dataclass

from flask import request

from app.domain.letter import Problem
from app.domain.photo import MOST_PHOTOS, Photo
from app.store import photos
from app.usecases import photographing
from app.web.pages import the_mailbag

SLOTS = range(1, MOST_PHOTOS + 1)


@dataclass(frozen=True)
class Enclosed:
    """One photo as the form and the preview show it, and nobody else: its picture is in the page itself."""

    slot: int
    alt: str
    source: str
    width: int
    height: int


def take_in(form_key: str) -> dict[str, Problem]:
    """What was chosen, dropped and said of photos in this post; the problem of each field that has one."""
    mailbag = the_mailbag()
    problems: dict[str, Problem] = {}
    for slot in SLOTS:
        file = request.files.get(f"photo{slot}")
        if f"drop{slot}" in request.form:
            photographing.take_out(mailbag, form_key, slot)
        elif file is not None and file.filename:
            problem = photographing.keep(mailbag, form_key, slot, file.read())
            problems |= {f"photo{slot}": problem} if problem else {}
    return _without_words(form_key) | problems


def _without_words(form_key: str) -> dict[str, Problem]:
    mailbag = the_mailbag()
    if not _kept(form_key):
        return {}
    words = {slot: request.form[f"alt{slot}"] for slot in SLOTS if f"alt{slot}" in request.form}
    if words:
        photographing.describe(mailbag, form_key, words)
    return {f"alt{photo.slot}": Problem.PHOTO_WITHOUT_WORDS for photo in _kept(form_key) if not photo.alt}


def _kept(form_key: str) -> list[Photo]:
    with the_mailbag().database.read() as tx:
        return photos.of_form(tx, form_key)


def enclosed(form_key: str) -> dict[int, Enclosed]:
    """By slot."""
    return {
        photo.slot: Enclosed(photo.slot, photo.alt, _in_page(photo), photo.width, photo.height)
        for photo in (_kept(form_key) if form_key else [])
    }


def _in_page(photo: Photo) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(photo.small).decode()
