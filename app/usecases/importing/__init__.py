"""Old columns come in: text and web pages, blogs, mailboxes, tables and lists, each read into the same letters."""

from app.usecases.importing.letters import Cut, Defaults, ImportedLetter, Names, Place, Problem, Skipped
from app.usecases.importing.running import ImportReport, import_letters, import_text
from app.usecases.importing.storing import Imported

__all__ = [
    "Cut",
    "Defaults",
    "ImportReport",
    "Imported",
    "ImportedLetter",
    "Names",
    "Place",
    "Problem",
    "Skipped",
    "import_letters",
    "import_text",
]
