"""Aligns a reply with the mail that it answers: which of its words stand in what we sent, in how long a run.

Blind to quote marks, wrapping, punctuation, kinds of quotes and case: mail programs change all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from app.mail.reply.lines import split_lines
from app.mail.reply.places import Places
from app.mail.reply.words import is_ideograph, words_of

STRONG_WORDS = 6
STRONG_LETTERS = 24
INDENT = "    "


class SentText:
    """The words of what we sent.

    What stood behind quote marks there already were her words (we sent an answer back): behind marks they are
    a quote again, but without them they are hers, written anew.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        texts = list(texts)
        ours = [_without_marked_lines(text) for text in texts]
        self.all = _Automaton(texts)
        self.ours = self.all if ours == texts else _Automaton(ours)
        # A letter that was sent back quotes its editor too: nothing of it is for readers.
        self.letter = _indented(texts) if self.ours is self.all else ""
        self._texts = texts
        lines = (line for text in texts for line in text.split("\n"))
        self.wordless_lines = {line.strip() for line in lines if not words_of(line)}

    @cached_property
    def places(self) -> Places:
        return Places(self._texts)


def _indented(texts: Iterable[str]) -> str:
    """The words of what we set apart by spaces: the question, and nothing that we write around it."""
    lines = (line for text in texts for line in text.split("\n") if line.startswith(INDENT) and line.strip())
    return f" {' '.join(words_of(' '.join(lines)))} "


def _without_marked_lines(text: str) -> str:
    if ">" not in text:
        return text
    lines = split_lines(text)
    return "\n".join(line.text for line in lines if not line.depth) if any(line.depth for line in lines) else text


class _Automaton:
    """A suffix automaton over words: the longest run that ends at a word, in linear time."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link = [-1]
        self._length = [0]
        for text in texts:
            last = 0
            for word in words_of(text):
                last = self._extend(last, word)

    def runs(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Words start..end stand in what we sent, in this order, and cannot be extended; only runs of two or more."""
        state = length = 0
        for i, word in enumerate(words):
            target = self._next[state].get(word, 0)
            if not target:
                if length > 1:
                    yield i - length, i
                while state and not target:
                    state = self._link[state]
                    target = self._next[state].get(word, 0)
                length = self._length[state]
            if target:
                state = target
                length += 1
        if length > 1:
            yield len(words) - length, len(words)

    def _extend(self, last: int, word: str) -> int:
        following = self._next
        if word in following[last]:  # a second text that begins like the first
            return self._extend_known(last, word)
        new = self._add({}, self._length[last] + 1, 0)
        state = last
        while state >= 0 and word not in following[state]:
            following[state][word] = new
            state = self._link[state]
        if state >= 0:
            self._link[new] = self._extend_known(state, word)
        return new

    def _extend_known(self, state: int, word: str) -> int:
        """The state after `word`, split off when it also stands for longer runs."""
        target = self._next[state][word]
        if self._length[target] == self._length[state] + 1:
            return target
        clone = self._add(dict(self._next[target]), self._length[state] + 1, self._link[target])
        self._link[target] = clone
        while state >= 0 and self._next[state].get(word) == target:
            self._next[state][word] = clone
            state = self._link[state]
        return clone

    def _add(self, following: dict[str, int], length: int, link: int) -> int:
        self._next.append(following)
        self._length.append(length)
        self._link.append(link)
        return len(self._next) - 1


class Run(NamedTuple):
    """Words start..end of the reply stand in what we sent, in this order, and cannot be extended."""

    start: int
    end: int
    is_strong: bool


@dataclass(frozen=True)
class Alignment:
    """How the words of each line of a reply align with what we sent; for each word 1 where it stands in such a run."""

    words: Sequence[str]
    spans: list[tuple[int, int]]  # of each line, in words
    runs: Sequence[Run]
    unmarked: Sequence[Run]  # the runs in what we wrote ourselves
    _strong: bytearray
    _by_two: bytearray
    _by_three: bytearray
    _within: bytearray  # 1 where a long unmarked run goes on from the word before

    def word_count(self, line: int) -> int:
        start, end = self.spans[line]
        return end - start

    def goes_on(self, line: int) -> bool:
        """A long run goes on from this line into the next."""
        at = self.spans[line][1]
        return at < len(self._within) and bool(self._within[at])

    def is_same(self, line: int) -> bool:
        """All words stand in runs so long that they cannot be a sentence of her own."""
        return self._all(self._strong, line)

    def is_found(self, line: int) -> bool:
        """All words stand in what we sent, in short runs at least: enough below a quote mark."""
        return self._all(self._by_three if self.word_count(line) > 2 else self._by_two, line)

    def is_strong_word(self, word: int) -> bool:
        return bool(self._strong[word])

    def strong_words(self, start: int, end: int) -> int:
        return self._strong.count(1, start, end)

    def _all(self, covered: bytearray, line: int) -> bool:
        start, end = self.spans[line]
        return start < end and covered.find(0, start, end) < 0


def align(bodies: Iterable[str], sent: SentText) -> Alignment:
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for body in bodies:
        before = len(words)
        words += words_of(body)
        spans.append((before, len(words)))
    runs = _runs(words, sent.all)
    return alignment_of(words, spans, runs, runs if sent.ours is sent.all else _runs(words, sent.ours))


def alignment_of(
    words: Sequence[str], spans: list[tuple[int, int]], runs: Sequence[Run], unmarked: Sequence[Run]
) -> Alignment:
    return Alignment(
        words,
        spans,
        runs,
        unmarked,
        _covered(len(words), (run for run in unmarked if run.is_strong)),
        _covered(len(words), (run for run in runs if run.end - run.start >= 2)),
        _covered(len(words), (run for run in runs if run.end - run.start >= 3)),
        _covered(len(words), (run._replace(start=run.start + 1) for run in unmarked if run.is_strong)),
    )


def _runs(words: Sequence[str], sent: _Automaton) -> list[Run]:
    """All of two words or more."""
    letters = _letters(words)
    return [Run(start, end, is_strong(end - start, letters[end] - letters[start])) for start, end in sent.runs(words)]


def is_strong(words: int, letters: int) -> bool:
    return words >= STRONG_WORDS and letters >= STRONG_LETTERS


def _letters(words: Sequence[str]) -> list[int]:
    """letters[i]: how many the first i words have; an ideograph says as much as two."""
    is_ascii = "".join(words).isascii()
    counts = map(len, words) if is_ascii else (len(word) * (2 if is_ideograph(word) else 1) for word in words)
    return list(accumulate(counts, initial=0))


def _covered(count: int, runs: Iterable[Run]) -> bytearray:
    """For each word 1 where it stands in one of the runs."""
    covered, done = bytearray(count), 0
    for start, end, _ in sorted(runs):
        if end > done:
            begin = max(start, done)
            covered[begin:end] = b"\1" * (end - begin)
            done = end
    return covered
