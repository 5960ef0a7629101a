"""A transaction that somebody else was faster than is begun anew: now it sees what the other one did."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from app.domain.errors import Conflict, NonceSpent

P = ParamSpec("P")
T = TypeVar("T")


def retried(tries: int = 2) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """For a function that is one transaction, and does nothing outside of it. The last Conflict is the caller's.

    A nonce that was spent on something else stays spent: that is no matter of who was faster.
    """

    def decorate(transaction: Callable[P, T]) -> Callable[P, T]:
        @wraps(transaction)
        def anew(*args: P.args, **kwargs: P.kwargs) -> T:
            for _ in range(tries - 1):
                try:
                    return transaction(*args, **kwargs)
                except NonceSpent:
                    raise
                except Conflict:
                    continue
            return transaction(*args, **kwargs)

        return anew

    return decorate
