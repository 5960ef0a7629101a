"""format=flowed (RFC 3676): a line that ends in a space goes on in the next line of the same quote depth."""


def unflow(text: str, *, delsp: bool = False) -> tuple[str, bool]:
    """Join soft line breaks; say whether there were any. Quoted lines come back as "> text"."""
    joined: list[str] = []
    had_soft_breaks = False
    open_depth = -1  # quote depth of a line that goes on; -1: none does
    for raw in text.split("\n"):
        depth = len(raw) - len(raw.lstrip(">"))
        line = raw[depth:].removeprefix(" ")  # space-stuffing, section 4.4
        if depth == open_depth and line != "-- ":
            joined.append(line)
            had_soft_breaks = True
        else:
            joined.append(("\n" if joined else "") + _marks(depth, line) + line)
        # The signature delimiter ends in a space and never flows, section 4.3.
        open_depth = depth if line.endswith(" ") and line != "-- " else -1
        if delsp and open_depth == depth:
            joined[-1] = joined[-1][:-1]
    return "".join(joined), had_soft_breaks


def _marks(depth: int, line: str) -> str:
    return ">" * depth + (" " if depth and line else "")
