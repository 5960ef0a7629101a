"""What an inline style says about text: whether it shows, whether it stands out, how far it keeps its distance."""

import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 4_000
_ZERO = re.compile(r"0*\.?0*(?:px|pt|em|rem|ex|in|cm|mm|%)?")
_LIST_LEVEL = re.compile(r"\blevel([1-9])\b")
_TOP_RULE = re.compile(r"solid\s+(?:#b5c4df|#e1e1e1|windowtext)|(?:#b5c4df|#e1e1e1)\b.*solid")


@dataclass(frozen=True)
class Style:
    """None where the style says nothing and what is around it counts."""

    is_hidden: bool = False
    is_tiny: bool | None = None  # font-size:0, which an element inside can undo
    is_bold: bool | None = None
    is_italic: bool | None = None
    is_preformatted: bool | None = None
    has_no_margin: bool = False
    has_top_rule: bool = False  # the line that Outlook draws above the headers of a quote
    is_indented_only: bool = False  # the block quote that an Indent button makes
    is_block: bool = False
    is_list_mark: bool = False  # the bullet or number that Word typed
    list_level: int = 0


PLAIN = Style()


@lru_cache(maxsize=2_000)  # a mail repeats a few styles thousands of times
def read_style(text: str) -> Style:
    if len(text) > _LONGEST:
        return PLAIN
    rules = dict(_rules(text.lower()))
    mso_list = rules.get("mso-list", "")
    level = _LIST_LEVEL.search(mso_list)
    return Style(
        is_hidden=_is_hidden(rules),
        is_tiny=_is_zero(rules["font-size"]) if "font-size" in rules else None,
        is_bold=_is_bold(rules.get("font-weight", "")),
        is_italic=_is_italic(rules.get("font-style", "")),
        is_preformatted=rules["white-space"].startswith(("pre", "break")) if "white-space" in rules else None,
        has_no_margin=_has_no_margin(rules),
        has_top_rule=_TOP_RULE.match(rules.get("border-top", "")) is not None and "padding" in rules,
        is_indented_only=rules.get("border", "").startswith("none") and "border-left" not in rules,
        is_block=rules.get("display", "") in {"block", "table", "list-item", "flex"},
        is_list_mark=mso_list == "ignore",
        list_level=int(level[1]) if level else 0,
    )


def _rules(text: str) -> list[tuple[str, str]]:
    pairs = (rule.partition(":") for rule in text.split(";"))
    return [(name.strip(), value.replace("!important", "").strip()) for name, _, value in pairs]


def _is_hidden(rules: dict[str, str]) -> bool:
    if rules.get("display") == "none" or rules.get("visibility") == "hidden" or rules.get("mso-hide") == "all":
        return True
    clipped = rules.get("overflow") == "hidden"
    if clipped and any(_is_zero(rules[name]) for name in ("max-height", "height", "max-width") if name in rules):
        return True
    return "opacity" in rules and _is_zero(rules["opacity"])


def _is_zero(value: str) -> bool:
    return bool(value) and _ZERO.fullmatch(value) is not None


def _is_bold(weight: str) -> bool | None:
    if not weight or weight == "inherit":
        return None
    return weight in {"bold", "bolder"} or (weight.isdecimal() and int(weight[:4]) >= 600)


def _is_italic(style: str) -> bool | None:
    return style.startswith(("italic", "oblique")) if style and style != "inherit" else None


def _has_no_margin(rules: dict[str, str]) -> bool:
    margin = rules.get("margin", "").split()
    if margin and _is_zero(margin[0]) and _is_zero(margin[2 if len(margin) > 2 else 0]):
        return True
    return all(_is_zero(rules.get(name, "")) for name in ("margin-top", "margin-bottom"))
