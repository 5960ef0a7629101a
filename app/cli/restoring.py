"""An archive comes in again: whose it is, is told and asked before anything is stored."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import click

from app.cli.opening import current_settings

if TYPE_CHECKING:
    from app.usecases.archiving.checking import Archive
    from app.usecases.archiving.restoring import Restored
    from app.usecases.mailbag import Mailbag


def restore(mailbag: "Mailbag", stream: BinaryIO, path: Path, *, dry_run: bool, trust: bool) -> int:
    """How many letters could not come in."""
    from app.usecases.archiving import BadArchive, open_archive
    from app.usecases.archiving.restoring import restore as restore_archive

    try:
        with open_archive(stream) as archive:
            if not dry_run:
                _ask_whose(archive, path, trust=trust)
            bar = click.progressbar(length=len(archive.letters), label=path.name, file=sys.stderr)
            with bar if sys.stderr.isatty() and not dry_run else _Silent() as progress:
                report = restore_archive(mailbag, archive, dry_run=dry_run, on_letter=lambda: progress.update(1))
            if dry_run:
                click.echo(f"{path}: {_whose(archive)}")
    except BadArchive as error:
        raise click.ClickException(f"{path}: {error}. Nothing was imported") from None
    click.echo(_summary(path, report, dry_run=dry_run))
    return len(report.taken) + len(report.bad)


class _Silent:
    """In place of a bar, where nobody looks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, _: int) -> None:
        pass


def _whose(archive: "Archive") -> str:
    from app.bootstrap import archive_key_of
    from app.usecases.archiving import Seal
    from app.usecases.archiving.sealing import fingerprint

    seal = archive.seal(archive_key_of(current_settings()).public)
    if seal is Seal.OURS:
        return "signed by this column"
    if archive.signer is None:
        return "not signed by anybody"
    return f"signed by another column, {archive.column.get('title', '')!r}, with the key {fingerprint(archive.signer)}"


def _ask_whose(archive: "Archive", path: Path, *, trust: bool) -> None:
    whose = _whose(archive)
    if trust or whose == "signed by this column":
        return
    if sys.stdin.isatty() and click.confirm(f"{path} is {whose}. Import it?", err=True):
        return
    raise click.ClickException(f"{path} is {whose}. Nothing was imported; --trust imports it all the same")


def _summary(path: Path, report: "Restored", *, dry_run: bool) -> str:
    verb = "would be imported" if dry_run else "imported"
    failed = len(report.taken) + len(report.bad)
    lines = [f"{path}: {report.new} {verb}, {report.known} already there, {failed} not imported"]
    lines += [f"{path}: {name}: another text stands at this address; it was left as it is" for name in report.taken]
    lines += [f"{path}: {name}: no letter that this program could print" for name in report.bad]
    return "\n".join(lines)
