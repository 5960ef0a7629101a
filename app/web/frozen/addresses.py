"""Which file stands for which address of the site, and how one page points at another without a server's help."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_FILE = re.compile(r"\.(?:md|json|atom|xml|txt|css|svg|js|png|jpg|jpeg|webp|ico|woff2)$")
_PLACE = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}\.)?[0-9]{1,10}")  # of a letter, or of an issue
INDEX = "index.html"


@dataclass(frozen=True)
class Address:
    """An address below the site: its path, decoded, and what is asked; `fragment` with its "#"."""

    path: str
    query: Mapping[str, str]
    fragment: str = ""

    @property
    def asked(self) -> str:
        """As a request asks for it."""
        before = self.query.get("before")
        return quote(self.path) + (f"?before={quote(before)}" if before else "")


def read_address(text: str) -> Address:
    """`text` begins with a slash. Raises ValueError."""
    parts = urlsplit(text)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return Address(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), fragment)


def file_of(address: Address) -> str | None:
    """The name of its file below the folder; None where no file could stand for it.

    "/archive?before=2014-01-11.37" is archive/before/2014-01-11.37/index.html.
    """
    asked = {name: value for name, value in address.query.items() if name != "v"}
    place = asked.pop("before", "")
    if asked or (place and not _PLACE.fullmatch(place)) or not is_plain(address.path):
        return None
    more = ("before", place) if place else ()
    folder, name = posixpath.split(address.path.lstrip("/"))
    if _FILE.search(name):
        return posixpath.join(folder, *more, name)
    return posixpath.join(address.path.strip("/"), *more, INDEX)


def is_plain(path: str) -> bool:
    """Whether a path can be a file's anywhere: no dots to go up by, nothing hidden, nothing that a disk minds."""
    parts = path.strip("/").split("/") if path.strip("/") else []
    return not any(
        not part
        or part.startswith(".")
        or len(part.encode()) > 200
        or any(c in '\\:*?"<>|' or ord(c) < 32 for c in part)
        for part in parts
    )


def relative(source: str, target: str) -> str:
    """From the page in the file `source` to the file `target`: "../../topics/x/"."""
    folder, name = posixpath.split(target)
    path = posixpath.relpath(folder or ".", posixpath.dirname(source) or ".")
    if name == INDEX:
        return quote(f"{path}/")
    return quote(name if path == "." else f"{path}/{name}")
