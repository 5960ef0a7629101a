"""Everybody gets the issue, whatever is killed: copies beyond one are at most one a kill for each open connection."""

from pathlib import Path

import pytest

from tests.journeys.storm import LINES, Plan, Storm
from tests.servers import Postgresql, Redis


@pytest.mark.servers
def test_workers_are_killed_redis_is_emptied_and_postgresql_stopped(tmp_path: Path, redis_server: Redis) -> None:
    plan = Plan(readers=1500, workers=2, kills=3, flushes=1, stops=1, lease=4)
    with Postgresql() as postgresql:
        report = Storm(plan, tmp_path, postgresql.url(), redis_server, postgresql).run()
    assert (report.missed, report.strangers, report.unlike) == (0, 0, 0)
    assert report.kills >= plan.kills
    # a stop of the database is to each worker like the end of its run
    assert report.beyond_one <= LINES * (report.kills + plan.workers * plan.stops)
