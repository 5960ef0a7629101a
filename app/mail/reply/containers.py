"""Which mail program's container an HTML element is: the rules of containers.toml, looked up by attribute."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Role(StrEnum):
    QUOTE = "quote"  # all inside is quoted
    SHELL = "shell"  # a wrapper around a block quote; text of hers may stand beside it
    BELOW = "below"  # from here on all is quoted
    ATTRIBUTION = "attribution"
    SIGNATURE = "signature"


DATA = tomllib.loads(Path(__file__).with_name("containers.toml").read_text(encoding="utf-8"))
_SELECTOR = re.compile(r"([a-z]*)(?:\.([\w-]+)|#([\w-]+)|\[([\w-]+)(\^?=)?([^\]]*)\])(.*)", re.ASCII)
_REWRITTEN = re.compile(r"^(?:x_)+")


@dataclass(frozen=True)
class _Rule:
    tag: str  # "": any
    name: str
    value: str
    is_prefix: bool
    role: Role

    def fits(self, tag: str) -> bool:
        return self.tag in {"", tag}


def _rules() -> Iterator[_Rule]:
    for role in Role:
        for entry in DATA[role.value]:
            for selector in entry["match"]:
                yield _rule(selector, role)


def _rule(selector: str, role: Role) -> _Rule:
    match = _SELECTOR.fullmatch(selector)
    if match is None:
        raise ValueError(f"containers.toml: no selector that we know: {selector}")
    tag, css_class, css_id, name, sign, value, rest = match.groups()
    if css_class or css_id:
        return _Rule(tag or rest, "class" if css_class else "id", (css_class or css_id).lower(), False, role)  # noqa: FBT003
    return _Rule(tag or rest, name, value.lower(), sign != "=", role)


_ALL = tuple(_rules())
_EXACT: dict[tuple[str, str], list[_Rule]] = {}
for _one in _ALL:
    if not _one.is_prefix:
        _EXACT.setdefault((_one.name, _one.value), []).append(_one)
_PREFIX = tuple(rule for rule in _ALL if rule.is_prefix)
NAMES = frozenset(rule.name for rule in _ALL)
_PREFIXES = {one.name: tuple(rule.value for rule in _PREFIX if rule.name == one.name) for one in _PREFIX}


def roles_of(tag: str, attributes: dict[str, str]) -> set[Role]:
    found: set[Role] = set()
    for name in NAMES & attributes.keys():
        value = attributes[name].lower()
        for word in value.split() if name == "class" else (value.strip(),):
            plain = _REWRITTEN.sub("", word)
            found.update(rule.role for rule in _EXACT.get((name, plain), ()) if rule.fits(tag))
            if plain.startswith(_PREFIXES.get(name, ())):
                found.update(
                    rule.role
                    for rule in _PREFIX
                    if rule.name == name and plain.startswith(rule.value) and rule.fits(tag)
                )
    return found
