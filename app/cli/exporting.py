"""The whole column leaves: as one signed file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.opening import current_settings, open_mailbag

if TYPE_CHECKING:
    from app.usecases.mailbag import Mailbag


@click.command()
@click.option("--archive", type=click.Path(dir_okay=False, path_type=Path), help="One signed file that imports again.")
def export(archive: Path | None) -> None:
    """Export the column: what readers can see, and no private address.

    docs/import-export.md tells what is in it.
    """
    if archive is None:
        raise click.UsageError("say what to export to: --archive FILE")
    mailbag = open_mailbag()
    _export_archive(mailbag, archive)


def _export_archive(mailbag: "Mailbag", target: Path) -> None:
    from app.bootstrap import archive_key_of
    from app.usecases.archiving import write_archive
    from app.usecases.archiving.sealing import fingerprint

    key = archive_key_of(current_settings())
    try:
        letters = write_archive(mailbag, target, key)
    except OSError as error:
        raise click.ClickException(f"{target} could not be written: {error}") from None
    click.echo(f"{target}: {letters} letters, signed with the key {fingerprint(key.public)}")
