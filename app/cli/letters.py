"""Letters and replies: old ones imported, one shown as it is read, the stored ones read again."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.opening import open_mailbag

if TYPE_CHECKING:
    from app.mail.reply import Reply
    from app.usecases.importing import Imported, ImportReport
    from app.usecases.rereading import Change

PROBLEMS = {
    "no-entry": (
        "no entry here. An entry begins with a date such as “Jan 11th, 2014” on a line of its own, then"
        " “Becky asked The Guru for the following Physiotherapy Advice:”"
    ),
    "no-date": "no date stands above this line; write one such as “Jan 11th, 2014” on the line before it",
    "no-answer": "no “The Guru Responded:” follows this line",
    "blank": "the question or the answer below this line is blank",
}
MOST_WORDS = 40  # of a change that are shown


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be imported, and change nothing.")
def import_(files: tuple[Path, ...], *, dry_run: bool) -> None:
    """Import old questions and answers from text files or saved HTML pages.

    \b
    Each entry has this form:
      Jan 11th, 2014
      Becky asked The Guru for the following Physiotherapy Advice:
      …
      The Guru Responded:
      …
    Importing the same file again changes nothing.
    """
    from app.usecases.importing import import_text

    mailbag = open_mailbag()
    failed = 0
    for path in files:
        text = _read_text(path)
        report = import_text(mailbag, text, is_html=path.suffix.lower() in (".html", ".htm"), dry_run=dry_run)
        if dry_run:
            for item in report.imported:
                click.echo(_preview(item))
        click.echo(_summary(path, report, dry_run=dry_run))
        failed += len(report.unreadable)
    if failed:
        sys.exit(1)


def _read_text(path: Path) -> str:
    raw = path.read_bytes()
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _preview(item: "Imported") -> str:
    entry = item.entry
    head = f"{entry.on}  {entry.public_name} asked {entry.persona} for the following {entry.topic}:"
    texts = [f"    {line}" for text in (item.question, "—", item.answer) for line in text.split("\n")]
    return "\n".join([head if item.is_new else f"{head}  (already there)", *texts, ""])


def _summary(path: Path, report: "ImportReport", *, dry_run: bool) -> str:
    known = len(report.imported) - report.new
    verb = "would be imported" if dry_run else "imported"
    lines = [f"{path}: {report.new} {verb}, {known} already there, {len(report.unreadable)} not readable"]
    lines += [f"{path}:{bad.line}: {PROBLEMS[bad.problem]}" for bad in report.unreadable]
    return "\n".join(lines)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sent", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The mail that it answers.")
@click.option("--json", "as_json", is_flag=True, help="For programs: every segment with its span and reason.")
def read(file: Path, sent: Path | None, *, as_json: bool) -> None:
    """Show how a reply (an .eml file) is read: what is kept, what is cut, and why. Changes nothing."""
    from app.mail.reply import read_reply

    reply = read_reply(file.read_bytes(), sent=sent.read_bytes() if sent else None)
    if as_json:
        click.echo(json.dumps(_as_data(reply), ensure_ascii=False, indent=2))
        return
    for segment in reply.segments:
        word, color = ("kept", "green") if segment.is_published else ("cut", "red")
        click.secho(f"── {word}: {segment.kind}, {segment.reason}", fg=color, bold=True)
        click.secho(segment.text.rstrip("\n"), fg=color)
    for part in reply.attachments:
        click.secho(
            f"── not printed: {part.name or 'an attachment'}, {part.content_type}, {part.size} bytes", fg="yellow"
        )
    click.echo(
        f"{reply.outcome}: {sum(len(segment.text) for segment in reply.cut)} of {len(reply.text)} characters cut"
    )


def _as_data(reply: "Reply") -> dict[str, object]:
    return {
        "outcome": reply.outcome,
        "published": reply.published(),
        "segments": [dataclasses.asdict(segment) | {"kept": segment.is_published} for segment in reply.segments],
        "attachments": [dataclasses.asdict(part) for part in reply.attachments],
        "new_subject": reply.new_subject,
    }


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would change.")
def reparse(*, dry_run: bool) -> None:
    """Read every stored reply again with today's reader, and list what changes, worst first.

    What readers see never changes, nor what an editor has changed or approved: those are only listed. An answer that
    still waits gets a new revision that an editor has to let through, whatever the policy. Safe to run again.
    """
    from app.usecases.rereading import reread

    rereading = reread(open_mailbag(), dry_run=dry_run)
    for change in rereading.changes:
        click.echo(_changed(change))
    waiting = sum(change.is_waiting for change in rereading.changes)
    verb = "would wait" if dry_run else "wait"
    changed = len(rereading.changes)
    click.echo(f"{rereading.read} replies read again: {changed} change, of which {waiting} {verb} for an editor.")


def _changed(change: "Change") -> str:
    """One change as a few lines: which, how much of it, which words."""
    fate = "an editor decides" if change.is_waiting else "printed, stays" if change.is_printed else "stays"
    said = "today's reader can make nothing of it" if change.is_unreadable else f"{change.share:.0%} of the words"
    lines = [
        f"question {change.question_id}, revision {change.number} (reader {change.reader_version}): {said}; {fate}"
    ]
    for mark, words in (("-", change.lost), ("+", change.won)):
        more = f" … and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
        lines += [f"  {mark} {' '.join(words[:MOST_WORDS])}{more}"] if words else []
    return "\n".join(lines)
