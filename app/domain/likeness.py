"""Whether two letters ask the same: by the words of theirs that say something."""

import math
from collections.abc import Callable, Collection

from app.domain.words import words

MOST_WORDS = 60  # of one letter that are compared: what it is about stands in its beginning
FEWEST_SHARED = 3
LEAST_LIKENESS = 0.42

# Words of every letter, as they are folded: they say nothing about what it asks.
_EMPTY = frozenset(
    """
    a able about after again all almost also always am an and any anyone anything are around as ask asked at away back
    be became because been before being best better between both but by came can cannot cant come could couldnt day
    days dear did didnt do does doesnt doing done dont down each even ever every everyone everything feel feels felt
    few find first for found from get gets getting give go goes going gone good got great guru had has hasnt have
    havent having he hello help her here hers hi him his hope how however i id if ill im in into is isnt it its ive
    just keep kind know last later least less let like little long look lot love made make makes many may maybe me
    might month months more morning most much must my myself need never new next no not nothing now of off often ok
    okay old on once one only or other our out over own perhaps please question quite rather read really right said
    same say see seem seems set she should since so some someone something sometimes soon still such suggest sure take
    tell than thank thanks that thats the their them then there these they thing things think this those thoughts
    though through time times to today told too took tried try trying two until up us use used usually very want
    wanted was wasnt way we week weeks well went were what when where whether which while who why will wish with
    without wont wonder wondering word work worry would year years yes yesterday yet you your
    """.split()  # noqa: SIM905 - a list of two hundred strings is read by nobody
)


def telling(text: str) -> dict[str, str]:
    """The stems of a text that say what it is about, each with the word that it was, in their order."""
    found: dict[str, str] = {}
    for word in words(text):
        if len(found) >= MOST_WORDS:
            break
        if len(word.folded) > 2 and word.folded not in _EMPTY and not word.folded.isdigit():
            found.setdefault(word.stem, word.folded)
    return found


def likeness(one: Collection[str], other: Collection[str], weight: Callable[[str], float]) -> float:
    """From 0 to 1: how much of what the shorter letter says the other one says too. `weight` is of one stem."""
    shared = set(one) & set(other)
    if len(shared) < min(FEWEST_SHARED, len(one)) or len(shared) < 2:
        return 0.0
    shorter = min(sum(map(weight, one)), sum(map(weight, other)))
    return sum(map(weight, shared)) / shorter if shorter else 0.0


def rarity(letters: int, having: int) -> float:
    """What a word weighs that `having` of `letters` have: much where few do. In a young column all weigh the same."""
    return math.log(2 + letters / (1 + having))
