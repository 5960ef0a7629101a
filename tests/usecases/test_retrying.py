"""Who comes second looks again; whoever is always second is told so."""

import pytest

from app.domain.errors import Conflict, MailbagError, NonceSpent, NotFound
from app.usecases.retrying import retried


def overtaken(times: int, *, tries: int) -> int:
    """How many attempts it took."""
    attempts = []

    @retried(tries)
    def transaction(step: int) -> int:
        attempts.append(step)
        if len(attempts) <= times:
            raise Conflict("the row was made meanwhile")
        return sum(attempts)

    return transaction(1)


def test_it_is_done_once_where_nobody_is_in_the_way() -> None:
    assert overtaken(0, tries=2) == 1


def test_it_is_begun_anew_as_often_as_said() -> None:
    assert overtaken(2, tries=3) == 3
    with pytest.raises(Conflict):
        overtaken(3, tries=3)


@pytest.mark.parametrize("error", [NotFound, NonceSpent])
def test_any_other_refusal_is_final(error: type[MailbagError]) -> None:
    attempts = []

    @retried()
    def transaction() -> None:
        attempts.append(1)
        raise error("no such letter")

    with pytest.raises(error):
        transaction()
    assert attempts == [1]
