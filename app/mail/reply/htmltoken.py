"""HTML as a flat run of texts and tags, in linear time whatever the bytes: mail is rarely valid HTML."""

import re
from collections.abc import Iterator
from enum import Enum
from html import unescape

# No "<" outside of the quotes of an attribute: so at most three attempts can ever run over the same characters.
_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/<>]*+)((?:[^"'<>]++|"[^"]*+"|'[^']*+')*+)>""")
_TAG_WITH_ODD_QUOTE = re.compile(r"<(/?)([A-Za-z][^\s/<>]*+)([^<>]*+)>")  # <p title=don't>
_DECLARATION = re.compile(r"<[!?/][^>]*+>")  # <!DOCTYPE>, Outlook's <![if !supportLists]>, </>
_ATTRIBUTE = re.compile(r"""([^\s=/<>"']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>]++))?+""")
_LONG_NUMBER = re.compile(r"(&#[xX]?[0-9a-fA-F]{8})[0-9a-fA-F]++")
_RAW_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title")}
_BODY = re.compile(r"<body\b", re.IGNORECASE)
_MOST_ATTRIBUTES = 4_000  # characters of them in one tag


class Kind(Enum):
    TEXT = 0
    OPEN = 1
    CLOSE = 2


Token = tuple[Kind, str, str]  # kind; text or name; attributes
TEXT, OPEN, CLOSE = Kind


def tokens(html: str) -> Iterator[Token]:
    """Comments, declarations, scripts and styles are left out; what opens and never closes is text."""
    at, last = 0, html.rfind(">")
    endless: set[str] = set()  # raw elements that nothing ends from here on
    while 0 <= (start := html.find("<", at)) <= last:
        if start > at:
            yield TEXT, html[at:start], ""
        match = _TAG.match(html, start)
        if match is None and html.startswith("<!--", start):
            at = html.find("-->", start + 2) + 3
            if at < 3:  # then no later one ends either
                at, html = start, html[:start] + html[start:].replace("<!--", "&lt;!--")
            continue
        at, kind, name, attributes = _tag(html, start, match)
        yield kind, name, attributes
        if kind is OPEN and name in _RAW_ENDS:
            at = _below_raw(html, at, name, endless)
    if at < len(html):
        yield TEXT, html[at:], ""


def _tag(html: str, start: int, match: re.Match[str] | None) -> tuple[int, Kind, str, str]:
    match = match or _TAG_WITH_ODD_QUOTE.match(html, start)
    if match is None:
        declaration = _DECLARATION.match(html, start)
        return (declaration.end(), TEXT, "", "") if declaration else (start + 1, TEXT, "<", "")
    slash, name, attributes = match.groups()
    if "@" in name or name[-1] == ":":  # <guru@expert.test>, <https://…>: somebody forgot to escape it
        return match.end(), TEXT, f"&lt;{match[0][1:]}", ""
    return match.end(), CLOSE if slash else OPEN, name.lower(), attributes[:_MOST_ATTRIBUTES]


def _below_raw(html: str, at: int, name: str, endless: set[str]) -> int:
    """Where the content of a style ends; one that never ends is read on from the body, or from here."""
    if name in endless:
        return at
    match = _RAW_ENDS[name].search(html, at)
    if match is None:
        endless.add(name)
        match = _BODY.search(html, at)
    return match.start() if match else at


def attributes_of(text: str) -> dict[str, str]:
    """Names in lower case; of two with one name the first counts."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), decoded(value.strip("\"'")))
    return found


def decoded(text: str) -> str:
    """Character references as characters."""
    if "&" not in text:
        return text
    try:
        return unescape(text)
    except ValueError:  # a number of more than 4,300 digits
        return unescape(_LONG_NUMBER.sub(r"\1", text))
