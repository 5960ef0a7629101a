"""The `mailbag` command: what whoever runs a column does at a terminal."""

import dataclasses
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from app.config import Settings
    from app.mail.reply import Reply
    from app.usecases.importing import Imported, ImportReport
    from app.usecases.mailbag import Mailbag
    from app.usecases.rereading import Change

MOST_WORDS = 40  # of a change that are shown
DELIVERY_TAKES = 300  # seconds; after 1,000 Postfix would bounce the mail
PROBLEMS = {
    "no-entry": (
        "no entry here. An entry begins with a date such as “Jan 11th, 2014” on a line of its own, then"
        " “Becky asked The Guru for the following Physiotherapy Advice:”"
    ),
    "no-date": "no date stands above this line; write one such as “Jan 11th, 2014” on the line before it",
    "no-answer": "no “The Guru Responded:” follows this line",
    "blank": "the question or the answer below this line is blank",
}


def _name(text: str) -> str:
    """One line, as it is printed; the type of an argument."""
    from app.domain.letter import clean_line

    name = clean_line(text)
    if not 0 < len(name) <= 100:
        raise click.BadParameter("a name has 1 to 100 characters")
    return name


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run an ask-the-expert column by email.

    Settings come from the environment; `mailbag settings` lists them. A first column, step by step:

    \b
      mailbag migrate                       make or update the database
      mailbag topic add "Running Advice"    what people may ask about
      mailbag expert add "The Guru" guru@example.org
      mailbag editor add Anna anna@example.org

    Then run the web server, the worker, the clock and `mailbag doors`: docker-compose.yml shows how.
    """


def _settings(*, need_broker: bool = False) -> "Settings":
    from app.config import BadSettings, read_settings

    try:
        values = read_settings(os.environ)
        if need_broker:
            values.need_broker()
    except BadSettings as error:
        lines = "\n  ".join(error.problems)
        raise click.ClickException(f"the settings are wrong:\n  {lines}\nSee: mailbag settings") from None
    return values


def _opened() -> "Mailbag":
    """With a database that answers, whatever its version."""
    from app.bootstrap import make_mailbag

    try:
        mailbag = make_mailbag(_settings())
    except OSError as error:
        raise click.ClickException(f"{error}; check MAILBAG_DATA_DIR") from None
    if not mailbag.database.is_up():
        raise click.ClickException("the database does not answer; check MAILBAG_DATABASE_URL")
    return mailbag


def _mailbag() -> "Mailbag":
    from app.store.migrations import is_current

    mailbag = _opened()
    if not is_current(mailbag.database.engine):
        raise click.ClickException("the database has another version; run: mailbag migrate")
    return mailbag


@cli.command()
def settings() -> None:
    """List every setting, what it does, and its default."""
    from app.config import settings_help

    click.echo(settings_help())


@cli.command()
def migrate() -> None:
    """Make the database, or bring it to this version. Safe to run again."""
    from app.bootstrap import migrate as bring_up_to_date

    bring_up_to_date(_opened())
    click.echo("The database is up to date.")


@cli.command(name="import")
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

    mailbag = _mailbag()
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


@cli.command()
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


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only list what would change.")
def reparse(*, dry_run: bool) -> None:
    """Read every stored reply again with today's reader, and list what changes, worst first.

    What readers see never changes, nor what an editor has changed or approved: those are only listed. An answer that
    still waits gets a new revision that an editor has to let through, whatever the policy. Safe to run again.
    """
    from app.usecases.rereading import reread

    rereading = reread(_mailbag(), dry_run=dry_run)
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


@cli.command()
def doors() -> None:
    """Take mail from outside by SMTP and LMTP, and fetch it by IMAP where a mailbox is set, until stopped."""
    from app.ingress.imap.account import account_of
    from app.ingress.imap.door import imap_door
    from app.ingress.server import Listener, MailServer
    from app.ingress.smtp import lmtp_door, smtp_door
    from app.usecases.watching import watch_only

    values = _settings(need_broker=True)
    mailbag = _mailbag()

    def listener(name: str, port: int, door: Callable[..., object]) -> Listener:
        protocol = partial(door, mailbag, max_bytes=values.max_mail_bytes, hostname=values.mail_domain)
        return Listener(name, values.listen_host, port, protocol)  # type: ignore[arg-type]

    server = MailServer([listener("smtp", values.smtp_port, smtp_door), listener("lmtp", values.lmtp_port, lmtp_door)])
    try:
        server.start()
    except OSError as error:
        raise click.ClickException(f"{error}. Other ports: MAILBAG_SMTP_PORT, MAILBAG_LMTP_PORT") from None
    click.echo(f"SMTP {values.listen_host}:{values.smtp_port}, LMTP {values.listen_host}:{values.lmtp_port}")
    account = account_of(values)
    watch_only(mailbag, account.name, account.folder)
    fetching = [imap_door(mailbag, account)] if values.imap_host else []
    for door in fetching:
        door.start()
        click.echo(f"IMAP {account.folder} of {account.name}")
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()
    for door in fetching:
        door.stop()
    server.stop()


class _Patient(click.Command):
    """For an MTA: whatever goes wrong, the mail stays in its queue. Other statuses than 75 would bounce it."""

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **extra)
        except click.UsageError as error:
            _try_again_later(error.format_message())

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SystemExit, click.exceptions.Exit):
            raise
        except click.ClickException as error:
            _try_again_later(error.format_message())
        except BaseException as error:  # noqa: BLE001 - a full disk, a lost database, Ctrl-C: never a lost mail
            _try_again_later(f"{type(error).__name__}: {error}")


def _try_again_later(why: str) -> NoReturn:
    click.echo(f"4.3.0 The mail could not be stored: {' '.join(why.split())[:300]}", err=True)
    sys.exit(75)


@cli.command(cls=_Patient)
@click.option("--sender", help="Envelope sender; empty or left out for a bounce.")
@click.option("--recipient", "recipients", multiple=True, help="Envelope recipient; may be given again.")
@click.argument("envelope", nargs=-1)
def deliver(sender: str | None, recipients: tuple[str, ...], envelope: tuple[str, ...]) -> None:
    """Take one mail from standard input, for an MTA that pipes it.

    \b
      mailbag deliver --sender SENDER --recipient RECIPIENT < mail
      mailbag deliver -- SENDER RECIPIENT < mail

    Exit status: 0 stored, 67 no such address here, 65 too large, 75 try again later.
    """
    from app.bootstrap import make_mailbag
    from app.ingress import pipe

    if envelope and (sender is not None or recipients):
        raise click.UsageError("give the envelope either by --sender and --recipient, or by its place")
    if envelope:
        sender, recipients = envelope[0], envelope[1:]
    if not recipients:
        raise click.UsageError("there is no recipient")
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(DELIVERY_TAKES)
    try:
        values = _settings()
        mailbag = make_mailbag(values)
        with closing(mailbag.database):
            verdict = pipe.take(
                mailbag,
                sys.stdin.buffer,
                sender=sender or "",
                recipients=recipients,
                max_bytes=values.max_mail_bytes,
            )
    finally:
        signal.alarm(0)
    if verdict.sentence:
        click.echo(verdict.sentence, err=True)
    sys.exit(verdict.status)


def _give_up(*_: object) -> None:
    raise TimeoutError("it took too long")


@cli.group()
def topic() -> None:
    """What people may ask about."""


@topic.command(name="add")
@click.argument("name", type=_name)
def add_topic(name: str) -> None:
    """Add a topic, named as it is printed: "Running Advice". Every expert covers it."""
    from app.usecases.staffing import add_topic

    add_topic(_mailbag(), name)
    click.echo(f"{name}: readers may ask about it.")


@cli.group()
def expert() -> None:
    """Who answers."""


@expert.command(name="add")
@click.argument("public_name", type=_name)
@click.argument("address")
@click.option(
    "--topic",
    "topics",
    type=_name,
    metavar="NAME",
    multiple=True,
    help="A topic that she covers; default: all there are.",
)
def add_expert(public_name: str, address: str, topics: tuple[str, ...]) -> None:
    """Add an expert, or change her address or topics. Her address is never shown to anybody."""
    from app.domain.errors import NotFound
    from app.mail.address import BadAddress
    from app.usecases.staffing import add_expert

    try:
        covered = add_expert(_mailbag(), public_name, address, topics)
    except BadAddress as error:
        raise click.ClickException(f"{address} is no address that mail could go to ({error.problem})") from None
    except NotFound as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{public_name} covers: {', '.join(covered) or 'nothing yet; mailbag topic add'}.")


@cli.group()
def editor() -> None:
    """Who sits at the desk."""


@editor.command(name="add")
@click.argument("name", type=_name)
@click.argument("address")
def add_editor(name: str, address: str) -> None:
    """Add an editor. She signs in at /desk with a link that is mailed to her."""
    from app.mail.address import BadAddress
    from app.usecases.staffing import add_editor

    try:
        add_editor(_mailbag(), name, address)
    except BadAddress as error:
        raise click.ClickException(f"{address} is no address that mail could go to ({error.problem})") from None
    click.echo(f"{name} may sign in at {_settings().base_url}/desk/")


def main() -> None:
    cli(prog_name="mailbag")
