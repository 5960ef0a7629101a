"""Old letters come in: `mailbag import`, with a preview, a bar while it runs, and a report."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from app.cli import restoring
from app.cli.opening import open_mailbag
from app.cli.shown import shown
from app.cli.words import CUTS, PROBLEMS

if TYPE_CHECKING:
    from app.usecases.importing import Defaults, Imported, ImportReport
    from app.usecases.importing.sources import Form
    from app.usecases.mailbag import Mailbag

FORMS = ("text", "html", "wordpress", "mbox", "csv", "json", "archive")
NAMES = ("first", "full", "none")


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", "--dry-run", "dry_run", is_flag=True, help="Show what would be imported; change nothing.")
@click.option("--format", "form", type=click.Choice(FORMS), help="What the files are; default: by their content.")
@click.option("--expert", default="", metavar="NAME", help="Who answers, where a file does not say.")
@click.option("--topic", default="", metavar="NAME", help="What about, where a file does not say.")
@click.option("--names", type=click.Choice(NAMES), default="first", help="How much of a mail's sender is printed.")
@click.option("--trust", is_flag=True, help="Import an archive that this column's key has not signed.")
def import_(
    files: tuple[Path, ...], *, dry_run: bool, form: str | None, expert: str, topic: str, names: str, trust: bool
) -> None:
    """Import old questions and answers.

    From text files, saved HTML pages, WordPress exports, mbox files, CSV, JSON, and `mailbag export --archive`.

    \b
    In text and pages each entry has this form:
      Jan 11th, 2014
      Becky asked The Guru for the following Physiotherapy Advice:
      …
      The Guru Responded:
      …
    Importing the same file again changes nothing; one that was stopped goes on where it was.
    docs/import-export.md shows every form.
    """
    from app.usecases.importing import Defaults, Names
    from app.usecases.importing.sources import Form

    mailbag = open_mailbag()
    defaults = Defaults(expert, topic, Names(names))
    failed = 0
    for path in files:
        with path.open("rb") as stream:
            chosen = Form(form) if form else _form_of(stream, path)
            if chosen is Form.ARCHIVE:
                failed += restoring.restore(mailbag, stream, path, dry_run=dry_run, trust=trust)
                continue
            report = _import(mailbag, stream, path, chosen, defaults, dry_run=dry_run)
        click.echo(_summary(path, report, dry_run=dry_run))
        failed += len(report.skipped)
    if failed:
        sys.exit(1)


def _form_of(stream: BinaryIO, path: Path) -> "Form":
    from app.usecases.importing.sources import form_of

    head = stream.read(8192)
    stream.seek(0)
    return form_of(head, path.suffix)


def _import(
    mailbag: "Mailbag", stream: BinaryIO, path: Path, form: "Form", defaults: "Defaults", *, dry_run: bool
) -> "ImportReport":
    from app.usecases.importing import import_letters
    from app.usecases.importing.sources import PASSES, letters_in

    with _bar(path, path.stat().st_size * PASSES.get(form, 1)) as advance:
        letters = letters_in(_Watched(stream, advance), form, defaults, mailbag.column)  # type: ignore[arg-type]
        return import_letters(mailbag, letters, dry_run=dry_run, show=_show if dry_run else None)


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, stream: BinaryIO, advance: Any) -> None:
        self._stream, self._advance = stream, advance

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._advance(len(piece))
        return piece

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def readline(self, size: int = -1) -> bytes:
        line = self._stream.readline(size)
        self._advance(len(line))
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _bar(path: Path, length: int) -> Iterator[Any]:
    """On a terminal only: what a program reads stays a report."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=path.name, file=sys.stderr, update_min_steps=1 << 16) as bar:
        yield bar.update


def _show(item: "Imported") -> None:
    head = f"{item.letter.on}  {item.public_name} asked {item.persona} for the following {item.topic}:"
    later = [
        text
        for one in item.later
        for text in (f"{one.on}  {item.public_name} wrote again:", one.question, "—", one.answer)
    ]
    texts = [f"    {line}" for text in (item.question, "—", item.answer, *later) for line in text.split("\n")]
    cut = [f"    (left out: {CUTS[kind]}, {number})" for kind, number in item.letter.cut.items()]
    click.echo("\n".join([head if item.is_new else f"{head}  (already there)", *texts, *cut, ""]))


def _summary(path: Path, report: "ImportReport", *, dry_run: bool) -> str:
    verb = "would be imported" if dry_run else "imported"
    lines = [f"{path}: {report.new} {verb}, {report.known} already there, {len(report.skipped)} not readable"]
    if report.cut:
        cut = "; ".join(f"{CUTS[kind]}, {number}" for kind, number in sorted(report.cut.items()))
        lines.append(f"{path}: left out: {cut}")
    if pages := sum(bad.problem == "not-a-post" for bad in report.skipped):
        lines.append(f"{path}: {pages} of these are pages or other items, and no posts")
    for bad in report.skipped:
        named = f" “{shown(bad.place.item)}”" if bad.place.item else ""
        lines.append(f"{path}:{bad.place.line}:{named} {PROBLEMS[bad.problem]}")
    return "\n".join(lines)
