"""Who gets the digest: imported from a list, exported, counted."""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from app.cli.opening import open_mailbag
from app.cli.shown import shown

if TYPE_CHECKING:
    from app.usecases.enlisting import Enlisted

LINE_PROBLEMS = {
    "no-end": (
        "a cell is longer than any address, and nothing is read from here on; look for a quotation mark without its"
        " second, mend it, and import the file again"
    ),
    "no-address": "no address stands here; the file needs a column “address”",
    "bad-address": "no mail could go to this address; mend it, or take the line out",
    "no-date": "nobody says when this person agreed; add a column “consented_on”, or --consented-on 2024-05-31",
    "bad-date": "this is no day; write 2024-05-31",
    "future-date": "this day is still to come; consent is something that was given",
    "no-source": "nobody says where this person agreed; add a column “consent_source”, or --source “the old website”",
    "unknown-frequency": "there is daily, weekly and monthly",
    "unknown-topic": "the column has no such topic; mailbag topic add, or leave it empty for everything",
}


@click.group()
def subscribers() -> None:
    """Who gets the digest."""


@subscribers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="Where these people agreed, for lines that do not say: “the old website”.")
@click.option("--consented-on", type=click.DateTime(["%Y-%m-%d"]), help="When, for lines that do not say.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing.")
def import_(file: Path, source: str, consented_on: datetime | None, *, dry_run: bool) -> None:
    """Import subscribers from a CSV file with the columns address, frequency, topics, consented_on, consent_source.

    Only the address is needed; topics are parted by “;”, none means everything. Every line needs to say where and when
    the person agreed, itself or by the options. Nobody gets a mail because of it. Whoever left or is suppressed stays
    off, whoever is known stays as she is: importing the same file again changes nothing.
    """
    from app.domain.roster import read_roster
    from app.usecases.enlisting import Consent, enlist

    mailbag = open_mailbag()
    consent = Consent(source.strip(), consented_on.date() if consented_on else None)
    with file.open("rb") as counted:
        length = sum(chunk.count(b"\n") for chunk in iter(lambda: counted.read(1 << 20), b"")) + 1
    with (
        file.open(encoding="utf-8-sig", errors="replace", newline="") as opened,
        click.progressbar(length=length, label=str(file), file=sys.stderr) as bar,
    ):
        report = enlist(
            mailbag, read_roster(opened), consent, dry_run=dry_run, progress=lambda line: bar.update(line - bar.pos)
        )
    _tell(file, report, dry_run=dry_run)
    if report.bad:
        sys.exit(1)


def _tell(file: Path, report: "Enlisted", *, dry_run: bool) -> None:
    verb = "would be put on the list" if dry_run else "put on the list"
    click.echo(f"{file}: {report.new} {verb}, {report.known} are on it already")
    stay = {
        "left before and stay off": report.left,
        "are suppressed and stay off": report.suppressed,
        "stand in the file twice": report.twice,
        "lines could not be taken": report.bad,
    }
    for words, number in stay.items():
        if number:
            click.echo(f"{file}: {number} {words}")
    for line in report.told:
        said = f" ({shown(line.word[:80])})" if line.word else ""
        click.echo(f"{file}:{line.number}: {LINE_PROBLEMS[line.problem]}{said}")
    if report.bad > len(report.told):
        click.echo(f"{file}: … and {report.bad - len(report.told)} lines more")


@subscribers.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--all", "everybody", is_flag=True, help="Also those who left, with when and why.")
def export(file: Path | None, *, everybody: bool) -> None:
    """Write everybody who gets the digest as CSV, to FILE or to the terminal. The file holds private addresses."""
    from app.usecases.enlisting import export as lines_of

    lines = lines_of(open_mailbag(), everybody=everybody)
    if file is None:
        _write(lines, sys.stdout)
        return
    with file.open("w", encoding="utf-8", newline="") as out:
        _write(lines, out)


def _write(lines: Iterator[dict[str, str]], out: TextIO) -> None:
    first = next(lines, None)
    if first is not None:
        writer = csv.DictWriter(out, list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(lines)


@subscribers.command()
def count() -> None:
    """How many get the digest, how often, and how many addresses must not be written to."""
    from app.usecases.enlisting import count as counted

    states, frequencies, suppressed = counted(open_mailbag())
    often = ", ".join(f"{number} {frequency}" for frequency, number in frequencies.items())
    click.echo(f"{states.get('confirmed', 0)} get the digest{': ' + often if often else ''}.")  # type: ignore[call-overload]
    for state, words in (("unconfirmed", "have not confirmed yet"), ("unsubscribed", "have left")):
        click.echo(f"{states.get(state, 0)} {words}.")  # type: ignore[call-overload]
    click.echo(f"{suppressed} addresses are suppressed.")
