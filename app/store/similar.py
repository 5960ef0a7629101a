"""Printed letters that ask what a new one asks, for whoever is about to post it."""

from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from app.domain.likeness import LEAST_LIKENESS, likeness, rarity, telling
from app.domain.question import Question, QuestionState
from app.store import archive
from app.store import tables as t
from app.store.base import Transaction

MOST = 3
_MOST_ASKED = 10  # of the rarest words; who shares none of them asks something else
_MOST_CANDIDATES = 30


def similar(tx: Transaction, text: str, most: int = MOST) -> list[Question]:
    """The likest first; none where none is like enough."""
    asked = telling(text)
    having = _letters_having(tx, asked)
    rarest = sorted((stem for stem in asked if having[stem]), key=lambda stem: having[stem])[:_MOST_ASKED]
    if len(rarest) < 2:
        return []
    total = archive.count(tx)

    def weight(stem: str) -> float:
        return rarity(total, having.get(stem, 0))

    ids = _candidates(tx, rarest)
    letters = tx.session.execute(select(t.question.c.id, t.question.c.text).where(t.question.c.id.in_(ids)))
    ranked = sorted(((likeness(asked, telling(row.text), weight), row.id) for row in letters), reverse=True)
    return archive.by_ids(tx, [row_id for alike, row_id in ranked[:most] if alike >= LEAST_LIKENESS])


def _letters_having(tx: Transaction, asked: dict[str, str]) -> dict[str, int]:
    """In how many printed letters each of these words stands; 0 for one that nobody has used."""
    known = t.indexed_word.c
    forms = {*asked, *asked.values()}
    rows = tx.session.execute(select(known.word, known.letters).where(known.word.in_(forms)))
    letters = {row.word: row.letters for row in rows}
    return {stem: max(letters.get(word, 0), letters.get(stem, 0)) for stem, word in asked.items()}


def _candidates(tx: Transaction, stems: list[str]) -> list[int]:
    """Letters that have any of these stems, those with most of the rare ones first."""
    key, match, rank = _index(tx, stems)
    letters = table(t.LETTER_INDEX).join(t.question, t.question.c.id == key)
    query = select(t.question.c.id).select_from(letters).where(match, t.question.c.state == QuestionState.PUBLISHED)
    return list(tx.session.scalars(query.order_by(rank.desc(), t.question.c.id.desc()).limit(_MOST_CANDIDATES)))


def _index(tx: Transaction, stems: list[str]) -> tuple[ColumnElement[Any], ColumnElement[bool], ColumnElement[Any]]:
    """The letter's id, whether it has any, and how well it fits. Stems are letters and digits alone."""
    if tx.session.get_bind().dialect.name == "sqlite":
        any_of = " OR ".join(f'"{stem}"' for stem in stems)
        match = literal_column("letter_index").op("match", is_comparison=True)(any_of)
        return literal_column("letter_index.rowid"), match, literal_column("-bm25(letter_index, 2.0, 1.0)")
    terms: ColumnElement[Any] = literal_column("letter_index.terms")
    wanted = cast(" | ".join(f"'{stem}'" for stem in stems), TSQUERY)
    rank = cast(func.ts_rank(terms, wanted, 1), Double)
    return literal_column("letter_index.question_id"), terms.op("@@", is_comparison=True)(wanted), rank
