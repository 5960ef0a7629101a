"""Printed letters like one that is being typed, for the form's script.

Asked by POST, though nothing is changed: what is not posted yet belongs in no log of addresses.
"""

from collections import OrderedDict
from threading import Lock
from typing import Any

from flask import current_app, request

from app.domain.letter import LONGEST_TEXT, opening
from app.domain.likeness import telling
from app.store import index
from app.store.base import Transaction
from app.store.similar import similar
from app.web.ask import blueprint
from app.web.origin import is_too_fast
from app.web.pages import the_mailbag

__all__ = ["blueprint"]  # the form's own, with this on it

MOST_KEPT = 256
Answer = list[dict[str, str]]


class Answers:
    """The newest answers of this process, by the edition and the words that say something; thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Answer] = OrderedDict()
        self._lock = Lock()

    def find(self, key: object) -> Answer | None:
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: object, answer: Answer) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


@blueprint.post("/ask/similar")
def look() -> Any:
    headers = {"Cache-Control": "no-store"}
    if is_too_fast("looks"):
        return {"letters": []}, 429, headers
    answers: Answers = current_app.extensions.setdefault("mailbag_similar", Answers())
    text = request.form.get("text", "")[:LONGEST_TEXT]
    with the_mailbag().database.read() as tx:
        key = index.edition(tx.session), tuple(telling(text))
        found = answers.find(key)
        if found is None:
            found = _look(tx, text)
            answers.keep(key, found)
    return {"letters": found}, 200, headers


def _look(tx: Transaction, text: str) -> Answer:
    return [
        {
            "id": question.public_id,
            "path": question.path,
            "opening": opening(question.text),
            "by": f"{question.public_name}, {question.published_on:%Y}",
        }
        for question in similar(tx, text)
    ]
