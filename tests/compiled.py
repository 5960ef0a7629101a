"""Statements that another test has compiled already: SQLAlchemy keeps them by dialect, and each engine has its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Dialect, Engine, create_engine

_DIALECTS: dict[str, Dialect] = {}
_COMPILED: dict[Any, Any] = {}


@contextmanager
def compiled_once() -> Iterator[None]:
    """The engines that are made in here share their dialect and what it compiled."""
    with patch("app.store.base.create_engine", _create):
        yield


def _create(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options, execution_options={"compiled_cache": _COMPILED})
    engine.dialect = _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    return engine
