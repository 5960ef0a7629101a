"""HTML that several programs write alike."""

import re
from collections.abc import Iterable
from html import escape

# The browser would swallow these: a space that begins a line, and one before another.
_LOST_SPACE = re.compile(r"^ | (?= )")


def words(text: str) -> str:
    return _LOST_SPACE.sub("&nbsp;", escape(text, quote=False))


def line_breaks(lines: Iterable[str]) -> str:
    return "<br>\n".join(words(line) for line in lines)


def divs(lines: Iterable[str]) -> str:
    """What the editors of Gmail and Apple make of the return key: a div a line, an empty line a break."""
    return "".join(f"<div>{words(line) or '<br>'}</div>" for line in lines)


def angled_link(address: str) -> str:
    return f'&lt;<a href="mailto:{escape(address)}">{escape(address)}</a>&gt;'
