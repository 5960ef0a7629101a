"""What mailing lists add below every mail: a rule, the list's name, and how to leave it."""

from app.mail.reply.words import fold

MOST_LINES = 8
NAMES = ("mailing list", "mailman", "google groups", "googlegroups", "unsubscribe", "listinfo", "discussion list")
LONGEST_START = 1_000  # characters
NAME_ENDS = ("-users", "-list", "-devel", "-discuss", "@lists.")


def is_list_footer(lines: list[str]) -> bool:
    """A rule, then few short lines of which one names the list."""
    if not 2 <= len(lines) <= MOST_LINES or not _is_rule(lines[0]):
        return False
    return _names_list(lines[1:])


def is_list_paragraph(lines: list[str]) -> bool:
    """ "You received this message because you are subscribed to the Google Groups …", below a delimiter or alone."""
    first = fold(" ".join(lines[:2])[:LONGEST_START])
    return first.startswith("you received this message because you are subscribed to")


def _names_list(lines: list[str]) -> bool:
    text = " ".join(lines).casefold()
    has_address = "@" in text or "http" in text
    return has_address and any(name in text or fold(name) in fold(text) for name in NAMES)


def _is_rule(line: str) -> bool:
    rule = line.strip()
    return len(rule) >= 2 and not rule.strip("_-=")
