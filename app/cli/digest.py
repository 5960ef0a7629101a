"""Issues of the digest at a terminal, and the lint for any mail."""

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.opening import open_mailbag

if TYPE_CHECKING:
    from app.domain.digest import Issue
    from app.usecases.mailbag import Mailbag

FREQUENCIES = ("daily", "weekly", "monthly")
_BY = "at the terminal"
_ISSUE = click.IntRange(1, 2**31 - 1)
_PATIENCE = 5  # seconds


@click.group()
def digest() -> None:
    """Issues of the digest: what is drafted, on its way, and sent. ISSUE is the number in the first column."""


def _trying(act: Any, *arguments: Any, **named: Any) -> Any:
    from app.domain.errors import MailbagError

    try:
        return act(*arguments, **named)
    except (MailbagError, ValueError) as error:
        raise click.ClickException(str(error)) from None


@digest.command(name="list")
def list_() -> None:
    """The last hundred issues, newest first."""
    from app.store import digest

    mailbag = open_mailbag()
    with mailbag.database.read() as tx:
        issues = digest.issues(tx)
    for issue in issues:
        state = "paused" if issue.is_paused else issue.state
        click.echo(f"{issue.id:>5}  {issue.frequency:8} {issue.period:10} {state:9} {issue.size:>8}  {issue.subject}")
    if not issues:
        click.echo("No issue yet.")


@digest.command()
@click.argument("frequency", type=click.Choice(FREQUENCIES))
def draft(frequency: str) -> None:
    """Draft the issue of the period that is under way. It waits until you send it."""
    from app.domain.subscription import Frequency
    from app.usecases import digesting

    issue_id = _trying(digesting.draft_of, open_mailbag(), Frequency(frequency), by=_BY)
    if issue_id is None:
        raise click.ClickException("nothing was printed since the last issue, or nobody subscribes to it")
    click.echo(f"Issue {issue_id} is drafted: mailbag digest preview {issue_id}")


@digest.command()
@click.argument("issue_id", type=_ISSUE, metavar="ISSUE")
@click.option("--as", "address", metavar="ADDRESS", help="As this subscriber gets it; default: with all letters.")
@click.option("--to", "to", metavar="ADDRESS", help="Send it there as a test, instead of printing it.")
def preview(issue_id: int, address: str | None, to: str | None) -> None:
    """The mail as it stands, whole, on standard output."""
    from app.usecases import digesting

    mailbag = open_mailbag()
    if to is not None:
        click.echo(_trying(digesting.send_test, mailbag, issue_id, to).server_said)
        return
    subscriber = None
    if address is not None:
        subscriber = _trying(digesting.subscriber_at, mailbag, address)
    sys.stdout.buffer.write(_trying(digesting.preview, mailbag, issue_id, subscriber))


@digest.command()
@click.argument("issue_id", type=_ISSUE, metavar="ISSUE")
@click.option("--here", is_flag=True, help="Send from this process too, and not by the workers alone.")
def send(issue_id: int, here: bool) -> None:  # noqa: FBT001 - a flag is what it is
    """Let a draft go out now, or watch one that is going, until all copies are settled. Ctrl-C ends the watching."""
    from app.domain.digest import IssueState
    from app.usecases import digesting, mailing

    mailbag = open_mailbag()
    if here:
        _stop_in_order(mailbag)
    if _read(mailbag, issue_id).state is IssueState.DRAFT:
        _trying(digesting.start, mailbag, issue_id, by=_BY)
    while (issue := _read(mailbag, issue_id)).state in (IssueState.DRAFT, IssueState.SENDING):
        if issue.is_paused:
            raise click.ClickException(f"paused: {issue.pause_reason}. To go on: mailbag digest resume {issue_id}")
        if here:
            mailing.send_issue(mailbag, issue_id, seconds=2)
            if mailbag.stopping.is_set():
                raise click.ClickException(f"stopped; to go on: mailbag digest send {issue_id} --here")
        else:
            time.sleep(1)
        click.echo("\r" + _bar(mailbag, issue_id), nl=False)
    click.echo(f"\r{_bar(mailbag, issue_id)}\n{_read(mailbag, issue_id).state}.")


def _stop_in_order(mailbag: "Mailbag") -> None:
    """What was sent is heard and written down first; a silent server, or a second signal, cuts that short."""

    def stop(*_: object) -> None:
        if mailbag.stopping.is_set():
            raise KeyboardInterrupt
        mailbag.stopping.set()
        signal.alarm(_PATIENCE)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, signal.default_int_handler)


def _read(mailbag: "Mailbag", issue_id: int) -> "Issue":
    from app.store import digest

    with mailbag.database.read() as tx:
        issue: Issue = _trying(digest.the_issue, tx, issue_id)
        return issue


def _bar(mailbag: "Mailbag", issue_id: int) -> str:
    """One line of one length: how much is done, how fast, and how long the rest may take."""
    from app.usecases import digesting

    progress = digesting.progress(mailbag, issue_id)
    share = progress.done / progress.size if progress.size else 1.0
    left = "" if progress.left_seconds is None else f"{_span(progress.left_seconds)} left"
    filled = "#" * int(30 * share)
    return f"[{filled:30}] {share:4.0%}  {progress.done:,} of {progress.size:,}  {progress.rate:,.0f}/s  {left:16}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _act(name: str, told: str, help_text: str) -> click.Command:
    @click.command(name=name, help=help_text)
    @click.argument("issue_id", type=_ISSUE, metavar="ISSUE")
    def command(issue_id: int) -> None:
        from app.usecases import digesting

        _trying(getattr(digesting, name), open_mailbag(), issue_id, by=_BY)
        click.echo(f"Issue {issue_id} {told}.")

    return command


digest.add_command(_act("pause", "is paused", "Begin no more copies until it is resumed."))
digest.add_command(_act("resume", "goes on", "Go on with a paused issue."))
digest.add_command(_act("cancel", "is cancelled", "Give up a draft; its letters go into the next issue."))


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="MAIL.EML")
@click.option("--sender", default="", help="MAIL FROM; default: the empty one.")
@click.option("--recipient", default="", help="RCPT TO; default: what To says.")
def lint(path: Path, sender: str, recipient: str) -> None:
    """Look at a finished mail as it is looked at before it goes out; each broken rule is a line. Status 1 for any."""
    from app.mail.lint import Envelope, lint_outgoing, recipient_in

    message = path.read_bytes()
    if b"\r\n" not in message:  # saved by a program that has other line ends
        message = message.replace(b"\n", b"\r\n")
    violations = lint_outgoing(message, Envelope(sender, recipient or recipient_in(message)))
    for violation in violations:
        click.echo(f"{violation.rule}: {violation.detail}")
    if violations:
        sys.exit(1)
    click.echo("No rule is broken.")
