"""A column's theme: a folder with theme.css, logo.svg and templates, and what its colours must be to be readable.

theme.css comes after our own sheet, so what it sets in `:root` counts; `@media … dark` is what it sets for the dark.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

READABLE = 4.5  # WCAG 2.2, 1.4.3
LARGEST_SHEET, LARGEST_LOGO = 64 * 1024, 8 * 1024  # octets

LIGHT: Mapping[str, str] = {
    "paper": "#faf7f1",
    "sheet": "#fffefb",
    "wash": "#f2ede3",
    "ink": "#1b2333",
    "soft": "#565c6b",
    "accent": "#a3271b",
    "accent-2": "#234f8c",
    "on-accent": "#fff",
}
DARK: Mapping[str, str] = {
    "paper": "#14171e",
    "sheet": "#1c2029",
    "wash": "#222731",
    "ink": "#ece7dc",
    "soft": "#a9adb8",
    "accent": "#ff9d8a",
    "accent-2": "#9dbdf0",
    "on-accent": "#1a1210",
}
_PAIRS = [(text, ground) for text in ("accent", "ink", "soft") for ground in ("paper", "sheet", "wash")]
_PAIRS.append(("on-accent", "accent"))

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ROOT = re.compile(r":root\s*\{([^{}]*)\}")
_VARIABLE = re.compile(r"--([a-z0-9-]+)\s*:\s*([^;{}]+?)\s*(?:!important\s*)?(?:;|$)")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_OUTSIDE = re.compile(r"@import|url\((?!\s*['\"]?data:)\s*[^)\s]|expression\(", re.IGNORECASE)
_ACTIVE = re.compile(
    r"<\s*(?:script|foreignobject|style|a|image|use)\b|\bon[a-z]+\s*=|\bstyle\s*=|(?:https?|javascript|data):(?!//www\.w3\.org/)",
    re.IGNORECASE,
)


class BadTheme(ValueError):
    """Everything that is wrong with a theme, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Theme:
    """`light` and `dark` are the colours that count in the end, by their names in the sheet without `--`."""

    css: str = ""
    logo: str = ""  # SVG, inline in the nameplate
    templates: Path | None = None  # has web/ and mail/, each of which may be missing
    light: Mapping[str, str] = field(default_factory=lambda: LIGHT)
    dark: Mapping[str, str] = field(default_factory=lambda: DARK)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.css.encode()).hexdigest()[:12]


PLAIN = Theme()


def read_theme(folder: Path) -> Theme:
    """Raises BadTheme where the folder is not there, has nothing of a theme, or would not be readable."""
    if not folder.is_dir():
        raise BadTheme([f"there is no folder {folder}"])
    problems: list[str] = []
    css = _text(folder / "theme.css", LARGEST_SHEET, problems)
    logo = _text(folder / "logo.svg", LARGEST_LOGO, problems)
    templates = folder / "templates"
    if not (css or logo or templates.is_dir() or problems):
        problems.append(f"{folder} has no theme.css, no logo.svg and no templates/")
    light, dark = colours(css)
    problems += [*_faults_of_sheet(css), *_faults_of_logo(logo), *unreadable(light, "light"), *unreadable(dark, "dark")]
    if problems:
        raise BadTheme(problems)
    logo = logo[logo.index("<svg") :].strip() if logo else ""
    return Theme(css, logo, templates if templates.is_dir() else None, light, dark)


def _text(path: Path, longest: int, problems: list[str]) -> str:
    if not path.is_file():
        return ""
    raw = path.read_bytes()
    if len(raw) > longest:
        problems.append(f"{path.name} has more than {longest // 1024} KB: pages would be slow")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(f"{path.name} is not UTF-8")
        return ""


def _faults_of_sheet(css: str) -> list[str]:
    found = _OUTSIDE.search(_COMMENT.sub("", css))
    return [f"theme.css: {found[0]!r} would ask for something outside of it; no page does that"] if found else []


def _faults_of_logo(logo: str) -> list[str]:
    if not logo:
        return []
    if "<svg" not in logo or "viewBox" not in logo:
        return ["logo.svg: an <svg> with a viewBox is needed"]
    found = _ACTIVE.search(logo)
    return [f"logo.svg: {found[0]!r} may not stand in it; draw with shapes and attributes alone"] if found else []


def colours(css: str) -> tuple[dict[str, str], dict[str, str]]:
    """What counts with this sheet in the light, and in the dark: there, ours come between its two."""
    plain = _COMMENT.sub("", css)
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    sets = {"": light, "light": light, "dark": dark}
    for match in _ROOT.finditer(plain):
        found = sets.get(_scheme(plain[: match.start()]), {})
        found.update({name: value.lower() for name, value in _VARIABLE.findall(match[1])})
    known = {name: value for name, value in light.items() if name in LIGHT}
    known_dark = {name: value for name, value in dark.items() if name in DARK}
    return {**LIGHT, **known}, {**DARK, **known, **known_dark}


def _scheme(before: str) -> str:
    """Which scheme the open @media block at the end of a text is for; empty outside of any."""
    opened = before.rfind("@media")
    block = before[opened:] if opened >= 0 else ""
    if block.count("{") <= block.count("}"):
        return ""
    found = re.search(r"prefers-color-scheme:\s*(dark|light)", block)
    return found[1] if found else "another"


def unreadable(of: Mapping[str, str], scheme: str) -> list[str]:
    """A sentence for each pair of colours that cannot be read, or cannot be checked."""
    odd = [f"theme.css: --{name} in the {scheme} is {value!r}; write it as #rrggbb, so that it can be checked"
           for name, value in of.items() if not _HEX.fullmatch(value)]  # fmt: skip
    if odd:
        return odd
    found = [(text, ground, contrast(of[text], of[ground])) for text, ground in _PAIRS]
    return [
        f"theme.css: --{text} {of[text]} on --{ground} {of[ground]} in the {scheme} has a contrast of {ratio:.2f}:1;"
        f" {READABLE}:1 is needed to be read"
        for text, ground, ratio in found
        if ratio < READABLE
    ]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 between two colours such as #a3271b: from 1 to 21."""
    lighter, darker = sorted((_luminance(rgb(one)), _luminance(rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def rgb(colour: str) -> tuple[int, int, int]:
    digits = colour.removeprefix("#")
    whole = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = bytes.fromhex(whole)
    return red, green, blue


def _luminance(parts: tuple[int, int, int]) -> float:
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in (v / 255 for v in parts))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
