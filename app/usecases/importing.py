"""Bring an old column in: dated questions and answers from text or saved HTML pages, once and for all."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from app.domain.dated import Entry, Unreadable, read_entries
from app.domain.event import Action, record
from app.domain.letter import clean_line, clean_text, slug
from app.domain.question import Answer, Question, QuestionState
from app.mail.reply import html_to_text, unwrap
from app.store import people, questions
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag, random_id

_ARTICLE = re.compile(r"<article\b.*?</article\s*>", re.IGNORECASE | re.DOTALL)
_MAIN = re.compile(r"<main\b.*?</main\s*>", re.IGNORECASE | re.DOTALL)
_AROUND = re.compile(r"<(nav|header|footer|aside|form)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Imported:
    """One entry as it was, or would be, stored."""

    entry: Entry
    question: str
    answer: str
    is_new: bool


@dataclass
class ImportReport:
    """What one file gave."""

    imported: list[Imported] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def new(self) -> int:
        return sum(1 for item in self.imported if item.is_new)


def import_text(mailbag: Mailbag, text: str, *, is_html: bool, dry_run: bool = False) -> ImportReport:
    """Store every entry that is not there yet; all entries of a file, or with an error none.

    Hard-wrapped texts become flowing paragraphs. The same file again changes nothing.
    """
    entries, unreadable = read_entries(html_to_text(content_of(text)) if is_html else text)
    report = ImportReport(unreadable=unreadable)
    transaction = mailbag.database.read if dry_run else mailbag.database.write
    with transaction() as tx:
        seen: set[str] = set()
        for entry in entries:
            report.imported.append(_import(tx, entry, seen, dry_run=dry_run))
    return report


def content_of(page: str) -> str:
    """A saved page without what stands around its letters: its articles, or its main part, or what is left."""
    parts = [match[0] for match in _ARTICLE.finditer(page)] or [match[0] for match in _MAIN.finditer(page)]
    return "\n".join(parts) if parts else _AROUND.sub("", page)


def _import(tx: Transaction, entry: Entry, seen: set[str], *, dry_run: bool) -> Imported:
    question_text, answer_text = clean_text(unwrap(entry.question)), clean_text(unwrap(entry.answer))
    key = _key(entry)
    is_new = key not in seen and questions.by_form_key(tx, key) is None
    seen.add(key)
    if is_new and not dry_run:
        _store(tx, entry, key, question_text, answer_text)
    return Imported(entry, question_text, answer_text, is_new)


def _key(entry: Entry) -> str:
    """The same letter has the same key, whatever its line ends and spaces."""
    words = f"{entry.on} {entry.public_name} {entry.topic} {entry.question}".casefold().split()
    return f"import:{hashlib.sha256(' '.join(words).encode()).hexdigest()}"


def _store(tx: Transaction, entry: Entry, key: str, question_text: str, answer_text: str) -> None:
    at = datetime.combine(entry.on, time(12), UTC)  # noon: the same day in nearly every time zone
    expert = people.expert_named(tx, clean_line(entry.persona))
    question = Question(
        public_id=random_id(6),
        public_name=clean_line(entry.public_name),
        topic=people.topic_named(tx, clean_line(entry.topic)),
        text=question_text,
        made_at=at,
        form_key=key,
        fingerprint=None,
        state=QuestionState.PUBLISHED,
        published_at=at,
        published_on=entry.on,
        slug=slug(question_text),
    )
    answer = Answer(question=question, expert=expert)
    revision = answer.revise(answer_text, author="import", at=at)
    revision.approved_at, revision.approved_by, revision.published_at = at, "import", at
    record(question, Action.IMPORT, at=at, actor="mailbag")
    tx.add(question)
