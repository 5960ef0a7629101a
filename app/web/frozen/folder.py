"""The folder that an export writes into: what has not changed is left alone, and readers never see half a file.

It remembers what it has written (.mailbag-export.json), so that a later export takes away what is no longer there,
and nothing that somebody else has put beside it.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = ".mailbag-export.json"
NEW = ".mailbag-new"
BATCH = 500  # files; what is about to be written is remembered before it is


class Conflict(Exception):
    """A file that no export has written stands where one belongs."""


@dataclass
class Written:
    """How many files are new or changed, as they should be, or gone; which were left to whoever changed them."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    left: list[str] = field(default_factory=list)


class Folder:
    """Give it every file, then `finish`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.report = Written()
        self._before = _remembered(root)
        self._now: dict[str, str] = {}
        self._waiting: dict[str, bytes] = {}
        root.mkdir(parents=True, exist_ok=True)
        self._home = root.resolve()

    def __contains__(self, name: str) -> bool:
        return name in self._now

    def add(self, name: str, raw: bytes) -> None:
        """The first file of a name counts."""
        if name in self._now:
            return
        self._now[name] = hashlib.sha256(raw).hexdigest()
        self._check(name)
        if self._is_there(name):
            self.report.unchanged += 1
            return
        self._waiting[name] = raw
        if len(self._waiting) >= BATCH:
            self._flush()

    def finish(self) -> Written:
        """Take away what was written once and belongs no more."""
        self._flush()
        for name in sorted(set(self._before) - set(self._now)):
            self._remove(name)
        self._remember(self._now)
        for left_over in self.root.rglob(f".*{NEW}"):
            left_over.unlink()
        return self.report

    def _check(self, name: str) -> None:
        path = self.root / name
        if path.exists() and name not in self._before and not self._is_there(name):
            raise Conflict(f"{path} is there already, and no export has written it; choose another folder")
        parent = next(parent for parent in path.parents if parent.exists())
        if not parent.is_dir() or not parent.resolve().is_relative_to(self._home):
            raise Conflict(f"{parent} is no folder of this export")

    def _is_there(self, name: str) -> bool:
        path = self.root / name
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest() == self._now[name]
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False

    def _flush(self) -> None:
        if not self._waiting:
            return
        self._remember({**self._before, **self._now})
        for name, raw in self._waiting.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, raw)
            self.report.written += 1
        self._waiting.clear()

    def _remove(self, name: str) -> None:
        path = self.root / name
        if not path.is_file():
            return
        if hashlib.sha256(path.read_bytes()).hexdigest() != self._before[name]:
            self.report.left.append(name)
            return
        path.unlink()
        self.report.removed += 1
        for parent in path.parents:
            if parent == self.root or any(parent.iterdir()):
                return
            parent.rmdir()

    def _remember(self, files: dict[str, str]) -> None:
        _write(self.root / MANIFEST, f"{json.dumps({'files': files}, indent=0, sort_keys=True)}\n".encode())


def _write(path: Path, raw: bytes) -> None:
    beside = path.with_name(f".{path.name}{NEW}")
    beside.write_bytes(raw)
    beside.replace(path)


def _remembered(root: Path) -> dict[str, str]:
    try:
        files = json.loads((root / MANIFEST).read_bytes())["files"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise Conflict(f"{root / MANIFEST} cannot be read; take it away, or choose another folder") from error
    return {str(name): str(digest) for name, digest in files.items() if ".." not in name and not name.startswith("/")}
