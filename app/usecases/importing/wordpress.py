"""WordPress's export (WXR): the posts of an RSS file, read as a stream, with nothing believed.

The file is RSS 2.0 with elements of https://wordpress.org/export/1.2/; comments and the addresses of their writers
are in it too, and are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

from app.usecases.importing.letters import LONGEST_SOURCE, Place, Problem, Skipped

_PIECE = 256 * 1024
_LONGEST_TOKEN = 8 * 1024 * 1024  # octets between two marks; more is built to make the parser crawl
_DEEPEST = 60
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})  # old blogs have them; XML 1.0 does not
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FIELDS = {
    "title": "title",
    "link": "link",
    "guid": "guid",
    "pubDate": "published",
    "creator": "creator",
    "post_id": "id",
    "post_date": "local_date",
    "post_type": "kind",
    "post_parent": "parent",
    "post_password": "password",
    "status": "status",
}


@dataclass
class Post:
    """One item; dates as they stand: `local_date` "2014-01-11 09:30:00" in the blog's own time."""

    line: int
    title: str = ""
    link: str = ""
    guid: str = ""
    published: str = ""
    creator: str = ""
    id: str = ""
    local_date: str = ""
    kind: str = ""
    parent: str = ""
    password: str = ""
    status: str = ""
    content: str = ""
    categories: list[str] = field(default_factory=list)
    tags: int = 0
    comments: int = 0
    more: dict[str, str] = field(default_factory=dict)  # its custom fields
    is_too_long: bool = False

    @property
    def place(self) -> Place:
        return Place(self.line, " ".join(self.title.split())[:80])


class _Refused(Exception):
    """The file is built to hurt."""


class Reader:
    """Feeds pieces to the parser; whole posts come out. `authors`: public names by login; `persona`: else."""

    def __init__(self, persona: str = "") -> None:
        self.persona = persona
        self.authors: dict[str, str] = {}
        self._parser: Any = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._done: list[Post] = []
        self._path: list[str] = []
        self._post: Post | None = None
        self._words: list[str] = []
        self._size = 0
        self._field = self._meta = self._login = ""
        self._is_topic = False
        self._fed = 0

    def posts(self, stream: BinaryIO) -> Iterator[Post | Skipped]:
        first = True
        try:
            while piece := stream.read(_PIECE):
                if first and piece[:2] in _UTF16:
                    yield Skipped(Place(1), Problem.NOT_XML, "UTF-16")
                    return
                first = False
                self._feed(piece.translate(None, _CONTROLS))
                yield from self._take()
            self._parser.Parse(b"", True)  # noqa: FBT003 - expat's own
        except expat.ExpatError as error:
            yield from self._take()
            yield Skipped(Place(error.lineno), Problem.NOT_XML, expat.ErrorString(error.code) or "")
        except _Refused:
            yield from self._take()
            yield Skipped(Place(self._parser.CurrentLineNumber), Problem.HAS_DTD)

    def _feed(self, piece: bytes) -> None:
        self._fed += len(piece)
        self._parser.Parse(piece, False)  # noqa: FBT003
        if self._fed - max(self._parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
            raise _Refused

    def _take(self) -> list[Post | Skipped]:
        done, self._done = self._done, []
        return list(done)

    def _refuse(self, *_: object) -> None:
        """A blog's export has no document type; one is where bombs and foreign files are named."""
        raise _Refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._path.append(local)
        if len(self._path) > _DEEPEST:
            raise _Refused
        if local == "item":
            self._post, self._size = Post(self._parser.CurrentLineNumber), 0
        self._words = []
        self._field = self._field_of(space, local)
        if local == "category" and self._post is not None:
            self._is_topic = attributes.get("domain") == "category"
            self._post.tags += attributes.get("domain") == "post_tag"

    def _field_of(self, space: str, local: str) -> str:
        """What the text of an element is for; empty where it is nothing to us."""
        above = self._path[-2] if len(self._path) > 1 else ""
        if local == "comment" and self._post is not None:
            self._post.comments += 1
        if above == "item":
            if local == "encoded":
                return "" if "/excerpt/" in space else "content"
            return _FIELDS.get(local, "category" if local == "category" else "")
        wanted = {"postmeta": ("meta_key", "meta_value"), "author": ("author_login", "author_display_name")}
        return local if local in wanted.get(above, ()) else ""

    def _text(self, text: str) -> None:
        if not self._field:
            return
        self._size += len(text)
        if self._size > LONGEST_SOURCE:
            if self._post is not None:
                self._post.is_too_long = True
            return
        self._words.append(text)

    def _end(self, _: str) -> None:
        local = self._path.pop()
        if self._field:
            self._settle("".join(self._words).strip())
            self._field, self._words = "", []
        if local == "item" and self._post is not None:
            self._done.append(self._post)
            self._post = None
            self._size = 0

    def _settle(self, text: str) -> None:
        post = self._post
        if self._field == "author_login":
            self._login = text
        elif self._field == "author_display_name":
            self.authors[self._login] = text
        elif post is None:
            return
        elif self._field == "meta_key":
            self._meta = text
        elif self._field == "meta_value":
            post.more[self._meta] = text
        elif self._field == "category":
            if self._is_topic and text:
                post.categories.append(text)
        else:
            setattr(post, self._field, text)
