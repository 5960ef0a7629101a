"""The loop's two figures: from the start of the demo to its first answer, and from the POST that confirms a
question to the 250 that its expert's server says.

    python -m bench.loop [--questions 60] [--starts 5]

Everything is real: one demo process, HTTP, SMTP. The second figure ends at the moment that the post office, in the
place of the expert's server, has the whole mail and says 250 (its own clock, on the same machine).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.journeys.demo_process import DemoProcess, running_demo

TEXT = "My left knee creaks on the stairs, only on the way down. Should I worry, or oil it? This is letter {number}."


def measure_start(folder: Path) -> float:
    with running_demo(folder) as demo:
        return demo.seconds_to_answer


def measure_confirm(demo: DemoProcess, number: int) -> float:
    """Seconds from the POST that confirms to the expert's 250."""
    address = f"asker{number}@asker.example"
    fields = {
        "public_name": f"Asker{number}x",
        "address": address,
        "topic": "running-advice",
        "text": TEXT.format(number=number),
        "consent": "publish",
    }
    demo.post_letter(**fields)
    link = demo.link(demo.wait_for_mail(address, "Press once"), "/confirm/")
    began = time.time()
    demo.post(link)
    mail = demo.wait_for_mail("guru@clinic.example", f"Asker{number}x asks for")
    return datetime.fromisoformat(mail["sent_at"]).timestamp() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailbag-bench-") as name:
        folders = [Path(name) / str(number) for number in range(options.starts + 1)]
        for folder in folders:
            folder.mkdir()
        starts = [measure_start(folder) for folder in folders[1:]]
        again = measure_start(folders[1])
        with running_demo(folders[0]) as demo:
            measure_confirm(demo, 0)  # the first one warms templates and connections
            confirms = [measure_confirm(demo, number) for number in range(1, options.questions + 1)]
    _print("start to first answer, new data folder", starts)
    _print("start to first answer, data there", [again])
    _print("confirm POST to the expert's 250", confirms)
    figures = {
        "start_s": statistics.median(starts),
        "confirm_to_250_ms": statistics.median(confirms) * 1000,
        "confirm_to_250_max_ms": max(confirms) * 1000,
    }
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in figures.items()}) + "\n")
    return 0


def _print(what: str, seconds: list[float]) -> None:
    median, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    sys.stdout.write(f"{what:42} n={len(seconds):3}  median {median:7.1f} ms  max {worst:7.1f} ms\n")


if __name__ == "__main__":
    sys.exit(main())
