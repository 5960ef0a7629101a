"""What looks like a robot's: how a letter came, never what a person says."""

from datetime import UTC, datetime

import pytest

from app.domain.suspicion import Doubt, Frequency, Limits, doubts, in_the_last_hour

LIMITS = Limits(seconds=4)
LETTER = "My knee creaks, see www.knees.example and https://stairs.example for how."


def test_a_persons_letter_raises_no_doubt() -> None:
    assert doubts(LETTER, 60, LIMITS, [Frequency(5, 6), Frequency(19.9, 20)]) == ()


@pytest.mark.parametrize(
    ("text", "seconds", "number", "doubt"),
    [
        (LETTER, 3, 0, Doubt.TOO_FAST),
        (LETTER, 60, 6, Doubt.OFTEN),
        (LETTER + " HTTP://a.example www.b.example", 60, 0, Doubt.MANY_LINKS),
    ],
)
def test_what_is_odd_is_named(text: str, seconds: int, number: int, doubt: Doubt) -> None:
    assert doubts(text, seconds, LIMITS, [Frequency(number, 6)]) == (doubt,)


def test_the_hour_before_counts_for_what_is_left_of_it() -> None:
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert in_the_last_hour(noon, 0, 10) == 10
    assert in_the_last_hour(noon.replace(minute=45), 3, 8) == 3 + 2


def test_a_flood_is_far_more_than_odd() -> None:
    assert Frequency(6, 6).is_odd
    assert not Frequency(29, 6).is_a_flood
    assert Frequency(30, 6).is_a_flood
