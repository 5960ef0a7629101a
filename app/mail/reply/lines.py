"""The lines of a reply: where they stand, how deep they are quoted, and their text without the marks."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Line:
    """`text` is without the newline, `body` without quote marks too; start..end includes the newline."""

    start: int
    end: int
    text: str
    body: str
    depth: int
    is_blank: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_blank = not self.body or self.body.isspace()

    def until(self, at: int) -> "Line":
        return Line(self.start, self.start + at, self.text[:at], self.text[:at], 0)

    def starting_at(self, at: int) -> "Line":
        return Line(self.start + at, self.end, self.text[at:], self.text[at:], 0)


def split_lines(text: str) -> list[Line]:
    return split_indented_lines(text)[0]


def split_indented_lines(text: str) -> tuple[list[Line], int]:
    """The lines, and how many spaces all of them begin with: quote marks stand behind those."""
    indent = _common_indent(text)
    lines: list[Line] = []
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline + 1
        lines.append(_line(start, end, text[start:end].removesuffix("\n"), indent))
        start = end
    return lines, indent


def _common_indent(text: str) -> int:
    """0 for a text of one line: an indented line may be code."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or any(line[0] != " " for line in lines):
        return 0
    return min(len(line) - len(line.lstrip(" ")) for line in lines)


def _line(start: int, end: int, text: str, indent: int = 0) -> Line:
    if text.startswith(">From "):
        return Line(start, end, text, text, 0)  # her own line: an mbox on the way has marked it
    at, depth = min(indent, len(text)), 0
    origin = at
    while (mark := _mark_from(text, at, depth, origin)) >= 0:
        at, depth = mark + 1, depth + 1
    return Line(start, end, text, text[at:] if depth else text, depth)


def _mark_from(text: str, at: int, depth: int, origin: int) -> int:
    """Where the next quote mark stands, or -1."""
    mark = at
    while text[mark : mark + 1] in {" ", "\xa0"}:
        mark += 1
    # At most one space before the first: deeper indentation is somebody's drawing or code.
    is_mark = text[mark : mark + 1] == ">" and (depth > 0 or mark - origin <= 1)
    return mark if is_mark else -1
