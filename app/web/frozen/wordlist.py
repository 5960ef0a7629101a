"""An index that a script in the reader's browser can search: words by their first letters, letters by the hundred.

A search loads one small file for each of its words, and one for each hundred letters that it shows. Stems are those
of `app.domain.words`; frozen-search.js makes the same of what is typed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from app.domain.letter import lead, opening
from app.domain.words import stems_of
from app.mail.markdown import to_line

CHUNK = 100
MOST_WORDS = 2_000  # of one letter; a book is not indexed to its end
IN_QUESTION = 3  # the letter's own words weigh more


class WordList:
    """Give it every letter, the newest first."""

    def __init__(self) -> None:
        self._letters: list[list[str]] = []
        self._words: dict[str, list[int]] = defaultdict(list)

    def add(
        self,
        path: str,
        printed_on: str,
        asked: str,
        question: str,
        answer: str,
        *,
        later: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`path` leads to its page from the top of the folder; answers are Markdown; `later`: what follows on it."""
        number = len(self._letters)
        self._letters.append([path, printed_on, asked, opening(question), to_line(lead(answer, 200))])
        weights = Counter[str]()
        for asked_text, reply in ((question, answer), *later):
            for text, weight in ((asked_text, IN_QUESTION), (to_line(reply), 1)):
                for stem in stems_of(text)[:MOST_WORDS]:
                    weights[stem] += weight
        for stem, weight in weights.items():
            self._words[stem] += (number, min(weight, 9))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Names below search/, and what is in them."""
        yield "letters.json", _json({"letters": len(self._letters), "chunk": CHUNK})
        for start in range(0, len(self._letters), CHUNK):
            yield f"letters/{start // CHUNK}.json", _json(self._letters[start : start + CHUNK])
        shards: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for stem in sorted(self._words):
            shards[shard_of(stem)][stem] = self._words[stem]
        for name, words in shards.items():
            yield f"words/{name}.json", _json(words)


def shard_of(stem: str) -> str:
    """The file that a stem stands in: its first two letters, in a form that every disk and server takes."""
    return "-".join(c if c.isascii() and c.isalnum() else f"{ord(c):x}" for c in stem[:2])


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
