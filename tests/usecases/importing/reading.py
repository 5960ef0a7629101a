"""Files as bytes, and what the readers make of them, for every test of a form."""

import io

from app.usecases.importing import Defaults, ImportedLetter, Skipped
from app.usecases.importing.sources import Form, form_of, letters_in
from tests.office import COLUMN


def read(
    raw: bytes, form: Form | None = None, defaults: Defaults | None = None, suffix: str = ""
) -> tuple[list[ImportedLetter], list[tuple[int, str]]]:
    """The letters, and the line and problem of what is none."""
    chosen = form or form_of(raw[:8192], suffix)
    items = list(letters_in(io.BytesIO(raw), chosen, defaults or Defaults("", ""), COLUMN))
    skipped = [(item.place.line, str(item.problem)) for item in items if isinstance(item, Skipped)]
    return [item for item in items if isinstance(item, ImportedLetter)], skipped
