"""Search over what is printed: FTS5 on SQLite, tsvector on PostgreSQL, one interface. No text is a syntax error."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Double, Row, Select, cast, func, literal_column, or_, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from app.domain.people import Expert, Topic
from app.domain.question import Question, QuestionState
from app.domain.words import Wanted, is_prefix, nearest, read_query
from app.store import archive
from app.store import tables as t
from app.store.base import Transaction

PAGE_SIZE = 10
MOST_RANKED = 5_000  # a word that more letters have is ranked and counted among the newest of them
_MOST_NEIGHBOURS = 2_000


@dataclass(frozen=True)
class Found:
    """One page of hits, how many there are in all, and where the next page begins."""

    wanted: Wanted
    hits: list[Question] = field(default_factory=list)
    count: int = 0
    is_more: bool = False  # than `count`: only so many are ranked
    next: str | None = None
    topics: list[tuple[Topic, int]] = field(default_factory=list)
    experts: list[tuple[Expert, int]] = field(default_factory=list)
    years: list[tuple[int, int]] = field(default_factory=list)
    meant: str | None = None  # what was perhaps meant, where nothing was found


def search(
    tx: Transaction,
    query: str,
    *,
    topic: Topic | None = None,
    expert: Expert | None = None,
    year: int | None = None,
    newest: bool = False,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Found:
    """Letters that have all words of `query`, the best match or the newest first. `after` is a page's `next`."""
    wanted = read_query(query)
    if not wanted.stems:
        return Found(wanted)
    filters = _filters(topic, expert, year)
    rows = list(tx.session.execute(_candidates(tx, wanted, filters)))
    if not rows:
        return Found(wanted, meant=_meant(tx, wanted))
    if newest:
        ids, following = _newest(tx, wanted, filters, after, size)
    else:
        ids, following = _best(rows, after, size)
    return Found(
        wanted,
        hits=archive.by_ids(tx, ids),
        count=min(len(rows), MOST_RANKED),
        is_more=len(rows) > MOST_RANKED,
        next=following,
        topics=_named(tx, Topic, Counter(row.topic_id for row in rows)),
        experts=_named(tx, Expert, Counter(row.expert_id for row in rows)),
        years=sorted(Counter(row.published_on.year for row in rows).items(), reverse=True),
    )


def _filters(topic: Topic | None, expert: Expert | None, year: int | None) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = [t.question.c.state == QuestionState.PUBLISHED]
    if topic is not None:
        filters.append(t.question.c.topic_id == topic.id)
    if expert is not None:
        filters.append(t.answer.c.expert_id == expert.id)
    if year is not None:
        filters.append(t.question.c.published_on.between(date(year, 1, 1), date(year, 12, 31)))
    return filters


@dataclass(frozen=True)
class _Index:
    """How one database asks its index: the letter's id, the condition, and the rank, the best one highest."""

    key: ColumnElement[Any]
    match: ColumnElement[bool]
    rank: ColumnElement[Any]


def _index(tx: Transaction, wanted: Wanted) -> _Index:
    if tx.session.get_bind().dialect.name == "sqlite":
        return _Index(
            literal_column("letter_index.rowid"),
            literal_column("letter_index").op("match", is_comparison=True)(fts5(wanted)),
            literal_column("-bm25(letter_index, 2.0, 1.0)"),
        )
    terms: ColumnElement[Any] = literal_column("letter_index.terms")
    query = cast(tsquery(wanted), TSQUERY)
    # 1: long letters have every word, so their length counts against them
    rank = cast(func.ts_rank(terms, query, 1), Double)
    return _Index(literal_column("letter_index.question_id"), terms.op("@@", is_comparison=True)(query), rank)


def _matching(index: _Index, filters: list[ColumnElement[bool]], *columns: Any) -> Select[Any]:
    letters = table(t.LETTER_INDEX).join(t.question, t.question.c.id == index.key)
    letters = letters.join(t.answer, t.answer.c.question_id == t.question.c.id)
    return select(*columns).select_from(letters).where(index.match, *filters)


def _candidates(tx: Transaction, wanted: Wanted, filters: list[ColumnElement[bool]]) -> Select[Any]:
    index = _index(tx, wanted)
    columns = (t.question.c.id, t.question.c.topic_id, t.answer.c.expert_id, t.question.c.published_on)
    query = _matching(index, filters, *columns, index.rank.label("rank"))
    return query.order_by(index.key.desc()).limit(MOST_RANKED + 1)


def _best(rows: list[Row[Any]], after: str | None, size: int) -> tuple[list[int], str | None]:
    places = sorted(((row.rank, row.id) for row in rows[:MOST_RANKED]), reverse=True)
    since = _rank_and_id(after)
    page = list(islice((place for place in places if since is None or place < since), size + 1))
    following = f"{page[size - 1][0]!r}_{page[size - 1][1]}" if len(page) > size else None
    return [row_id for _, row_id in page[:size]], following


def _rank_and_id(place: str | None) -> tuple[float, int] | None:
    rank, _, row_id = (place or "").partition("_")
    try:
        found = float(rank), int(row_id)
    except ValueError:
        return None
    return found if isfinite(found[0]) else None


def _newest(
    tx: Transaction, wanted: Wanted, filters: list[ColumnElement[bool]], after: str | None, size: int
) -> tuple[list[int], str | None]:
    query = _matching(_index(tx, wanted), filters, t.question.c.id, t.question.c.published_on)
    query = archive.newest_first(query, after).limit(size + 1)
    page = tx.session.execute(query).all()
    last = page[size - 1] if len(page) > size else None
    return [row.id for row in page[:size]], f"{last.published_on}.{last.id}" if last else None


def _named(tx: Transaction, kind: type[Any], counts: Counter[int]) -> list[tuple[Any, int]]:
    return [(tx.session.get(kind, row_id), number) for row_id, number in counts.most_common(12)]


def _meant(tx: Transaction, wanted: Wanted) -> str | None:
    """The query with each word that no letter has changed to the nearest one; None where that changes nothing."""
    meant = [_nearest(tx, word) for word in wanted.folded]
    return " ".join(meant) if tuple(meant) != wanted.folded else None


def _nearest(tx: Transaction, word: str) -> str:
    known = t.indexed_word.c.word
    if len(word) < 3 or tx.session.scalar(select(known).where(known == word)) is not None:
        return word
    first = [known.between(letter, letter + "\uffff") for letter in set(word[:2])]
    query = (
        select(known, t.indexed_word.c.letters)
        .where(or_(*first), func.length(known).between(len(word) - 2, len(word) + 2))
        .order_by(t.indexed_word.c.letters.desc())
        .limit(_MOST_NEIGHBOURS)
    )
    return nearest(word, [(row[0], row[1]) for row in tx.session.execute(query)]) or word


def fts5(wanted: Wanted) -> str:
    """Each stem in quotes, so that none is an operator: "knee"* AND "run"."""
    return " AND ".join(f'"{stem}"{"*" if is_prefix(stem) else ""}' for stem in wanted.stems)


def tsquery(wanted: Wanted) -> str:
    return " & ".join(f"'{stem}'{':*' if is_prefix(stem) else ''}" for stem in wanted.stems)
