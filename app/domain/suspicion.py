"""Whether a letter may be a robot's: what is odd about how it came, never what a person says."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)
WISHES_OF_HOST = 10  # for the digest, in an hour: a family, not a list of victims
WISHES_OF_NETWORK = 30
REFUSED_AT = 5  # times what is odd already
MOST_LINKS = 3  # in a letter; askers have no use for any
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class Doubt(StrEnum):
    """What is odd. The desk has the words for each."""

    TOO_FAST = "too-fast"
    OFTEN = "often"
    MANY_LINKS = "many-links"


@dataclass(frozen=True)
class Limits:
    """Letters in an hour from one host, from its network, and in all; seconds that nobody writes a letter in."""

    seconds: int = 0
    from_host: int = 6
    from_network: int = 20
    in_all: int = 300


@dataclass(frozen=True)
class Origin:
    """Where a letter comes from: a host and its network, as short as they can be written.

    Both are empty for an address that is none of the internet's, which says nothing about who comes.
    """

    host: str = ""
    network: str = ""

    def places(self, limits: Limits) -> list[tuple[str, int]]:
        """What is counted, with how many an hour are usual."""
        ours = [(f"host {self.host}", limits.from_host), (f"network {self.network}", limits.from_network)]
        return [*(ours if self.host else []), ("all", limits.in_all)]

    def wishes(self) -> list[tuple[str, int]]:
        """The same of wishes for the digest. Not of all together: whoever made many would keep everybody out."""
        places = [(f"wish host {self.host}", WISHES_OF_HOST), (f"wish network {self.network}", WISHES_OF_NETWORK)]
        return places if self.host else []


UNKNOWN = Origin()


@dataclass(frozen=True)
class Frequency:
    """How often a letter came from one place in the last hour, and what is usual."""

    number: float
    usual: int

    @property
    def is_odd(self) -> bool:
        return self.number >= self.usual

    @property
    def is_a_flood(self) -> bool:
        return self.number >= self.usual * REFUSED_AT


def in_the_last_hour(at: datetime, now: int, before: int) -> float:
    """From the numbers of this hour of the clock and of the one before it, as if letters came evenly."""
    passed = (at - hour_of(at)) / HOUR
    return now + before * (1 - passed)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def doubts(text: str, seconds: int, limits: Limits, frequencies: list[Frequency]) -> tuple[Doubt, ...]:
    """`seconds` are from the form to the post."""
    found = {
        Doubt.TOO_FAST: seconds < limits.seconds,
        Doubt.OFTEN: any(frequency.is_odd for frequency in frequencies),
        Doubt.MANY_LINKS: len(_LINK.findall(text)) > MOST_LINKS,
    }
    return tuple(doubt for doubt, is_so in found.items() if is_so)
