"""A real Celery worker that kills itself (-9) at a named point: MORTAL=<point>:<how many times it is passed before>.

Points: claimed, begun, sent (the content is out), answered (250 was read, nothing is written down), settled.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from app.mail.warm import WarmLine
from app.usecases import mailing, rounds
from app.usecases.slots import Slot
from worker.celery_app import app

_point, _, _number = os.environ.get("MORTAL", "").partition(":")
_left = [int(_number or 0)]


def _pass(point: str) -> None:
    if point == _point:
        _left[0] -= 1
        if _left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _after(point: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        done = act(*arguments, **named)
        _pass(point)
        return done

    return wrapped


class MortalRounds(rounds.Rounds):
    def _claim(self) -> bool:
        found = super()._claim()
        _pass("claimed")
        return found

    def _begin(self, *, is_last: bool) -> list[Slot]:
        settled = bool(self.outcomes)
        ready = super()._begin(is_last=is_last)
        _pass("begun")
        if settled:
            _pass("settled")
        return ready


setattr(mailing, "Rounds", MortalRounds)  # noqa: B010 - it is not for others to change
WarmLine.send = _after("sent", WarmLine.send)  # type: ignore[method-assign]
WarmLine.result = _after("answered", WarmLine.result)  # type: ignore[method-assign]

__all__ = ["app"]
