"""Letters in the dated form of the column: text files, and web pages that somebody saved."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from app.domain.dated import Entry, Later, read_date, read_entries
from app.mail.reply import html_to_text, unwrap
from app.usecases.importing.letters import (
    ImportedFollowUp,
    ImportedLetter,
    Letters,
    Place,
    Problem,
    Skipped,
    key_by_words,
)

LARGEST = 64 * 1024 * 1024  # octets; these forms are read as a whole

# How elements begin; the group is their name.
_ARTICLE = re.compile(r"<(article)\b", re.IGNORECASE)
_MAIN = re.compile(r"<(main)\b", re.IGNORECASE)
_AROUND = re.compile(r"<(nav|header|footer|aside|form)\b", re.IGNORECASE)
# Of an article too: pictures that hold letters, buttons, and what a page (ours as well) says is not for print.
_NO_WORDS = re.compile(
    r"<(nav|footer|form|svg|button)\b|<(p)\b[^>]{0,500}\bclass=\"[^\"]{0,500}\bnoprint\b", re.IGNORECASE
)
_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical[\"']?[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"\bhref=[\"']?([^\"'\s>]+)", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->", re.IGNORECASE)  # browsers write it
_HEADING = re.compile(r"(?: asked .*:|\bresponded:| wrote again:)$", re.IGNORECASE)


def read_text_file(stream: BinaryIO) -> Letters:
    raw = stream.read(LARGEST + 1)
    yield from _too_large() if len(raw) > LARGEST else read_text(decoded(raw))


def read_page_file(stream: BinaryIO) -> Letters:
    raw = stream.read(LARGEST + 1)
    yield from _too_large() if len(raw) > LARGEST else read_page(decoded(raw))


def _too_large() -> Letters:
    yield Skipped(Place(1), Problem.ONLY_STREAMED)


def decoded(raw: bytes) -> str:
    """Old files are UTF-8 or come from Windows."""
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def read_text(text: str, old_address: str = "") -> Letters:
    """Hard-wrapped texts become flowing paragraphs."""
    entries, unreadable = read_entries(text)
    yield from (letter_of(entry, (old_address,) if old_address and len(entries) == 1 else ()) for entry in entries)
    yield from (Skipped(Place(bad.line), bad.problem, bad.text) for bad in unreadable)


def read_page(page: str) -> Letters:
    """A page of one letter leaves its old address behind; of several, none of them has it alone."""
    yield from read_text(plain_headings(html_to_text(content_of(page))), address_of(page))


def letter_of(entry: Entry, old_addresses: tuple[str, ...] = ()) -> ImportedLetter:
    return ImportedLetter(
        place=Place(entry.line),
        key=key_by_words(entry.on, entry.public_name, entry.topic, entry.question),
        on=entry.on,
        public_name=entry.public_name,
        persona=entry.persona,
        topic=entry.topic,
        question=unwrap(entry.question),
        answer=unwrap(entry.answer),
        old_addresses=old_addresses,
        later=tuple(_follow_up(entry, one) for one in entry.later),
    )


def _follow_up(entry: Entry, later: Later) -> ImportedFollowUp:
    return ImportedFollowUp(
        key=key_by_words(later.on, entry.public_name, entry.topic, later.question),
        on=later.on,
        persona=later.persona,
        question=unwrap(later.question),
        answer=unwrap(later.answer),
    )


def content_of(page: str) -> str:
    """A saved page without what stands around its letters: its articles, or its main part, or what is left."""
    spans = list(_elements(page, _ARTICLE)) or list(_elements(page, _MAIN))
    parts = "\n".join(page[start:end] for start, end in spans)
    return _without(parts, _NO_WORDS) if parts else _without(page, _AROUND)


def _elements(html: str, beginning: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where each one begins and ends, none in another. What never ends is none, and is looked through once."""
    at, endless = 0, set[str]()
    while (found := beginning.search(html, at)) is not None:
        name, at = str(found[found.lastindex or 0]).lower(), found.end()
        end = None if name in endless else re.compile(rf"</{name}\s*>", re.IGNORECASE).search(html, at)
        if end is None:
            endless.add(name)
        else:
            at = end.end()
            yield found.start(), at


def _without(html: str, beginning: re.Pattern[str]) -> str:
    kept, last = [], 0
    for start, end in _elements(html, beginning):
        kept.append(html[last:start])
        last = end
    return "".join([*kept, html[last:]])


def address_of(page: str) -> str:
    """Where a saved page stood, by its own word or by the browser's that saved it; empty where neither says."""
    link = _CANONICAL.search(page[: 64 * 1024])
    href = _HREF.search(link[0]) if link else None
    saved = _SAVED_FROM.search(page[:2048])
    return href[1] if href else saved[1] if saved else ""


def plain_headings(text: str) -> str:
    """Dates and headings that were set in bold, without the marks of it."""
    return "\n".join(_plain_heading(line) for line in text.split("\n"))


def _plain_heading(line: str) -> str:
    bare = line.strip().strip("*_#").strip()
    return bare if bare != line and (read_date(bare) or _HEADING.search(bare)) else line
