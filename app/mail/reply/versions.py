"""Two ways to read one mail, its plain and its HTML part: which to believe.

The one that lacks fewer words that the other publishes; programs drop text from either. When both have all
words: the HTML one, for its links and emphasis, unless the two differ on what is new. Then the one that cuts more,
when it is sure of what it cuts; else the one that keeps more. Two different answers above the same quote: both.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from app.mail.reply.body import Body
from app.mail.reply.draft import REASONS
from app.mail.reply.segment import Reply, Segment
from app.mail.reply.words import words_of

SURE = 0.8
FEWEST_SHARED = 10  # words of the same quote
OTHER = "other-version"
# What only one of the two can show: where a link leads, what stands in place of a picture.
_ADDRESSES = re.compile(r"\]\([^()\s]*\)|<?\b(?:https?://|mailto:)[^\s<>\]]*>?|\[\w+: [^\]\n]*\]")


def worth_reading(bodies: Sequence[Body]) -> Sequence[Body]:
    """Only the HTML one, when it has all words of the plain one, and its containers or no quote marks there."""
    if len(bodies) < 2:
        return bodies
    plain, rich = bodies
    if not rich.hints and "\n>" in plain.text:
        return bodies
    return bodies if _words(plain.text) - _words(rich.text) else (rich,)


def better(replies: list[Reply]) -> Reply:
    return reduce(_better, replies)


def _better(plain: Reply, rich: Reply) -> Reply:
    news = [_words(reply.published()) for reply in (plain, rich)]
    if news[0] == news[1]:
        return rich
    lacking = [sum((new - _words(reply.text)).values()) for new, reply in zip(news, (rich, plain), strict=True)]
    if _are_two_answers(plain, rich, news):
        return _with(rich, plain)
    if lacking[0] != lacking[1]:
        return rich if lacking[0] < lacking[1] else plain
    fewer, more = sorted((rich, plain), key=lambda reply: sum(_words(reply.published()).values()))
    surplus = _words(more.published()) - _words(fewer.published())
    return more if fewer.is_empty or surplus - _cut_for_sure(fewer) else fewer


def _are_two_answers(plain: Reply, rich: Reply, news: list[Counter[str]]) -> bool:
    """Each begins with an answer of which the other has next to nothing, and both quote the same mail below.

    A note for programs that show no HTML is none: it has no quote.
    """
    shared = sum((news[0] & news[1]).values())
    if any(4 * shared > sum(new.values()) or not new for new in news):
        return False
    quotes = [_cut_for_sure(reply) for reply in (plain, rich)]
    if sum((quotes[0] & quotes[1]).values()) < FEWEST_SHARED:
        return False
    return all(reply.segments[0].is_published and not _has_too(reply, other) for reply, other in _each_way(plain, rich))


def _each_way(plain: Reply, rich: Reply) -> list[tuple[Reply, Reply]]:
    return [(plain, rich), (rich, plain)]


def _has_too(reply: Reply, other: Reply) -> bool:
    """The first words of one stand at the top of the other too."""
    first = words_of(reply.published())[:FEWEST_SHARED]
    return words_of(other.text)[: len(first)] == first


def _with(reply: Reply, other: Reply) -> Reply:
    """The reply, and below it, for an editor to look at, what only the other version has."""
    text = f"\n\n{other.published()}\n"
    start = len(reply.text)
    kind, confidence = REASONS[OTHER]
    segment = Segment(kind, start, start + len(text), text, OTHER, confidence)
    return replace(reply, text=reply.text + text, segments=(*reply.segments, segment))


def _cut_for_sure(reply: Reply) -> Counter[str]:
    return _words("\n".join(segment.text for segment in reply.cut if segment.confidence >= SURE))


def _words(text: str) -> Counter[str]:
    return Counter(words_of(_ADDRESSES.sub(" ", text)))
