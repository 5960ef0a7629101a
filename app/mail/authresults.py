"""Reads one Authentication-Results field (RFC 8601, 2.2), forgiving and in linear time."""

import re
from dataclasses import dataclass, field

LONGEST_VALUE = 16 * 1024  # of one field; real ones are under 2 KB
_MOST_RESULTS = 100
_WORD = re.compile(r'\s+|(?P<open>\()|"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<word>[;=]|[^\s"(;=]+)', re.DOTALL)
_IN_COMMENT = re.compile(r"(?P<mark>[()])|[^()\\]+|\\.?", re.DOTALL)


@dataclass(frozen=True)
class MethodResult:
    """`dkim=fail reason="…" header.d=example.org (a comment)`."""

    method: str  # lower-case, without its version
    result: str  # lower-case
    reason: str  # reason and comments together, lower-case
    properties: dict[str, str] = field(default_factory=dict)  # `header.d`: as it stands


@dataclass(frozen=True)
class AuthenticationResults:
    authserv_id: str  # lower-case
    results: tuple[MethodResult, ...]


def read_results(value: str) -> AuthenticationResults | None:
    """None for a field that names nobody who wrote it. What cannot be read of the rest is left out."""
    if len(value) > LONGEST_VALUE:
        return None
    head, *rest = _clauses(value)
    if not head.words:
        return None
    results = [result for clause in rest[:_MOST_RESULTS] if (result := _result(clause)) is not None]
    return AuthenticationResults(head.words[0].lower().rstrip("."), tuple(results))


@dataclass
class _Clause:
    """What stands between two semicolons; `=` is a word of its own."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def _clauses(value: str) -> list[_Clause]:
    clauses, at = [_Clause()], 0
    while at < len(value):
        match = _WORD.match(value, at)
        assert match is not None  # one of its choices takes any character
        at = match.end()
        if match["open"]:
            at = _end_of_comment(value, at)
            clauses[-1].comments.append(value[match.end() : at].rstrip(")"))
        elif match["word"] == ";":
            clauses.append(_Clause())
        elif (word := match["word"] or match["quoted"]) is not None:
            clauses[-1].words.append(word)
    return clauses


def _end_of_comment(value: str, at: int) -> int:
    """Comments nest, and quotes mean nothing in them (RFC 5322, 3.2.2). An open one reaches to the end."""
    depth = 1
    for match in _IN_COMMENT.finditer(value, at):
        depth += {"(": 1, ")": -1}.get(match["mark"] or "", 0)
        if depth == 0:
            return match.end()
    return len(value)


def _result(clause: _Clause) -> MethodResult | None:
    words = clause.words
    if len(words) < 3 or words[1] != "=":
        return None
    method = words[0].partition("/")[0].lower()
    properties: dict[str, str] = {}
    for name, equals, text in zip(words[3:], words[4:], words[5:], strict=False):
        if equals == "=" and name != "=" and text != "=":
            properties.setdefault(name.lower(), text)
    said = [properties.pop("reason", ""), *clause.comments]
    return MethodResult(method, words[2].lower(), " ".join(filter(None, said)).lower(), properties)
