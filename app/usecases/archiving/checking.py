"""Opens an archive: every name, size and digest in it is checked before anything of it is believed.

Nothing is ever unpacked to a disk, so a name leads nowhere; odd ones are refused all the same.
"""

import hashlib
import hmac
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

from app.usecases.archiving.letters import Names, read_names
from app.usecases.archiving.sealing import signer_of
from app.usecases.archiving.writing import COLUMN, FORM, MANIFEST, README, SEAL, VERSION

MOST_FILES = 1_000_000
LARGEST_FILE = 8 * 1024 * 1024
LARGEST_LIST = 256 * 1024 * 1024  # of manifest and column: they name every letter
MOST_TIMES_PACKED = 100  # an archive is not compressed; one that somebody compressed is a tenth of itself
_NAME = re.compile(
    r"letters/\d{4}/\d{2}/\d{2}/[a-z0-9-]{1,120}\.(?:md|json)|withdrawn/[0-9a-z]{6,12}\.json"
    r"|photos/(?:small/)?[0-9a-z]{8,24}\.jpg|portraits/[0-9a-f]{8,64}\.webp"
    rf"|{re.escape(MANIFEST)}|{re.escape(SEAL)}|{re.escape(COLUMN)}|{re.escape(README)}"
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, OSError)


class BadArchive(ValueError):
    """Not an archive, or not the one that was written; nothing of it was stored. The words are for people."""


class Seal(StrEnum):
    """Whose an archive is."""

    OURS = "ours"
    FOREIGN = "foreign"
    NONE = "none"


@dataclass(frozen=True)
class Archive:
    """An archive whose every file is what its manifest says. `signer` is a public key, or None."""

    packed: zipfile.ZipFile
    digests: Mapping[str, str]
    column: Mapping[str, Any]
    names: Names
    signer: bytes | None

    def seal(self, own: bytes) -> Seal:
        if self.signer is None:
            return Seal.NONE
        return Seal.OURS if hmac.compare_digest(self.signer, own) else Seal.FOREIGN

    @property
    def letters(self) -> list[str]:
        """The names of the letters' files, oldest first."""
        return list(self.column["letters"])

    def read(self, name: str) -> bytes:
        """Raises BadArchive where the file has changed since it was checked."""
        with _told():
            return _checked(self.packed, name, self.digests[name])


@contextmanager
def open_archive(stream: BinaryIO) -> Iterator[Archive]:
    """Raises BadArchive."""
    with _told():
        packed = zipfile.ZipFile(stream)
    with packed:
        with _told():
            archive = _open(packed)
        yield archive


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BadArchive:
        raise
    except _BROKEN as error:
        raise BadArchive(f"the file is broken: {error}") from error
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise BadArchive(f"this is no archive of a column ({error})") from error


def _open(packed: zipfile.ZipFile) -> Archive:
    _check_entries(packed)
    manifest = _read(packed, MANIFEST, LARGEST_LIST)
    fields = json.loads(manifest)
    if fields["format"] != FORM:
        raise BadArchive("this is no archive of a column")
    if fields["version"] not in range(1, VERSION + 1):
        raise BadArchive(f"the archive is of version {fields['version']}; this program reads versions up to {VERSION}")
    names = set(packed.namelist())
    signer = None
    if SEAL in names:
        signer = signer_of(_read(packed, SEAL, LARGEST_FILE), manifest)
        if signer is None:
            raise BadArchive("the signature is not of this archive: somebody has changed it")
    digests: dict[str, str] = fields["files"]
    if odd := names.symmetric_difference({*digests, MANIFEST, SEAL} if SEAL in names else {*digests, MANIFEST}):
        raise BadArchive(f"{min(odd)} is in the archive or in its list, but not in both")
    for name, digest in digests.items():
        _checked(packed, name, digest)
    column = json.loads(_checked(packed, COLUMN, digests[COLUMN]))
    letters = {name for name in digests if name.endswith(".json") and name != COLUMN}
    if set(column["letters"]) != letters or len(column["letters"]) != len(letters):
        raise BadArchive("the list of letters is not that of the archive")
    return Archive(packed, digests, column, read_names(column), signer)


def _check_entries(packed: zipfile.ZipFile) -> None:
    entries = packed.infolist()
    if not entries:
        raise BadArchive("the archive is empty")
    if len(entries) > MOST_FILES:
        raise BadArchive("more files than any column has")
    if len({entry.filename for entry in entries}) != len(entries):
        raise BadArchive("two files have one name")
    for entry in entries:
        mode = entry.external_attr >> 16
        if not _NAME.fullmatch(entry.filename) or entry.orig_filename != entry.filename:
            raise BadArchive(f"{entry.orig_filename[:80]!r} is no name of a file in an archive")
        if entry.flag_bits & 1 or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise BadArchive(f"{entry.filename} is no plain file")
    packed_size = sum(entry.compress_size for entry in entries)
    if sum(entry.file_size for entry in entries) > MOST_TIMES_PACKED * packed_size + LARGEST_FILE:
        raise BadArchive("it would unpack to far more than it is")


def _checked(packed: zipfile.ZipFile, name: str, digest: str) -> bytes:
    raw = _read(packed, name, LARGEST_LIST if name == COLUMN else LARGEST_FILE)
    if not hmac.compare_digest(hashlib.sha256(raw).hexdigest(), digest):
        raise BadArchive(f"{name} is not what the list says: somebody has changed it")
    return raw


def _read(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Never more than so many octets, whatever its entry says."""
    with packed.open(name) as stream:
        raw = stream.read(most + 1)
    if len(raw) > most:
        raise BadArchive(f"{name} is larger than any letter")
    return raw
