"""A file of old letters comes in, a few letters a transaction: killed and started again, it goes on where it was."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from app.usecases.importing import storing
from app.usecases.importing.dated_pages import read_page, read_text
from app.usecases.importing.letters import Cut, ImportedLetter, Letters, Skipped
from app.usecases.importing.storing import Fate, Imported
from app.usecases.mailbag import Mailbag
from app.usecases.retrying import retried

BATCH = 40  # letters in one transaction; others may write between two


@dataclass
class ImportReport:
    """What one file gave. `new` and `known` are letters, `skipped` what is none, `cut` what letters were without."""

    new: int = 0
    known: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    cut: Counter[Cut] = field(default_factory=Counter)


def import_text(mailbag: Mailbag, text: str, *, is_html: bool, dry_run: bool = False) -> ImportReport:
    """Letters in the dated form, from text or from a saved page."""
    return import_letters(mailbag, read_page(text) if is_html else read_text(text), dry_run=dry_run)


def import_letters(
    mailbag: Mailbag,
    letters: Letters,
    *,
    dry_run: bool = False,
    show: Callable[[Imported], None] | None = None,
) -> ImportReport:
    """Store every letter that is not there yet; `show` is told of each. The same letters again change nothing."""
    report, seen = ImportReport(), set[str]()
    for batch in _batches(letters):
        items = [storing.cleaned(one) if isinstance(one, ImportedLetter) else one for one in batch]
        report.skipped += [item for item in items if isinstance(item, Skipped)]
        clean = [item for item in items if isinstance(item, Imported)]
        done = _looked_at(mailbag, clean, seen) if dry_run else _stored(mailbag, clean)
        for item in done:
            _count(report, item)
            if show is not None:
                show(item)
    return report


def _batches(letters: Letters) -> Iterator[list[ImportedLetter | Skipped]]:
    while batch := list(islice(letters, BATCH)):
        yield batch


def _looked_at(mailbag: Mailbag, items: Iterable[Imported], seen: set[str]) -> list[Imported]:
    done = []
    with mailbag.database.read() as tx:
        for item in items:
            known = item.letter.key in seen or storing.is_there(tx, item.letter)
            seen.add(item.letter.key)
            done.append(replace(item, fate=Fate.KNOWN) if known else item)
    return done


@retried(5)  # two imports at a time may make the same letter or topic: whoever comes second looks again
def _stored(mailbag: Mailbag, items: list[Imported]) -> list[Imported]:
    done = []
    with mailbag.database.write() as tx:
        for item in items:
            if storing.is_there(tx, item.letter):
                done.append(replace(item, fate=Fate.KNOWN))
            else:
                done.append(replace(item, lost_addresses=storing.store(tx, item)))
    return done


def _count(report: ImportReport, item: Imported) -> None:
    if not item.is_new:
        report.known += 1
        return
    report.new += 1
    report.cut.update(item.letter.cut)
    if item.lost_addresses:
        report.cut[Cut.ADDRESSES] += item.lost_addresses
