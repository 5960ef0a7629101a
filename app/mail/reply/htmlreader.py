"""Reads an HTML mail in one pass: its lines as a browser shows them, and the regions that containers mark in them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.mail.reply.containers import Role, roles_of
from app.mail.reply.htmlframe import Frame
from app.mail.reply.htmllines import CELL, DEEPEST_LIST, Lines
from app.mail.reply.htmlstyle import PLAIN, Style, read_style
from app.mail.reply.htmltoken import OPEN, TEXT, attributes_of, decoded, tokens
from app.mail.reply.links import address_of

PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote"})
LINES = frozenset(
    {"address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dt", "fieldset", "figcaption"}
    | {"figure", "footer", "form", "header", "html", "li", "main", "nav", "section", "summary", "tr", "td", "th"}
    | {"tbody", "thead", "tfoot"}
)
BLOCKS = PARAGRAPHS | LINES
DISTANT = PARAGRAPHS - {"p", "ul", "ol"}  # a blank line stands below, always
MEANT = frozenset({"ul", "ol", "li", "p", "tr", "table"})  # their end means more than the end of a line
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"})
UNKEPT = frozenset({"html", "body", "o:p"})  # a nested document must not end the one around it
# Which open elements an element ends, and where the search for them stops.
ENDS = {
    "li": ({"li"}, {"ul", "ol"}),
    "td": ({"td", "th"}, {"table"}),
    "th": ({"td", "th"}, {"table"}),
    "tr": ({"tr"}, {"table"}),
    "dd": ({"dd", "dt"}, {"dl"}),
    "dt": ({"dd", "dt"}, {"dl"}),
}
WALLS = frozenset({"table", "td", "th"})
TABLE_TAGS = WALLS | {"tr", "tbody", "thead", "tfoot"}
DEEPEST = 200
MOST_REGIONS = 2_000
MOST_CELL_LINES = 200  # of a row that becomes one line
LONGEST_EMOJI = 8
NO_MARGINS = "P {margin-top:0;margin-bottom:0;}"  # Outlook on the web says it once for the whole mail
NONE: Mapping[str, str] = {}
NO_ROLES: frozenset[Role] = frozenset()
CUT_ROLES = {Role.QUOTE, Role.ATTRIBUTION, Role.SIGNATURE}


@dataclass(slots=True)
class Region:
    """Lines start..end; `role` is a Role, or "block quote", "top rule" for what only its surroundings explain."""

    start: int
    end: int
    role: str
    is_nested: bool  # inside a quote
    is_gmail: bool = False


class Reader:
    def __init__(self, html: str, *, is_markdown: bool, most_lines: int = sys.maxsize) -> None:
        self.lines = Lines(is_markdown=is_markdown, most=most_lines)
        self.regions: list[Region] = []
        self._html = html.replace(CELL, "")
        self._stack = [Frame(is_block=True)]
        self._open: dict[str, int] = {}  # how many of each tag are open
        self._too_deep = 0
        self._lists = 0
        self._list_mark = ""
        self._has_margins = NO_MARGINS not in html

    def read(self) -> None:
        for kind, name, attributes in tokens(self._html):
            if kind is TEXT:
                self._text(name)
            elif kind is OPEN:
                self._start(name, attributes)
            else:
                self._close(name)
        self._pop(1)
        self.lines.end(0)
        self._settle_cells(Frame(rows=0))  # of rows without a table
        self._end_regions(self._stack[0])

    def _text(self, text: str) -> None:
        top = self._stack[-1]
        if top.is_hidden or top.is_tiny:
            return
        text = decoded(text)
        if top.is_list_mark:
            self._list_mark += text
        elif top.is_preformatted:
            self.lines.add_preformatted(text)
        else:
            self._settle_list_mark(text)
            self.lines.add(text, top.style, top.address)

    def _start(self, tag: str, text: str) -> None:
        attributes, style, roles = _look_of(tag, text) if text else (NONE, PLAIN, NO_ROLES)
        if tag in VOID:
            self._void(tag, attributes, roles)
            return
        is_too_deep = self._too_deep or len(self._stack) > DEEPEST
        if not is_too_deep:
            self._end_implied(tag)
        self._break_around(tag, attributes, style, is_region=bool(roles))
        if tag in UNKEPT:
            return
        if is_too_deep:
            self._too_deep += 1
            return
        frame = self._stack[-1].inside(tag, style)
        frame.is_block = tag in BLOCKS or style.is_block or bool(roles)
        frame.keeps_distance = tag == "p" and self._keeps_distance(tag, attributes, style)
        self._push(frame)
        self._enter(frame, attributes, style, roles)

    def _push(self, frame: Frame) -> None:
        self._stack.append(frame)
        self._open[frame.tag] = self._open.get(frame.tag, 0) + 1

    def _void(self, tag: str, attributes: Mapping[str, str], roles: frozenset[Role]) -> None:
        top = self._stack[-1]
        if top.is_hidden:
            return
        if tag == "br":
            self.lines.break_line()
        elif tag == "hr":
            self._end_line(gap=True)
        elif tag == "img" and _is_emoji(attributes.get("alt", "")):
            self.lines.add(attributes["alt"], top.style, top.address)
        if Role.BELOW in roles:
            self._open_region(Role.BELOW, self._holder())

    def _enter(self, frame: Frame, attributes: Mapping[str, str], style: Style, roles: frozenset[Role]) -> None:
        """What an element means beyond its style."""
        tag = frame.tag
        if tag == "a":
            frame.address = "" if frame.is_cut else address_of(attributes.get("href", ""))
        elif tag in {"ul", "ol"}:
            frame.number = -1 if tag == "ul" else _number(attributes.get("start", "1")) - 1
            self._lists += 1
        elif tag == "li":
            self._enter_item()
        elif tag == "table":
            frame.rows = len(self.lines.done)
        elif tag in {"td", "th"} and self._stack[-2].tag == "tr":
            self._stack[-2].cells.append(len(self.lines.done))
        elif tag == "blockquote":
            self._enter_quote(frame, attributes, style, roles)
        if style.list_level and tag == "p":
            frame.is_word_item = True
            self._lists_of_word(style.list_level)
        if style.has_top_rule:
            self._open_region("top rule", frame)
        self._enter_roles(frame, roles)

    def _enter_roles(self, frame: Frame, roles: frozenset[Role]) -> None:
        if Role.BELOW in roles:
            self._open_region(Role.BELOW, self._holder())
        if Role.SHELL in roles:
            frame.is_shell = True
            self._open_region(Role.SHELL, frame)
        for role in roles & CUT_ROLES:
            self._open_region(role, frame)
            frame.is_cut = True
            frame.address, frame.style = "", 0
            frame.is_holder = frame.is_holder or role is Role.QUOTE
            frame.is_quote = frame.is_quote or role is Role.QUOTE

    def _enter_quote(self, frame: Frame, attributes: Mapping[str, str], style: Style, roles: frozenset[Role]) -> None:
        if style.is_indented_only and not (frame.is_quote or Role.QUOTE in roles):
            return  # she pressed the button that indents
        if frame.is_shell and not frame.is_quote and Role.QUOTE not in roles:
            self._enter_roles(frame, frozenset({Role.QUOTE}))
        elif not frame.is_quote and Role.QUOTE not in roles:
            is_gmail = "gmail_quote" in attributes.get("class", "")
            self._open_region("block quote", frame)
            self.regions[-1].is_gmail = is_gmail
        frame.depth += 1
        frame.is_holder = True
        self.lines.end(frame.depth)

    def _enter_item(self) -> None:
        holder = next((frame for frame in reversed(self._stack) if frame.tag in {"ul", "ol"}), None)
        indent = "  " * (min(max(self._lists, 1), DEEPEST_LIST) - 1)
        if holder is None or holder.number < 0:
            self.lines.mark = f"{indent}- "
            return
        holder.number += 1
        self.lines.mark = f"{indent}{holder.number}. "

    def _lists_of_word(self, level: int) -> None:
        """Outlook makes no lists, only paragraphs that say which level they are of."""
        self._list_mark = ""
        self.lines.mark = "  " * (min(level, DEEPEST_LIST) - 1)

    def _settle_list_mark(self, text: str) -> None:
        if self._list_mark and text.strip(" \t\n\r\f"):
            mark = self._list_mark.strip(" \xa0\t\n\r")
            is_numbered = mark[:-1].isalnum() and mark.endswith((".", ")"))
            self.lines.mark += f"{mark} " if is_numbered else "- "
            self._list_mark = ""

    def _close(self, tag: str) -> None:
        if self._too_deep:
            self._too_deep -= tag not in VOID and tag not in UNKEPT
            self._break_around(tag, {}, PLAIN)
            return
        if tag == "br":
            self.lines.break_line()
        elif self._open.get(tag):
            self._close_open(tag)
        elif tag in BLOCKS:
            self._end_line(gap=False)

    def _close_open(self, tag: str) -> None:
        is_block = tag in BLOCKS
        for at in range(len(self._stack) - 1, 0, -1):
            frame = self._stack[at]
            if frame.tag == tag:
                self._pop(at)
                return
            if frame.is_block and not is_block:
                return
            if frame.tag in WALLS and tag not in TABLE_TAGS:
                return

    def _end_implied(self, tag: str) -> None:
        if tag in ENDS:
            ended, stops = ENDS[tag]
            if any(self._open.get(name) for name in ended):
                self._pop_to(ended, stops)
        elif tag in BLOCKS and self._open.get("p"):
            self._pop_to({"p"}, BLOCKS - {"p"})

    def _pop_to(self, ended: set[str], stops: "set[str] | frozenset[str]") -> None:
        for at in range(len(self._stack) - 1, 0, -1):
            if self._stack[at].tag in ended:
                self._pop(at)
                return
            if self._stack[at].tag in stops:
                return

    def _pop(self, at: int) -> None:
        while len(self._stack) > at:
            frame = self._stack.pop()
            self._open[frame.tag] -= 1
            self._leave(frame)

    def _leave(self, frame: Frame) -> None:
        tag = frame.tag
        if frame.is_block:
            self._end_line(gap=tag in DISTANT)
        if tag not in MEANT and not frame.opened:
            return
        if tag in {"ul", "ol"}:
            self._lists = max(0, self._lists - 1)
            self.lines.gap = self.lines.gap or not self._lists
        elif tag == "li":
            self.lines.mark = self.lines.indent = ""
        elif tag == "p":
            self.lines.gap = self.lines.gap or frame.keeps_distance
            if frame.is_word_item:
                self._list_mark = self.lines.mark = self.lines.indent = ""
        elif tag == "tr":
            self._join_cells(frame)
        elif tag == "table":
            self._settle_cells(frame)
        self._end_regions(frame)

    def _break_around(self, tag: str, attributes: Mapping[str, str], style: Style, *, is_region: bool = False) -> None:
        if tag in PARAGRAPHS:
            self._end_line(gap=self._keeps_distance(tag, attributes, style))
        elif tag in LINES or style.is_block or is_region:
            self._end_line(gap=False)

    def _keeps_distance(self, tag: str, attributes: Mapping[str, str], style: Style) -> bool:
        if tag in {"ul", "ol"}:
            return not self._lists  # lists inside lists stay one block
        if tag != "p":
            return True
        return self._has_margins and not style.has_no_margin and not attributes.get("class", "").startswith("Mso")

    def _end_line(self, *, gap: bool) -> None:
        self.lines.end(self._stack[-1].depth)
        self.lines.gap = self.lines.gap or gap

    def _join_cells(self, row: Frame) -> None:
        """The cells of a row become one line, unless one of them has several."""
        done, prefix = self.lines.done, self.lines.prefix()
        if len(row.cells) < 2 or len(done) - row.cells[0] > MOST_CELL_LINES:
            return
        bounds = [*row.cells, len(done)]
        cells = [[line for line in done[a:b] if line.strip("> ")] for a, b in pairwise(bounds)]
        texts = [cell[0].removeprefix(prefix) for cell in cells if len(cell) == 1]
        if any(len(cell) > 1 for cell in cells) or len(texts) < 2 or self._has_regions_from(row.cells[0]):
            return
        first = row.cells[0]
        keeps_gap = not done[first].strip("> ") and first > 0 and CELL not in done[first - 1]
        done[first + keeps_gap :] = [prefix + CELL.join(texts)]
        self.lines.gap = False

    def _settle_cells(self, table: Frame) -> None:
        """Between the columns of a table stand bars; what is only laid out in a table gets spaces."""
        done = self.lines.done
        counts = [line.count(CELL) for line in done[table.rows :] if line.strip("> ")]
        if any(counts):
            bar = " | " if len(counts) > 1 and len(set(counts)) == 1 else " "
            done[table.rows :] = [line.replace(CELL, bar) for line in done[table.rows :]]

    def _has_regions_from(self, line: int) -> bool:
        return bool(self.regions) and max(self.regions[-1].start, self.regions[-1].end) > line

    def _holder(self) -> Frame:
        """The innermost quote, which ends what began "from here on"; else the document."""
        return next((frame for frame in reversed(self._stack) if frame.is_holder), self._stack[0])

    def _open_region(self, role: str, frame: Frame) -> None:
        if len(self.regions) < MOST_REGIONS:
            self.lines.end(frame.depth)
            frame.opened.append(len(self.regions))
            self.regions.append(Region(len(self.lines.done), -1, role, self._stack[-1].is_quote))

    def _end_regions(self, frame: Frame) -> None:
        for at in frame.opened:
            self.regions[at].end = len(self.lines.done)


@lru_cache(maxsize=4_000)  # a mail repeats a few tags thousands of times
def _look_of(tag: str, text: str) -> tuple[Mapping[str, str], Style, frozenset[Role]]:
    attributes = attributes_of(text)
    style = read_style(attributes["style"]) if "style" in attributes else PLAIN
    return attributes, style, frozenset(roles_of(tag, attributes))


def _is_emoji(alt: str) -> bool:
    """A smiley that the program made a picture of; other pictures leave no text, they are attachments."""
    return 0 < len(alt) <= LONGEST_EMOJI and not any(map(str.isalnum, alt))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
