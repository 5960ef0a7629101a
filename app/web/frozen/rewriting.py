"""Links of a rendered page are pointed at the files of the folder; the words of letters are never touched."""

import re
from collections.abc import Callable, Iterator
from html import escape, unescape

# A tag: text never holds a bare "<", and an attribute of ours stands in double quotes.
_TAG = re.compile(r"<[a-zA-Z](?:[^<>\"]|\"[^\"]*\")*>")
_FOR_EMBEDDING = re.compile(r'<link [^<>]*type="[a-z]+/[a-z]+\+oembed"[^<>]*>\n?')
_LINK = re.compile(r"(?<=\s)(href|src|action)=\"(/(?!/)[^\"]*)\"")


def with_links(html: str, point: Callable[[str], str]) -> str:
    """Each address in it that begins with a slash, as `point` says it."""

    def attribute(match: re.Match[str]) -> str:
        return f'{match[1]}="{escape(point(unescape(match[2])))}"'

    return _TAG.sub(lambda tag: _LINK.sub(attribute, tag[0]), html)


def without_embedding(html: str) -> str:
    """Its code is told by a server, to whoever asks with an address."""
    return _FOR_EMBEDDING.sub("", html)


def links_in(html: str) -> Iterator[str]:
    for tag in _TAG.finditer(html):
        for match in _LINK.finditer(tag[0]):
            yield unescape(match[2])


def addresses_in(text: str, base_url: str) -> Iterator[str]:
    """Paths below the site's own address that stand in a feed, a map, or the head of a page."""
    for match in re.finditer(rf"{re.escape(base_url)}(/[^\s\"'<>()\\]*)", text):
        yield unescape(match[1])


def with_places(text: str, base_url: str) -> str:
    """Of a feed: the address of its next page, which a server would find by a query, is a file of its own."""
    pattern = rf"{re.escape(base_url)}(/(?:[^\s\"'<>()?]*/)?)([a-z.]+)\?before=([0-9.-]+)"
    return re.sub(pattern, rf"{base_url}\1before/\3/\2", text)
