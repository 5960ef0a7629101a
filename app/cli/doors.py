"""Where mail comes in: doors that stand open until they are stopped, and the pipe for one mail."""

import signal
import sys
from contextlib import closing
from typing import Any, NoReturn

import click

from app.cli.opening import current_settings, open_mailbag

DELIVERY_TAKES = 300  # seconds; after 1,000 Postfix would bounce the mail


@click.command()
def doors() -> None:
    """Take mail from outside by SMTP and LMTP, and fetch it by IMAP where a mailbox is set, until stopped."""
    from app.bootstrap import told_to_stop
    from app.ingress.imap.door import imap_doors
    from app.ingress.server import MailServer
    from app.ingress.smtp import mail_listeners

    values = current_settings(need_broker=True)
    mailbag = open_mailbag()

    server = MailServer(mail_listeners(mailbag, values))
    stopped = told_to_stop()
    try:
        server.start()
    except OSError as error:
        raise click.ClickException(f"{error}. Other ports: MAILBAG_SMTP_PORT, MAILBAG_LMTP_PORT") from None
    click.echo(f"SMTP {values.listen_host}:{values.smtp_port}, LMTP {values.listen_host}:{values.lmtp_port}")
    fetching = imap_doors(mailbag, values)
    for door in fetching:
        door.start()
        click.echo(f"IMAP {door.name}")
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


@click.command(cls=_Patient)
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
        values = current_settings()
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
