"""What another test has compiled already, as each Mailbag of a test does it anew.

SQLAlchemy keeps statements by dialect, and each engine has its own; werkzeug compiles a function for each route.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Dialect, Engine, create_engine
from werkzeug.routing import Rule

_DIALECTS: dict[str, Dialect] = {}
_COMPILED: dict[Any, Any] = {}
_BUILDERS: dict[tuple[Any, ...], Any] = {}
_compile_builder = Rule._compile_builder


@contextmanager
def compiled_once() -> Iterator[None]:
    """The engines that are made in here share their dialect and what it compiled."""
    with patch("app.store.base.create_engine", _create):
        yield


@contextmanager
def routes_compiled_once() -> Iterator[None]:
    """The apps that are made in here share the functions that build the addresses of their routes."""
    with patch.object(Rule, "_compile_builder", _builder):
        yield


def _create(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options, execution_options={"compiled_cache": _COMPILED})
    engine.dialect = _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    return engine


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    """A function of the rule's text and its defaults; its converters it finds in the rule that it is bound to."""
    key = (rule.rule, *sorted((rule.defaults or {}).items()), append_unknown)
    if key not in _BUILDERS:
        _BUILDERS[key] = _compile_builder(rule, append_unknown)
    return _BUILDERS[key]
