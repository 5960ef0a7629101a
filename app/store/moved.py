"""Queries about addresses that letters had elsewhere."""

from sqlalchemy import select

from app.domain.moved import OldAddress
from app.domain.question import Question
from app.store import tables as t
from app.store.base import Transaction


def remember(tx: Transaction, path: str, question: Question) -> bool:
    """Lead this path to the question. False where it leads to another one already."""
    known = tx.session.scalar(select(OldAddress).where(t.old_address.c.path == path))
    if known is None:
        assert question.id is not None
        tx.add(OldAddress(path=path, question_id=question.id))
        return True
    return known.question_id == question.id


def letter_once_at(tx: Transaction, path: str) -> Question | None:
    """The letter, printed or withdrawn, that stood at this path."""
    query = (
        select(Question)
        .join(t.old_address, t.old_address.c.question_id == t.question.c.id)
        .where(t.old_address.c.path == path, t.question.c.published_on.is_not(None))
    )
    return tx.session.scalar(query)


def paths_of(tx: Transaction, question: Question) -> list[str]:
    query = select(t.old_address.c.path).where(t.old_address.c.question_id == question.id)
    return list(tx.session.scalars(query.order_by(t.old_address.c.path)))


def everything(tx: Transaction) -> list[tuple[str, Question]]:
    """Every old path, and the letter, printed or withdrawn, that it leads to."""
    query = (
        select(t.old_address.c.path, Question)
        .join(t.question, t.old_address.c.question_id == t.question.c.id)
        .where(t.question.c.published_on.is_not(None))
        .order_by(t.old_address.c.path)
    )
    return [(path, question) for path, question in tx.session.execute(query)]
