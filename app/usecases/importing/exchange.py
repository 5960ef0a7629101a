"""Question and answer told apart in one text: by the column's own headings, by labels, by a quote at its head."""

import re
from dataclasses import dataclass, replace

_ONE = r"(?:q|question|the question)"
_TWO = r"(?:a|answer|the answer|reply|the reply|response)"
_ASKS = r"(?:asks|asked|writes|wrote)"
_REPLIES = r"(?:answers|answered|replies|replied|responds|responded)"
_QUESTION = re.compile(
    rf"^(?:{_ONE}(?: from (?P<from>\S.{{0,58}}?))?\s*:|(?P<name>\S.{{0,58}}?) {_ASKS}\s*:)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    rf"^(?:{_TWO}(?: (?:from|by) (?P<from>\S.{{0,58}}?))?\s*:|(?P<name>\S.{{0,58}}?) {_REPLIES}\s*:)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_BARE_QUESTION = re.compile(rf"^{_ONE}$", re.IGNORECASE)
_BARE_ANSWER = re.compile(rf"^{_TWO}$", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)\)")
_STARS = re.compile(r"(?<!\*)\*{1,2}(?!\*)")
_OPENS = re.compile(r"(?<!\w)\*{1,2}(?=[^\s*])")
_CLOSES = re.compile(r"(?<=\S)\*{1,2}(?![\w*])")


@dataclass(frozen=True)
class Exchange:
    """`question` is plain, `answer` Markdown; names are empty where the text has none.

    `above`: how many characters stand above the question, and belong to nobody's words.
    """

    question: str
    answer: str
    asker: str = ""
    persona: str = ""
    above: int = 0


def exchange_in(markdown: str, title: str) -> Exchange | None:
    """`title` stands above the text, and is the question where the text is nothing but an answer."""
    lines = markdown.split("\n")
    found = _by_labels(lines, title) or _by_quote(lines)
    return _with_title_counted(found, title) if found else _by_title(markdown, title)


def _with_title_counted(found: Exchange, title: str) -> Exchange:
    """A title that the question does not say stands above it, and is printed nowhere."""
    words = " ".join(title.split())
    is_said = words.casefold() in " ".join(found.question.split()).casefold()
    return found if is_said else replace(found, above=found.above + len(words))


def _by_labels(lines: list[str], title: str) -> Exchange | None:
    answers = [n for n, line in enumerate(lines) if _label(line, _ANSWER, _BARE_ANSWER) is not None]
    if len(answers) != 1:  # two answers are two letters, or a talk; nobody can tell which question each is to
        return None
    at = answers[0]
    answered = _label(lines[at], _ANSWER, _BARE_ANSWER) or _Label()
    asked, first, above = _Label(), 0, 0
    for n in range(at):
        if (found := _label(lines[n], _QUESTION, _BARE_QUESTION)) is not None:
            asked, first, above = found, n + 1, len(_joined("", lines[:n]))
            break
    question = _joined(asked.rest, lines[first:at]) or " ".join(title.split())
    answer = _joined(answered.rest, lines[at + 1 :])
    if not question or not answer:
        return None
    return Exchange(plain(question), answer, asked.name, answered.name, above)


@dataclass(frozen=True)
class _Label:
    name: str = ""
    rest: str = ""


def _label(line: str, pattern: re.Pattern[str], bare: re.Pattern[str]) -> _Label | None:
    """ "**Q:** My knee" and "Becky asks: my knee", in bold or not."""
    text = re.sub(r"^(\*{1,2}|_{1,2}|#{1,6} )(.*?)\1", r"\2", line.strip(), count=1)
    if bare.match(text.strip("*_# ")):
        return _Label()
    match = pattern.match(text)
    if match is None:
        return None
    name = (match["from"] or match["name"] or "").strip(" *_")
    return _Label(name, match["rest"].strip())


def _joined(rest: str, lines: list[str]) -> str:
    return "\n".join([*([rest] if rest else []), *lines]).strip("\n ")


def _by_quote(lines: list[str]) -> Exchange | None:
    """A block quote at the head of the text is the letter, and what follows answers it."""
    first = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    end = first
    while end < len(lines) and lines[end].startswith(">"):
        end += 1
    question = "\n".join(line.lstrip("> ") for line in lines[first:end]).strip()
    answer = "\n".join(lines[end:]).strip()
    return Exchange(plain(question), answer) if question and answer else None


def _by_title(markdown: str, title: str) -> Exchange | None:
    question = " ".join(title.split())
    return Exchange(question, markdown.strip()) if question.endswith("?") and markdown.strip() else None


def plain(markdown: str) -> str:
    """A letter is printed as it stands, without bold; the address of a link stands behind its words."""
    linked = _LINK.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]} ({m[2]})", markdown)
    return "\n".join(_without_bold(line) for line in linked.split("\n"))


def _without_bold(line: str) -> str:
    """One line without the stars that stand in pairs around words.

    The stars that close are known before any that open is looked at: a line of openers costs no more than another.
    """
    stars = list(_STARS.finditer(line))
    following: dict[str, int] = {}
    ends: list[int | None] = [None] * len(stars)
    for n in range(len(stars) - 1, -1, -1):
        ends[n] = following.get(stars[n][0]) if _OPENS.match(line, stars[n].start()) else None
        if _CLOSES.match(line, stars[n].start()):
            following[stars[n][0]] = n
    kept, at, n = [], 0, 0
    while n < len(stars):
        end = ends[n]
        if end is not None:
            kept += [line[at : stars[n].start()], line[stars[n].end() : stars[end].start()]]
            at, n = stars[end].end(), end
        n += 1
    return "".join([*kept, line[at:]])
