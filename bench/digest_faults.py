"""An issue to many, with troubles: workers killed (-9), Redis emptied, PostgreSQL stopped (immediate).

    python -m bench.digest_faults [--readers 100000] [--workers 4] [--kills 100] [--flushes 10] [--stops 5]

Four Celery workers with four connections each; the sink counts what arrived. Exits with 1 where somebody was missed,
got a copy unlike the others, or copies beyond one are more than one a kill for each open connection.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.journeys.storm import LINES, Plan, Storm
from tests.servers import Postgresql, Redis


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--flushes", type=int, default=10)
    parser.add_argument("--stops", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    plan = Plan(**vars(options), patience=600.0)
    with tempfile.TemporaryDirectory(prefix="mailbag-bench-") as name, Postgresql() as postgresql, Redis() as redis:
        report = Storm(plan, Path(name), postgresql.url(), redis, postgresql).run()
    allowed = LINES * (report.kills + plan.workers * plan.stops)
    print(
        f"{report.readers} readers, {report.kills} kills ({dict(report.points)}), {report.flushes} times Redis emptied,"
        f" {report.stops} times PostgreSQL stopped, {report.seconds:.0f} s:\n{report.missed} missed,"
        f" {report.beyond_one} copies beyond one ({allowed} allowed), at most {max(report.copies)} a reader,"
        f" {report.unlike} unlike their first, {report.strangers} to strangers"
    )
    print(json.dumps({"missed": report.missed, "beyond_one": report.beyond_one, "unlike": report.unlike}))
    return int(bool(report.missed or report.unlike or report.strangers or report.beyond_one > allowed))


if __name__ == "__main__":
    sys.exit(main())
