"""What strangers wrote, as a terminal may show it: nothing in it moves the cursor, wipes the screen or sets a title."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 but the tabulator and the line end, DEL, and C1


def shown(text: str) -> str:
    r"""Control characters as they are written in programs: \x1b."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
