"""Queries about photos."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.domain.photo import Photo
from app.domain.question import QuestionState
from app.store import tables as t
from app.store.base import Transaction

_PHOTO: Any = Photo  # the mapper adds what the type checker cannot see
_GONE = (QuestionState.DECLINED, QuestionState.WITHDRAWN, QuestionState.EXPIRED)


def by_id(tx: Transaction, photo_id: int) -> Photo | None:
    return tx.session.get(Photo, photo_id)


def of_form(tx: Transaction, form_key: str) -> list[Photo]:
    """Put in with a form whose letter is not posted yet, with their small pictures."""
    query = select(Photo).where(t.photo.c.form_key == form_key).order_by(t.photo.c.slot)
    return list(tx.session.scalars(query.options(undefer(_PHOTO.small))))


def printed(tx: Transaction, public_id: str) -> Photo | None:
    """Approved, with a letter that is printed; no other photo has an address."""
    query = (
        select(Photo)
        .join(t.question, t.question.c.id == t.photo.c.question_id)
        .where(t.photo.c.public_id == public_id, t.photo.c.approved_at.is_not(None))
        .where(t.question.c.state == QuestionState.PUBLISHED)
    )
    return tx.session.scalar(query)


def waiting(tx: Transaction) -> int:
    """How many belong to no letter yet."""
    return tx.session.scalar(select(func.count()).where(t.photo.c.question_id.is_(None))) or 0


def to_clear_away(tx: Transaction, before: datetime, limit: int = 200) -> list[Photo]:
    """Put in before this time with a form that was never posted, or with a letter that is printed no more."""
    is_left = t.photo.c.question_id.is_(None) & (t.photo.c.made_at < before)
    gone = select(t.question.c.id).where(t.question.c.id == t.photo.c.question_id, t.question.c.state.in_(_GONE))
    return list(tx.session.scalars(select(Photo).where(is_left | gone.exists()).limit(limit)))
