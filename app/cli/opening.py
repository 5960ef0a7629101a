"""The settings and the database: listed, opened, brought up to date."""

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.config import Settings
    from app.usecases.mailbag import Mailbag


def current_settings(*, need_broker: bool = False) -> "Settings":
    from app.config import BadSettings, read_settings

    try:
        values = read_settings(os.environ)
        if need_broker:
            values.need_broker()
    except BadSettings as error:
        lines = "\n  ".join(error.problems)
        raise click.ClickException(f"the settings are wrong:\n  {lines}\nSee: mailbag settings") from None
    return values


def open_any_version() -> "Mailbag":
    """With a database that answers, whatever its version."""
    from app.bootstrap import make_mailbag
    from app.config import BadSettings

    try:
        mailbag = make_mailbag(current_settings())
    except BadSettings as error:
        raise click.ClickException(f"the settings are wrong:\n  {error}") from None
    except OSError as error:
        raise click.ClickException(f"{error}; check MAILBAG_DATA_DIR") from None
    if not mailbag.database.is_up():
        raise click.ClickException("the database does not answer; check MAILBAG_DATABASE_URL")
    return mailbag


def open_mailbag() -> "Mailbag":
    from app.store.migrations import is_current

    mailbag = open_any_version()
    if not is_current(mailbag.database.engine):
        raise click.ClickException("the database has another version; run: mailbag migrate")
    return mailbag


@click.command()
def settings() -> None:
    """List every setting, what it does, and its default."""
    from app.config import settings_help

    click.echo(settings_help())


@click.command()
def migrate() -> None:
    """Make the database, or bring it to this version. Safe to run again."""
    from app.bootstrap import migrate as bring_up_to_date

    bring_up_to_date(open_any_version())
    click.echo("The database is up to date.")
