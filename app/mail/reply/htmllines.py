"""The lines of an HTML mail in the making: white space collapsed as a browser does, gaps, quote marks, list marks."""

import re
import sys

from app.mail.reply.inline import Piece, markdown_line, plain_line
from app.mail.reply.limits import Unreadable

CELL = "\x1f"  # between the cells of a table row, until we know what table it is
_SPACES = re.compile(r"[ \t\n\r\f]+")  # NBSP is no white space to a browser
DEEPEST_QUOTE = 8  # a hostile mail nests thousands, and every line would carry all the marks
DEEPEST_LIST = 8


class Lines:
    def __init__(self, *, is_markdown: bool, most: int = sys.maxsize) -> None:
        self._most = most
        self.done: list[str] = []
        self.gap = False  # a blank line is due before the next line
        self.mark = ""  # of a list item, due before its first line
        self.indent = ""  # of the list item that we are in
        self._pieces: list[Piece] = []
        self._space = False  # white space is due before the next word of this line
        self._finish = markdown_line if is_markdown else plain_line
        self._depth = 0  # of the quote that the current line stands in

    def add(self, text: str, style: int, address: str) -> None:
        collapsed = text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)
        words = collapsed.strip(" ")
        if not words:
            self._space = self._space or bool(collapsed)
            return
        self._piece(words, style, address, after_space=self._space or collapsed[0] == " ")
        self._space = collapsed[-1] == " "

    def add_preformatted(self, text: str) -> None:
        first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._exactly(first)
        for line in others:
            self.break_line()
            self._exactly(line)

    def break_line(self) -> None:
        if self._pieces:
            self.end(self._depth)
        else:
            self.gap = True

    def end(self, depth: int) -> None:
        """End the current line, if there is one; what follows stands `depth` quotes deep."""
        self._space = False
        if not self._pieces:
            self._depth = depth
            return
        line = self._finish(self._pieces).rstrip(" \t\n")
        self._pieces.clear()
        if line.strip():
            self._write(line)
        elif line:
            self.gap = True  # Outlook's empty line is an NBSP
        self._depth = depth

    def prefix(self) -> str:
        return "> " * min(self._depth, DEEPEST_QUOTE)

    def _write(self, line: str) -> None:
        marks = self.prefix()
        if self.gap and self.done:
            self.done.append(marks.rstrip() if self.done[-1].startswith(">") else "")
        self.gap = False
        if len(self.done) > self._most:
            raise Unreadable(f"more than {self._most} lines of text")
        self.done.append(f"{marks}{self.mark or self.indent}{line}")
        if self.mark:
            self.indent, self.mark = " " * len(self.mark), ""

    def _piece(self, text: str, style: int, address: str, *, after_space: bool) -> None:
        self._pieces.append(Piece(text, after_space and bool(self._pieces), style, address))

    def _exactly(self, text: str) -> None:
        if text:
            self._piece(text, 0, "", after_space=self._space)
            self._space = False
