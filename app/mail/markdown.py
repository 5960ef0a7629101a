"""Answers are stored as the little Markdown that reply capture writes; here it becomes HTML, and nothing else does.

Only what a letter has: paragraphs, lists, quoted passages, bold, italics, links. No HTML, headings, code or pictures:
a line that begins with # or with four spaces is what the expert wrote, and stays so.
"""

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_PARSER = MarkdownIt("zero", {"html": False, "breaks": True}).enable(
    ["blockquote", "list", "emphasis", "link", "autolink", "newline", "escape"]
)
_TAGS = {"a", "blockquote", "br", "em", "li", "ol", "p", "strong", "ul"}


def _absolute(tag: str, name: str, value: str) -> str | None:
    """A link of a letter leads to another site, or to a mailbox; never into this one."""
    is_link = (tag, name) == ("a", "href")
    return None if is_link and not value.lower().startswith(("http://", "https://", "mailto:")) else value


def to_html(text: str) -> Markup:
    """Escaped, then sanitised a second time by another hand: two mistakes are needed to let anything through."""
    html = nh3.clean(
        _PARSER.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_absolute,
        link_rel="nofollow noopener",
    )
    return Markup(html)  # noqa: S704 - sanitised in the line above


def to_line(text: str) -> str:
    """The words alone, for lists of letters."""
    return " ".join(to_html(text.replace("\n", " \n")).striptags().split())
