"""The lines of a reply: where they stand, how deep they are quoted, and their text without the marks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """`text` is without the newline, `body` without quote marks too; start..end includes the newline."""

    start: int
    end: int
    text: str
    body: str
    depth: int

    @property
    def is_blank(self) -> bool:
        return not self.body.strip()


def split_lines(text: str) -> list[Line]:
    lines: list[Line] = []
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline + 1
        lines.append(_line(start, end, text[start:end].removesuffix("\n")))
        start = end
    return lines


def _line(start: int, end: int, text: str) -> Line:
    if text.startswith(">From "):
        return Line(start, end, text, text, 0)  # her own line: an mbox on the way has marked it
    at = depth = 0
    while (mark := _mark_from(text, at, depth)) >= 0:
        at, depth = mark + 1, depth + 1
    return Line(start, end, text, text[at:], depth)


def _mark_from(text: str, at: int, depth: int) -> int:
    """Where the next quote mark stands, or -1."""
    mark = at
    while text[mark : mark + 1] in {" ", "\xa0"}:
        mark += 1
    # At most one space before the first: deeper indentation is somebody's drawing or code.
    is_mark = text[mark : mark + 1] == ">" and (depth > 0 or mark <= 1)
    return mark if is_mark else -1
