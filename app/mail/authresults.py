"""Reads one Authentication-Results field (RFC 8601, 2.2), forgiving and in linear time."""

import re
from dataclasses import dataclass, field

LONGEST_VALUE = 16 * 1024  # of one field; real ones are under 2 KB
_MOST_RESULTS = 100
_WORD = re.compile(r'\s+|(?P<open>\()|"(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"?)|(?P<word>[;=]|[^\s"(;=]+)', re.DOTALL)
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
    if not head.words or not (name := head.words[0].value):
        return None
    results = [result for clause in rest[:_MOST_RESULTS] if (result := _result(clause)) is not None]
    return AuthenticationResults(name.lower().rstrip("."), tuple(results))


@dataclass
class _Word:
    """What is written in one piece, in quotes or partly so: `"a b"@example.org`."""

    text: str
    end: int  # where it ends in the field
    is_value: bool = False  # it follows a `=`: then one in it is a part of it, as in `prvs=1@example.org`
    is_quoted: bool = False  # the whole of it
    is_well_formed: bool = True
    quoted_until: int = -1  # of the text; what stands before may be anything

    @property
    def is_equals(self) -> bool:
        return self.text == "=" and self.quoted_until < 0

    @property
    def value(self) -> str:
        """Empty for what is malformed, also where quotes reach into the domain: that one anybody may have chosen."""
        if not self.is_well_formed:
            return ""
        is_mixed = self.quoted_until >= 0 and not self.is_quoted
        return "" if is_mixed and self.text.rfind("@") < self.quoted_until else self.text


@dataclass
class _Clause:
    """What stands between two semicolons; `=` is a word of its own, unless it stands inside of a value."""

    words: list[_Word] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def take(self, found: re.Match[str]) -> None:
        """Nothing between two words makes them one: else `x=a"@b.example"@c.example` would be about b.example."""
        is_quoted = found["quoted"] is not None
        text = found["quoted"] if is_quoted else found["word"]
        last = self.words[-1] if self.words else None
        is_joined = last is not None and last.end == found.start() and not last.is_equals
        if last is None or not is_joined or (text == "=" and not is_quoted and not last.is_value):
            last = _Word("", found.start(), is_value=last is not None and last.is_equals, is_quoted=is_quoted)
            self.words.append(last)
        else:
            last.is_quoted = False
        last.text, last.end = last.text + text, found.end()
        if is_quoted:
            last.quoted_until = len(last.text)
            last.is_well_formed = last.is_well_formed and found["closed"] == '"'


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
        elif match["word"] or match["quoted"] is not None:
            clauses[-1].take(match)
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
    if len(words) < 3 or not words[1].is_equals:
        return None
    method = words[0].value.partition("/")[0].lower()
    properties: dict[str, str] = {}
    for at in range(3, len(words) - 2):
        name, equals, text = words[at : at + 3]
        if equals.is_equals and not name.is_equals and not text.is_equals:
            properties.setdefault(name.value.lower(), "" if _is_torn(words, at + 2) else text.value)
    said = [properties.pop("reason", ""), *clause.comments]
    return MethodResult(method, words[2].value.lower(), " ".join(filter(None, said)).lower(), properties)


def _is_torn(words: list[_Word], at: int) -> bool:
    """Whether an address goes on behind white space: written by a server that leaves out the quotes."""
    text, *rest = words[at : at + 3]
    is_followed = bool(rest) and not rest[0].is_equals and not (len(rest) > 1 and rest[1].is_equals)
    return is_followed and ("@" in text.text or "@" in rest[0].text)
