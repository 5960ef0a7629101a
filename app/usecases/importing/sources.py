"""Which form a file is of: by its first bytes, else by its name."""

import re
from dataclasses import replace
from enum import StrEnum
from typing import BinaryIO

from app.domain.column import Column
from app.usecases.importing.dated_pages import read_page_file, read_text_file
from app.usecases.importing.letters import Defaults, Letters
from app.usecases.importing.listed import read_list
from app.usecases.importing.posts import read_wordpress
from app.usecases.importing.table import read_table
from app.usecases.importing.threads import read_mailbox


class Form(StrEnum):
    TEXT = "text"
    PAGE = "html"
    WORDPRESS = "wordpress"
    MAILBOX = "mbox"
    TABLE = "csv"
    LIST = "json"
    ARCHIVE = "archive"


PASSES = {Form.MAILBOX: 2, Form.TABLE: 2}  # how often the file is read
_BY_SUFFIX = {
    ".html": Form.PAGE,
    ".htm": Form.PAGE,
    ".xml": Form.WORDPRESS,
    ".mbox": Form.MAILBOX,
    ".csv": Form.TABLE,
    ".tsv": Form.TABLE,
    ".json": Form.LIST,
    ".jsonl": Form.LIST,
    ".zip": Form.ARCHIVE,
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MAILBOX = re.compile(rb"From \S+ .*\d{4}\r?\n")


def form_of(head: bytes, suffix: str) -> Form:
    """`head` is how the file begins."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    if head.startswith(_ZIP):
        return Form.ARCHIVE
    if _MAILBOX.match(head):
        return Form.MAILBOX
    if b"<rss" in start and start.startswith((b"<?xml", b"<rss", b"<!DOCTYPE rss", b"<!--")):
        return Form.WORDPRESS
    return _BY_SUFFIX.get(suffix.lower(), Form.TEXT)


def letters_in(stream: BinaryIO, form: Form, defaults: Defaults, column: Column) -> Letters:
    """What nobody said is the column's own."""
    given = Defaults(
        persona=defaults.persona or column.persona,
        topic=defaults.topic or f"General {column.noun}".strip(),
        names=defaults.names,
    )
    match form:
        case Form.PAGE:
            return read_page_file(stream)
        case Form.WORDPRESS:
            return read_wordpress(stream, replace(given, persona=defaults.persona), column.persona)
        case Form.MAILBOX:
            return read_mailbox(stream, given, column)
        case Form.TABLE:
            return read_table(stream, given)
        case Form.LIST:
            return read_list(stream, given)
        case _:
            return read_text_file(stream)
