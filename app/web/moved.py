"""Addresses of the column's former home: whoever still has one is led to the letter."""

from typing import Any

from flask import Flask, redirect, request
from werkzeug.exceptions import NotFound

from app.domain.moved import path_of
from app.store import moved
from app.web.pages import http_error, the_mailbag

KEY = "p"  # "/?p=12", the short address of a post in a blog


def prepare(app: Flask) -> None:
    """Asked only where nothing else answers: a page of ours always comes first."""
    app.register_error_handler(NotFound, _moved_or_gone)

    @app.before_request
    def lead_short_addresses() -> Any:
        if request.path != "/" or KEY not in request.args:
            return None
        return _to(_page_once_at(path_of(f"/?{KEY}={request.args[KEY]}")))


def _moved_or_gone(error: NotFound) -> Any:
    return _to(_page_once_at(path_of(request.path))) or http_error(error)


def _page_once_at(path: str) -> str | None:
    """Where the letter is today that stood at this path. A withdrawn letter's page says why it is gone."""
    if not path or request.method not in ("GET", "HEAD"):
        return None
    with the_mailbag().database.read() as tx:
        question = moved.letter_once_at(tx, path)
        return question.path if question is not None else None


def _to(path: str | None) -> Any:
    return redirect(path, 301) if path is not None else None
