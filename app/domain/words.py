"""Words as search sees them: where they stand in a text, what they have in common, which is meant by a slip."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 40
MOST_WORDS = 12  # of one query; what comes after them is not looked for
MARK, UNMARK = "\x02", "\x03"  # around a hit; no printed text has them, and no escaping changes them

# Han, Hiragana and Katakana have no spaces: there each character is a word. Vowel signs and points belong to theirs.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SIGNS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e"
_LETTER = rf"(?:(?![{_ALONE}])[^\W_])"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTER}(?:{_LETTER}|[{_SIGNS}]|['’](?={_LETTER}))*")
_VOICED = "\u3099\u309a"  # in Japanese these marks make another letter
_VOWEL = re.compile("[aeiouy]")


@dataclass(frozen=True)
class Word:
    """One word of a text: `text[start:end]`, folded, and what stays when its ending is taken off."""

    start: int
    end: int
    folded: str
    stem: str


def words(text: str) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        if folded:
            yield Word(match.start(), match.end(), folded, stem(folded))


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Small letters without accents, points and apostrophes: as somebody in a hurry types them."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    kept = "".join(c for c in plain if c.isalnum() or c in _VOICED)
    return unicodedata.normalize("NFC", kept)[:LONGEST_WORD]


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """English endings taken off, so that knees are found by "knee"; both sides are treated alike, so a wrong
    one costs little."""
    if len(word) <= 3 or not (word.isascii() and word.isalpha()):
        return word
    word = _singular(word)
    for ending, shortest in (("ing", 6), ("ed", 5)):
        base = word.removesuffix(ending)
        if base != word and len(word) >= shortest and _VOWEL.search(base) and not word.endswith("eed"):
            word = base[:-1] if base[-1] == base[-2:-1] and base[-1] not in "lsz" else base
            break
    return word[:-1] if len(word) > 3 and word[-1] == "e" and word[-2] != "e" else word


def _singular(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for: words that all have to be there, in any order and form."""

    folded: tuple[str, ...]
    stems: tuple[str, ...]

    def is_met_by(self, word: Word) -> bool:
        return any(word.stem == s or (is_prefix(s) and word.stem.startswith(s)) for s in self.stems)


def is_prefix(stem: str) -> bool:
    """Whether it also finds longer words: kneecaps by "knee", but not Achilles by "ache"."""
    return len(stem) >= 4


def read_query(text: str) -> Wanted:
    """Any text is a query; one without a word finds nothing."""
    found = {word.stem: word.folded for word in words(unicodedata.normalize("NFC", text))}
    first = list(found.items())[:MOST_WORDS]
    return Wanted(tuple(folded for _, folded in first), tuple(stem for stem, _ in first))


def stems_of(text: str) -> list[str]:
    return [word.stem for word in words(text)]


def vocabulary(texts: Iterable[str]) -> set[str]:
    """The words that a slip may have meant."""
    folded = {word.folded for text in texts for word in words(text)}
    return {word for word in folded if 3 <= len(word) <= 24 and word.isalpha()}


def passage(text: str, wanted: Wanted, longest: int = 240) -> str:
    """The part of one line of text that has most of the wanted words, each between MARK and UNMARK.

    Empty where it has none. What is left out at either end is an ellipsis.
    """
    text = text.replace(MARK, "").replace(UNMARK, "")
    hits = [word for word in words(text) if wanted.is_met_by(word)]
    if not hits:
        return ""
    start, end = _window(text, hits, longest)
    inside = [word for word in hits if start <= word.start and word.end <= end]
    parts, at = ["…" if start else ""], start
    for word in inside:
        parts += [text[at : word.start], MARK, text[word.start : word.end], UNMARK]
        at = word.end
    if end == len(text):
        return "".join([*parts, text[at:]])
    return "".join([*parts, text[at:end].rstrip(" .,;:–-…"), "…"])


def _window(text: str, hits: list[Word], longest: int) -> tuple[int, int]:
    """Where to begin and end: at words, a little before the hit that most others follow closely."""
    if len(text) <= longest:
        return 0, len(text)
    follow = _followers(hits, longest * 2 // 3)
    best = hits[follow.index(max(follow))]
    start = max(0, min(best.start - longest // 4, len(text) - longest))
    if start:
        space = text.find(" ", start, best.start)
        start = space + 1 if space >= 0 else best.start
    end = min(len(text), start + longest)
    if end < len(text):
        space = text.rfind(" ", best.end, end)
        end = space if space >= 0 else max(end, best.end)
    return start, end


def _followers(hits: list[Word], reach: int) -> list[int]:
    """For each hit how many different words, itself among them, begin within `reach` characters."""
    near: Counter[str] = Counter()
    found, end = [], 0
    for first in hits:
        while end < len(hits) and hits[end].start < first.start + reach:
            near[hits[end].stem] += 1
            end += 1
        found.append(len(near))
        near[first.stem] -= 1
        if not near[first.stem]:
            del near[first.stem]
    return found


def nearest(word: str, known: Collection[tuple[str, int]]) -> str | None:
    """The known word (with how many letters have it) that is one slip of the keys away, or two in a long word."""
    most = 1 if len(word) <= 4 else 2
    near = [(d, -letters, other) for other, letters in known if (d := distance(word, other, most)) <= most]
    return min(near)[2] if near else None


def distance(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour; more than `most` is only said to be more."""
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
