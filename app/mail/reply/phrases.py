"""The phrases of phrases.toml, folded for lookup: what mail programs write around an answer, in all languages at once.

A mail does not say in which language its program speaks, so that nothing here asks for one.
"""

import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path

from app.mail.reply.words import fold

_LANGUAGES = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


class Phrases:
    """Phrases of one purpose, found as whole words in folded text, in time linear to it."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.all = frozenset(folded for phrase in phrases if (folded := fold(phrase)))
        self._lengths = _lengths_by(self.all, 0)
        self._lengths_of_last = _lengths_by(self.all, -1)

    def __contains__(self, folded: str) -> bool:
        return folded in self.all

    def length_at_start(self, words: list[str]) -> int:
        """How many words the longest phrase has with which the words begin; 0 when there is none."""
        return self._length_at(words, 0)

    def _length_at(self, words: list[str], at: int) -> int:
        lengths = self._lengths.get(words[at], ()) if at < len(words) else ()
        return next((n for n in lengths if " ".join(words[at : at + n]) in self.all), 0)

    def length_at_end(self, words: list[str]) -> int:
        lengths = self._lengths_of_last.get(words[-1], ()) if words else ()
        return next((n for n in lengths if " ".join(words[-n:]) in self.all), 0)

    def ends_first(self, words: list[str]) -> bool:
        """The words end with the first of the phrases among them."""
        found = self.find(words)
        return found is not None and len(words) - self.length_at_end(words) <= found[0]

    def find(self, words: list[str]) -> tuple[int, int] | None:
        """The first phrase among the words: from which to which word it goes."""
        found = ((i, i + self._length_at(words, i)) for i, word in enumerate(words) if word in self._lengths)
        return next(((start, end) for start, end in found if end > start), None)

    def count(self, words: list[str]) -> int:
        """How many different phrases stand among the words."""
        lengths = ((i, self._length_at(words, i)) for i, word in enumerate(words) if word in self._lengths)
        return len({" ".join(words[i : i + n]) for i, n in lengths if n})

    def is_in(self, words: list[str]) -> bool:
        return self.find(words) is not None


def _lengths_by(phrases: Collection[str], at: int) -> dict[str, tuple[int, ...]]:
    """For the first or the last word of phrases: how many words they have, the longest first."""
    lengths: dict[str, set[int]] = {}
    for phrase in phrases:
        words = phrase.split()
        lengths.setdefault(words[at], set()).add(len(words))
    return {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}


def _named(name: str) -> Phrases:
    return Phrases(phrase for language in _LANGUAGES.values() for phrase in language.get(name, ()))


STARTS = _named("starts")
WROTE = _named("wrote")
WROTE_BEFORE = _named("wrote_before")
QUOTING = _named("quoting")
_KINDS = ("cc", "to", "subject", "date", "from")
HEADER_KINDS = {name: kind for kind in _KINDS for name in _named(kind).all}
ORIGINAL = _named("original")
FORWARDED = _named("forwarded")
FORWARDED_END = _named("forwarded_end")
REPLY_ABOVE = _named("reply_above")
SENT_FROM = _named("sent_from")
SENT_END = _named("sent_end")
DEVICES = _named("devices")
APPS = _named("apps")
SMALL = _named("small")
SIGN_OFFS = _named("sign_offs")
GREETINGS = _named("greetings")
TITLES = _named("titles")
CONTACT = _named("contact")
DISCLAIMER = _named("disclaimer")
THIS_MAIL = _named("this_mail")
SCANNER = _named("scanner")
