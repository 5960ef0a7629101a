"""Words of a quote that a mail program wrapped out of its marks: "> … a long line", "wrapped", and "> " again."""

from app.mail.reply.draft import Draft

FULL_LINE = 72  # as wide as lines are wrapped at; with the next word a longer one would have been wrapped
OPENING = "([<"


def label_wrapped_out(draft: Draft) -> None:
    """A single line between marked ones; it is hers when the line above had room for its first word."""
    for i in range(1, len(draft.lines) - 1):
        above, line, below = draft.lines[i - 1 : i + 2]
        if draft.is_new(i) and not line.is_blank and above.depth and below.depth and _goes_on(above.text, line.text):
            draft.reasons[i] = "wrapped-out-of-quote"
    _label_last(draft)


def _label_last(draft: Draft) -> None:
    """The last line of the mail but one: "> " alone may follow, or nothing."""
    last = draft.before(len(draft.lines))
    if last > 0 and draft.is_new(last) and draft.lines[last - 1].depth:
        above, line = draft.lines[last - 1], draft.lines[last]
        if _goes_on(above.text, line.text) and _has_open_link(above.text):
            draft.reasons[last] = "wrapped-out-of-quote"


def _goes_on(above: str, line: str) -> bool:
    text = line.strip()
    is_link = text[0] in "(<" and text.endswith((">", ")")) and " " not in text.rstrip(" >")
    if is_link or _has_open_link(above):
        return True
    needed = len(above.rstrip()) + 1 + len(text.split(maxsplit=1)[0])
    return needed > FULL_LINE and not text[0].isupper()


def _has_open_link(text: str) -> bool:
    """The line ends within an address in brackets."""
    at = max(text.rfind("http://"), text.rfind("https://"))
    if at < 1 or " " in text[at:].strip() or text[at - 1] not in OPENING:
        return False
    return not any(char in text[at:] for char in ")]>")
