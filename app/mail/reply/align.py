"""Aligns a reply with the mail that it answers: which of its words stand in what we sent, in how long a run.

Blind to quote marks, wrapping, punctuation, kinds of quotes and case: mail programs change all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

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

    def run_lengths(self, words: Sequence[str]) -> list[int]:
        """For each word: how many words, up to and with this one, stand together in what we sent."""
        lengths: list[int] = []
        state = length = 0
        for word in words:
            while state and word not in self._next[state]:
                state = self._link[state]
                length = self._length[state]
            if word in self._next[state]:
                state = self._next[state][word]
                length += 1
            lengths.append(length)
        return lengths

    def _extend(self, last: int, word: str) -> int:
        if word in self._next[last]:  # a second text that begins like the first
            return self._extend_known(last, word)
        new = self._add({}, self._length[last] + 1, 0)
        state = last
        while state >= 0 and word not in self._next[state]:
            self._next[state][word] = new
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


@dataclass(frozen=True)
class Run:
    """Words start..end of the reply stand in what we sent, in this order, and cannot be extended."""

    start: int
    end: int
    is_strong: bool


@dataclass
class Alignment:
    """How the words of each line of a reply align with what we sent."""

    words: Sequence[str] = ()
    spans: list[tuple[int, int]] = field(default_factory=list)  # of each line, in words
    runs: Sequence[Run] = ()
    unmarked: Sequence[Run] = ()  # the runs in what we wrote ourselves
    _strong: list[int] = field(default_factory=list)
    _by_two: list[int] = field(default_factory=list)
    _by_three: list[int] = field(default_factory=list)

    def word_count(self, line: int) -> int:
        start, end = self.spans[line]
        return end - start

    def goes_on(self, line: int) -> bool:
        """A long run goes on from this line into the next."""
        at = self.spans[line][1]
        return any(run.is_strong and run.start < at < run.end for run in self.unmarked)

    def is_same(self, line: int) -> bool:
        """All words stand in runs so long that they cannot be a sentence of her own."""
        return self._all(self._strong, line)

    def is_found(self, line: int) -> bool:
        """All words stand in what we sent, in short runs at least: enough below a quote mark."""
        return self._all(self._by_three if self.word_count(line) > 2 else self._by_two, line)

    def is_strong_word(self, word: int) -> bool:
        return self._strong[word + 1] > self._strong[word]

    def strong_words(self, start: int, end: int) -> int:
        return self._strong[end] - self._strong[start]

    def _all(self, covered: list[int], line: int) -> bool:
        start, end = self.spans[line]
        return start < end and covered[end] - covered[start] == end - start


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
    )


def _runs(words: Sequence[str], sent: _Automaton) -> list[Run]:
    lengths = sent.run_lengths(words)
    letters = [0]
    for word in words:
        letters.append(letters[-1] + len(word) * (2 if is_ideograph(word) else 1))
    runs: list[Run] = []
    for last, (length, following) in enumerate(pairwise([*lengths, 0])):
        if length and following != length + 1:
            start, end = last + 1 - length, last + 1
            runs.append(Run(start, end, is_strong(length, letters[end] - letters[start])))
    return runs


def is_strong(words: int, letters: int) -> bool:
    return words >= STRONG_WORDS and letters >= STRONG_LETTERS


def _covered(count: int, runs: Iterable[Run]) -> list[int]:
    """covered[i]: how many of the first i words stand in one of the runs."""
    change = [0] * (count + 1)
    for run in runs:
        change[run.start] += 1
        change[run.end] -= 1
    covered, depth = [0], 0
    for step in change[:count]:
        depth += step
        covered.append(covered[-1] + (depth > 0))
    return covered
