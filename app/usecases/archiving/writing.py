"""Writes the archive: a ZIP file of Markdown and JSON, its list of digests, and the column's signature below that.

Nothing in it is compressed and nothing bears today's date, so that the same column gives the same octets on every
machine, and a broken archive can still be read by eye.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.domain.dated import print_again, print_entry
from app.domain.people import Expert
from app.domain.question import Question, QuestionState
from app.store import archive, moved, people
from app.store.base import Transaction
from app.usecases.archiving.letters import KeptPhoto, approved_photos, as_bytes, kept
from app.usecases.archiving.sealing import ColumnKey
from app.usecases.mailbag import Mailbag

VERSION = 2  # 1 had no exchanges, pictures and notes
FORM = "mailbag archive"
MANIFEST, SEAL, COLUMN, README = "manifest.json", "manifest.sig", "column.json", "README.txt"
_BEFORE_ALL = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP file knows
_WORDS = """This is a whole column of questions and answers.

letters/    each letter as Markdown to read, and as JSON with every text that was ever printed
photos/     what askers showed with their letters, large and small
portraits/  of the experts
withdrawn/  where letters stood that were taken down, and why
column.json topics, experts, and the order of the letters
manifest.json  the SHA-256 of every file; manifest.sig signs it (Ed25519)

"mailbag import" makes the same column of it, at the same addresses. No private address is in it: askers,
subscribers and editors are not, nor any mail, nor questions that were never printed.
"""


def write_archive(mailbag: Mailbag, target: Path, key: ColumnKey, on_letter: Callable[[], None] = lambda: None) -> int:
    """Write `target` anew, in one stroke: it is the old file or the whole new one. How many letters are in it."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream, mailbag.database.read() as tx:
            letters = _write(mailbag, tx, stream, key, on_letter)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return letters


def _write(mailbag: Mailbag, tx: Transaction, stream: Any, key: ColumnKey, on_letter: Callable[[], None]) -> int:
    digests: dict[str, str] = {}
    order: list[str] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:

        def add(name: str, raw: bytes) -> None:
            digests[name] = hashlib.sha256(raw).hexdigest()
            _add(packed, name, raw)

        add(README, _WORDS.encode())
        for question in archive.once_printed(tx):
            for name, raw in _files_of(mailbag, tx, question):
                add(name, raw)
            order.append(name)
            on_letter()
        experts = archive.all_printed_experts(tx)
        for name, portrait in sorted(_portraits(experts).items()):
            add(name, portrait)
        add(COLUMN, as_bytes(_column(mailbag, tx, order, experts)))
        manifest = as_bytes({"format": FORM, "version": VERSION, "files": digests})
        _add(packed, MANIFEST, manifest)
        _add(packed, SEAL, key.seal(manifest))
    return len(order)


def _add(packed: zipfile.ZipFile, name: str, raw: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEFORE_ALL)
    entry.create_system, entry.external_attr = 3, 0o100644 << 16  # else Windows writes other octets
    packed.writestr(entry, raw)


def _files_of(mailbag: Mailbag, tx: Transaction, question: Question) -> Iterator[tuple[str, bytes]]:
    """The JSON comes last: it is what an import reads."""
    fields = as_bytes(kept(question, moved.paths_of(tx, question)))
    if question.state is QuestionState.WITHDRAWN:
        yield f"withdrawn/{question.public_id}.json", fields
        return
    for part in (question, *question.exchange):
        for photo in approved_photos(part):
            large, small = KeptPhoto(photo.public_id, photo.slot, photo.alt).files
            yield large, photo.large
            yield small, photo.small
    path = f"letters{question.path}"
    yield f"{path}.md", _markdown(mailbag, question).encode()
    yield f"{path}.json", fields


def _markdown(mailbag: Mailbag, question: Question) -> str:
    first = print_entry(name=question.public_name, topic=question.topic.name, **_printed(mailbag, question))
    later = (print_again(name=again.public_name, **_printed(mailbag, again)) for again in question.exchange)
    return "\n".join([first, *later])


def _printed(mailbag: Mailbag, part: Question) -> dict[str, str]:
    assert part.answer is not None
    assert part.published_on is not None
    day, persona = mailbag.column.print_date(part.published_on), part.answer.expert.public_name
    return {"day": day, "persona": persona, "question": part.text, "answer": part.answer.printed.text}


def _portraits(experts: Sequence[Expert]) -> dict[str, bytes]:
    return {portrait_file(one.portrait_digest): one.portrait for one in experts if one.portrait}


def portrait_file(digest: str) -> str:
    return f"portraits/{digest}.webp"


def _profile(expert: Expert) -> dict[str, str]:
    """What she says of herself in print; empty where that is nothing."""
    told = {"credentials": expert.credentials, "about": expert.about, "portrait": expert.portrait_digest}
    return {name: text for name, text in told.items() if text}


def _column(mailbag: Mailbag, tx: Transaction, order: list[str], experts: Sequence[Expert]) -> dict[str, Any]:
    """Experts in the order in which they came: their addresses on the site depend on it."""
    column = mailbag.column
    return {
        "title": column.title,
        "tagline": column.tagline,
        "persona": column.persona,
        "base_url": mailbag.links.base_url,
        "topics": [{"name": topic.name, "slug": topic.slug} for topic in people.topics(tx)],
        "experts": [expert.public_name for expert in experts],
        "profiles": {expert.public_name: told for expert in experts if (told := _profile(expert))},
        "letters": order,
    }
