"""Where in the mail that we sent some words stand: what is missing of it between two passages of a quote."""

from collections.abc import Iterable, Sequence

from app.mail.reply.words import words_of

KEY = 3  # words
MOST_PAIRS = 100
NEAR = 16  # words: passages farther apart have nothing to do with each other


class Places:
    def __init__(self, texts: Iterable[str]) -> None:
        self._words = [words_of(text) for text in texts]
        self._texts = [f" {' '.join(words)} " for words in self._words]
        self._at: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for number, words in enumerate(self._words):
            for at in range(len(words) - KEY + 1):
                self._at.setdefault(tuple(words[at : at + KEY]), []).append((number, at))

    def count(self, words: Sequence[str]) -> int:
        """How often the words stand together in what we sent: in the version that has them most often."""
        some = f" {' '.join(words)} "
        return max((text.count(some) for text in self._texts), default=0)

    def following(self, above: Sequence[str], count: int) -> Sequence[str]:
        """The words of ours that follow a passage, if it stands in one place only."""
        ends = self._at.get(tuple(above[-KEY:]), ())
        found = {tuple(self._words[number][at + KEY : at + KEY + count]) for number, at in ends}
        return found.pop() if len(found) == 1 else ()

    def between(self, above: Sequence[str], below: Sequence[str], near: int = NEAR) -> tuple[int, Sequence[str]] | None:
        """How many words of ours, and which, stand between the end of one passage and the beginning of another.

        Negative when they overlap; None when they do not stand near each other in this order.
        """
        ends = self._at.get(tuple(above[-KEY:]), ())
        starts = self._at.get(tuple(below[:KEY]), ())
        if len(ends) * len(starts) > MOST_PAIRS:
            return None  # in a text that repeats itself nobody can tell
        found = [
            (abs(start - end - KEY), number, end + KEY, start)
            for number, end in ends
            for other, start in starts
            if number == other and abs(start - end - KEY) <= near
        ]
        if not found:
            return None
        _, number, end, start = min(found)
        return start - end, self._words[number][end:start]
