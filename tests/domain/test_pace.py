"""At most so many in a window, for each key."""

from app.domain import pace
from app.domain.pace import Pace


def test_so_many_and_no_more_until_the_window_is_over() -> None:
    slow = Pace(2, 60.0)
    assert [slow.is_too_fast("a", at) for at in (0, 1, 2, 59, 60, 61, 62)] == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert not slow.is_too_fast("b", 62)


def test_it_remembers_no_more_keys_than_it_should() -> None:
    slow = Pace(1, 60.0)
    for number in range(pace.MOST_KEYS + 50):
        slow.is_too_fast(f"{number}", 0)
    assert len(slow._seen) == pace.MOST_KEYS
