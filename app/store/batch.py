"""Many rows as one parameter: JSON that the database takes apart. A statement then costs once, and not once a row."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, bindparam, cast, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Rows(FunctionElement[Any]):
    """The elements of a JSON list, as rows with a column `value`."""

    inherit_cache = True


class _Cell(FunctionElement[str]):
    """One element of such a `value`."""

    inherit_cache = True
    type = Text()


@compiles(_Rows, "sqlite")
def _(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Rows, "postgresql")
def _(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS json))"


@compiles(_Cell, "sqlite")
def _(element: _Cell, compiler: SQLCompiler, **kw: Any) -> str:
    value, position = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"json_extract({value}, '$[' || {position} || ']')"  # ->> needs SQLite 3.38


@compiles(_Cell, "postgresql")
def _(element: _Cell, compiler: SQLCompiler, **kw: Any) -> str:
    value, position = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({value} ->> {position})"


class BatchTable:
    """A table of numbers and texts in a statement: the rows of its parameter `batch`, which `as_batch` makes."""

    def __init__(self) -> None:
        elements = _Rows(bindparam("batch", type_=Text)).table_valued("value")
        # a limit that PostgreSQL cannot foresee: it expects few rows, looks each up by its key, and keeps the plan
        most = select(literal_column("1000000", Integer)).scalar_subquery()
        self._value = select(elements.c.value).limit(most).subquery().c.value

    def number(self, position: int) -> ColumnElement[int]:
        return cast(_Cell(self._value, literal_column(str(position), Integer)), BigInteger)

    def text(self, position: int) -> ColumnElement[str]:
        return _Cell(self._value, literal_column(str(position), Integer))


def as_batch(rows: Iterable[Sequence[int | str]]) -> str:
    """The parameter `batch` of a statement with a BatchTable."""
    return json.dumps([list(row) for row in rows])
