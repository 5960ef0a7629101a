"""Replies: one shown as it is read, the stored ones read again."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.opening import open_mailbag
from app.cli.shown import shown

if TYPE_CHECKING:
    from app.mail.reply import Reply
    from app.usecases.rereading import Change

MOST_WORDS = 40  # of a change that are shown


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
        click.secho(shown(segment.text.rstrip("\n")), fg=color)
    for part in reply.attachments:
        click.secho(
            shown(f"── not printed: {part.name or 'an attachment'}, {part.content_type}, {part.size} bytes"),
            fg="yellow",
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
        lines += [f"  {mark} {shown(' '.join(words[:MOST_WORDS]))}{more}"] if words else []
    return "\n".join(lines)
