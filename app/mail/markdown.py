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
    return Markup(sanitised(_PARSER.render(text)))  # noqa: S704 - sanitised


def sanitised(html: str) -> str:
    """What of any HTML a letter may have; a second time it changes nothing."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_absolute,
        link_rel="nofollow noopener",
    )


def to_line(text: str) -> str:
    """The words alone, for lists of letters."""
    return " ".join(to_html(text.replace("\n", " \n")).striptags().split())
