"""Lines of text parts: wrapped, quoted, flowed. Only the ASCII space is a place to break a line."""

from collections.abc import Iterable


def wrap(line: str, width: int) -> list[str]:
    """Break at spaces; a word longer than `width` is never broken, and other spacing stays as it is."""
    rows = []
    line = line.rstrip(" ")
    while len(line) > width:
        indent = len(line) - len(line.lstrip(" "))
        cut = line.rfind(" ", indent, width + 1)
        if cut < 0:
            cut = line.find(" ", max(indent, width))
        if cut < 0:
            break
        rows.append(line[:cut].rstrip(" "))
        line = line[cut:].lstrip(" ")
    return [*rows, line]


def wrapped(lines: Iterable[str], width: int) -> list[str]:
    return [row for line in lines for row in wrap(line, width)]


def quote_mark(line: str) -> str:
    """Marks of several levels stand together (">> "), as in all programs but mutt."""
    return ">" if line.startswith(">") else "> "


def flow(line: str) -> list[str]:
    """A paragraph in format=flowed (RFC 3676): each row but the last ends in a space."""
    *rows, last = wrap(line, 71)
    return [*(stuff(row) + " " for row in rows), stuff(last)]


def stuff(row: str) -> str:
    """RFC 3676, 4.4: a space goes before what a reader or a mailbox file would misread."""
    return " " + row if row.startswith((" ", ">", "From ")) else row
