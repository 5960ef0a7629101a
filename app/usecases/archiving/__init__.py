"""The whole column as one signed file, and the same column again from it."""

from app.usecases.archiving.checking import BadArchive, Seal, open_archive
from app.usecases.archiving.restoring import restore
from app.usecases.archiving.sealing import ColumnKey
from app.usecases.archiving.writing import write_archive

__all__ = ["BadArchive", "ColumnKey", "Seal", "open_archive", "restore", "write_archive"]
