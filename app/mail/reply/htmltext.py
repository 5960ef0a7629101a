"""An HTML mail as text: lines as a browser shows them, Markdown for what she formatted, hints from containers.

Bold, italics, links, lists and block quotes become Markdown; nothing is escaped. Pictures leave nothing, except
smileys; what a browser hides (preheaders, tracking pixels) is left out. The parts that a program quoted, and
signatures, come as bare words. Rows of a table are lines; between columns stand bars.
"""

import sys
from typing import NamedTuple

from app.mail.reply.hints import Hint
from app.mail.reply.htmlreader import Reader
from app.mail.reply.regions import hints_of

HTML_STARTS = ("<!doctype html", "<html", "<head", "<body", "<div", "<p>", "<meta", "<table", "<style")


class HtmlText(NamedTuple):
    text: str
    hints: tuple[Hint, ...] = ()


def looks_like_html(text: str) -> bool:
    """HTML that is labelled text/plain."""
    start = text[:200].lstrip().lower()
    if start.startswith(HTML_STARTS[:2]):
        return True
    # "<p>" alone may be the beginning of a sentence about HTML.
    return start.startswith(HTML_STARTS) and text.rstrip()[-1:] == ">" and "</" in text


def html_to_text(html: str) -> str:
    return read_html(html).text


def read_html(html: str, *, is_markdown: bool = True, most_lines: int = sys.maxsize) -> HtmlText:
    """The text, with \\n line ends and no NUL, and what the containers in it say. Takes linear time.

    Raises Unreadable at once where it would have more than `most_lines`.
    """
    reader = Reader(html.removeprefix("\ufeff").replace("\0", ""), is_markdown=is_markdown, most_lines=most_lines)
    reader.read()
    lines = reader.lines.done
    return HtmlText("\n".join(lines), hints_of(lines, reader.regions))
