"""The whole column leaves: as a folder that any web server serves, or as one signed file that imports again."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from app.cli.opening import current_settings, open_mailbag

if TYPE_CHECKING:
    from app.usecases.mailbag import Mailbag


@click.command()
@click.option("--static", type=click.Path(file_okay=False, path_type=Path), help="A folder that any web server serves.")
@click.option("--archive", type=click.Path(dir_okay=False, path_type=Path), help="One signed file that imports again.")
@click.option("--base-url", metavar="URL", help="Where the folder will be served; default: where the column is.")
@click.option("--closed", is_flag=True, help="The column takes no questions any more: the folder says so.")
def export(static: Path | None, archive: Path | None, base_url: str | None, *, closed: bool) -> None:
    """Export the column: what readers can see, and no private address.

    The folder may be exported into again: only what has changed is written, and what is gone is taken away.
    docs/import-export.md tells what is in each.
    """
    if static is None and archive is None:
        raise click.UsageError("say what to export to: --static DIR or --archive FILE")
    mailbag = open_mailbag()
    if archive is not None:
        _export_archive(mailbag, archive)
    if static is not None:
        _export_static(mailbag, static, _checked(base_url) or mailbag.links.base_url, closed=closed)


def _checked(base_url: str | None) -> str | None:
    """An address that may have a path: the folder is often a part of another site."""
    if not base_url:
        return None
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise click.BadParameter("an address such as https://example.org/guru", param_hint="--base-url")
    return base_url.rstrip("/")


def _export_archive(mailbag: "Mailbag", target: Path) -> None:
    from app.bootstrap import archive_key_of
    from app.usecases.archiving import write_archive
    from app.usecases.archiving.sealing import fingerprint

    key = archive_key_of(current_settings())
    try:
        with _counted("letters") as on_letter:
            letters = write_archive(mailbag, target, key, on_letter)
    except OSError as error:
        raise click.ClickException(f"{target} could not be written: {error}") from None
    click.echo(f"{target}: {letters} letters, signed with the key {fingerprint(key.public)}")


def _export_static(mailbag: "Mailbag", target: Path, base_url: str, *, closed: bool) -> None:
    from app.bootstrap import templates_dir
    from app.web.frozen import BrokenPage, Conflict, StaticExport, export_static

    order = StaticExport(target, base_url, live="" if closed else mailbag.links.base_url)
    try:
        with _counted("pages") as on_page:
            report = export_static(mailbag, order, templates=templates_dir(), on_page=on_page)
    except (BrokenPage, Conflict, OSError) as error:
        raise click.ClickException(f"{error}") from None
    click.echo(f"{target}: {report.written} files written, {report.unchanged} unchanged, {report.removed} removed")
    for name in report.left:
        click.echo(f"{target}: {name} is no page any more, but somebody has changed it; it was left")


@contextmanager
def _counted(what: str) -> Iterator[Callable[[], None]]:
    """A number that grows, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if done % 25 == 0:
            click.echo(f"\r{done} {what} ", nl=False, err=True)

    yield one_more
    click.echo(f"\r{done} {what} ", err=True)
