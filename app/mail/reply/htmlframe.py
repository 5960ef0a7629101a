"""One open element of an HTML mail, with what it hands down to the elements inside."""

from dataclasses import dataclass, field

from app.mail.reply.htmlstyle import PLAIN, Style
from app.mail.reply.inline import BOLD, ITALIC

BOLD_TAGS = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"})
ITALIC_TAGS = frozenset({"i", "em"})
HIDDEN_TAGS = frozenset({"template", "xml"})
PREFORMATTED_TAGS = frozenset({"pre", "textarea"})
_STYLED = BOLD_TAGS | ITALIC_TAGS | PREFORMATTED_TAGS


@dataclass(slots=True)
class Frame:
    tag: str = ""
    style: int = 0  # BOLD and ITALIC
    address: str = ""  # of the link that it stands in
    is_hidden: bool = False
    is_tiny: bool = False
    is_preformatted: bool = False
    is_list_mark: bool = False
    is_cut: bool = False  # a quote, attribution or signature: bare words are enough
    is_quote: bool = False
    is_shell: bool = False
    is_block: bool = False
    is_holder: bool = False  # a quote: it ends what began "from here on"
    is_word_item: bool = False  # a paragraph that Outlook shows as a list item
    keeps_distance: bool = False  # of a paragraph: a blank line stands above and below
    depth: int = 0  # of quote marks
    number: int = -1  # of the last list item; -1: not numbered
    rows: int = -1  # the line that its table begins at
    cells: list[int] = field(default_factory=list)  # of a table row: the lines that they begin at
    opened: list[int] = field(default_factory=list)  # regions that end with it

    def inside(self, tag: str, style: Style) -> "Frame":
        is_plain = style is PLAIN and tag not in _STYLED
        return Frame(
            tag,
            self.style if is_plain else _style(tag, style, around=self.style),
            self.address,
            self.is_hidden or style.is_hidden or tag in HIDDEN_TAGS,
            self.is_tiny if style.is_tiny is None else style.is_tiny,
            self.is_preformatted if is_plain else _is_preformatted(tag, style, default=self.is_preformatted),
            self.is_list_mark or style.is_list_mark,
            self.is_cut,
            self.is_quote,
            self.is_shell,
            depth=self.depth,
        )


def _style(tag: str, style: Style, *, around: int) -> int:
    return _with(_with(around, BOLD, _is_bold(tag, style)), ITALIC, _is_italic(tag, style))


def _with(style: int, bit: int, is_on: bool | None) -> int:  # noqa: FBT001 - None: as around it
    if is_on is None:
        return style
    return style | bit if is_on else style & ~bit


def _is_bold(tag: str, style: Style) -> bool | None:
    return True if style.is_bold is None and tag in BOLD_TAGS else style.is_bold


def _is_italic(tag: str, style: Style) -> bool | None:
    return True if style.is_italic is None and tag in ITALIC_TAGS else style.is_italic


def _is_preformatted(tag: str, style: Style, *, default: bool) -> bool:
    if style.is_preformatted is not None:
        return style.is_preformatted
    return default or tag in PREFORMATTED_TAGS
