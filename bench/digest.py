"""How fast an issue goes out with its ledger on, beside Postfix's own smtp-source and what others would use.

    python -m bench.digest [--readers 20000] [--rounds 3] [--peers 400] [--memory 10000,200000]

Everybody sends mails of 22 KB to the same `smtp-sink`. The limit of a round is the best of smtp-source with 1, 2, 4
and 8 connections, each tried twice; figures are ratios to it, taken in the same round. Mailbag: SQLite in WAL with
synchronous=FULL, PostgreSQL with its own defaults (a commit is on disk), every copy settled by a commit. Peers
(smtplib, Flask-Mail, Django, Mailman; in an environment of their own, made with uv) build and send multipart mails
with the same parts; what they need to start is not counted. The last line is JSON: for each the medians, and for
Mailbag how many times as fast as Django and Mailman it was.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.digest_column import ROOT, make_issue, reset, sample
from bench.ingest import Durable
from tests.ports import free_ports

PEERS = ("smtplib", "flask-mail", "django", "mailman")


@dataclass(frozen=True)
class Figure:
    """One contender in one round."""

    rate: float  # mails a second
    cpu: float  # seconds for 1,000 mails, of the sending side alone
    peak_mb: float = 0.0


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink: takes everything, keeps nothing."""
    port = free_ports(1)[0]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([_program("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"], stdin=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        yield port
    finally:
        process.kill()
        process.wait()


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/lib/postfix/sbin")
    if found is None:
        sys.exit(f"{name} is not installed (Debian: postfix)")
    return found


def smtp_source(port: int, mails: int, connections: int, size: int) -> Figure:
    """The better of two runs: what disturbs one would lower the limit for all."""
    return max((_smtp_source(port, mails, connections, size) for _ in range(2)), key=lambda figure: figure.rate)


def _smtp_source(port: int, mails: int, connections: int, size: int) -> Figure:
    command = [_program("smtp-source"), "-d", "-s", str(connections), "-m", str(mails), "-l", str(size)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    seconds = time.perf_counter() - began
    return Figure(mails / seconds, _cpu_since(before) / mails * 1000)


def _cpu_since(before: resource.struct_rusage) -> float:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def mailbag(environment: dict[str, str], issue_id: int, workers: int, mails: int) -> Figure:
    """Processes that are up and wait for the word; the clock runs from there to the last of them."""
    command = [sys.executable, "-m", "bench.digest_column", str(issue_id)]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [json.loads(process.communicate()[0]) for process in started]
    seconds = time.perf_counter() - began
    assert max(one["sent"] for one in told) == mails, told
    cpu = sum(one["cpu"] for one in told)
    return Figure(mails / seconds, cpu / mails * 1000, max(one["peak_mb"] for one in told))


def peers(folder: Path) -> list[str]:
    """An environment with them, and the mail that they shall send; empty where it cannot be made."""
    install = ["uv", "pip", "install", "-q", "--python", str(folder / "venv/bin/python")]
    try:
        subprocess.run(["uv", "venv", "-q", str(folder / "venv")], check=True)
        subprocess.run([*install, "flask-mail==0.10.0", "django>=5.2,<6", "mailman==3.3.10"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"no peers are measured, for they cannot be installed: {error}\n")
        return []
    (folder / "parts.json").write_text(json.dumps(sample()), encoding="utf-8")
    return [str(folder / "venv/bin/python"), str(ROOT / "bench/digest_peers.py"), str(folder / "parts.json")]


def peer(command: list[str], name: str, port: int, mails: int) -> Figure:
    run = subprocess.run([*command, name, str(port), str(mails)], check=True, capture_output=True, text=True)
    told = json.loads(run.stdout)
    return Figure(mails / told["seconds"], told["cpu"] / mails * 1000)


def memory(folder: Path, readers: int, port: int) -> Figure:
    """One worker with an issue to so many."""
    column = make_issue(f"sqlite:///{folder / f'{readers}.db'}", folder / f"to-{readers}", readers)
    return mailbag(column.environment(port, "unsigned", 1), column.issue_id, 1, readers)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=int, default=400, help="mails of each peer, which are slow; 0: no peers")
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--kinds", default="unsigned,ed25519,rsa")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--memory", default="", help="numbers of readers: peak memory of one worker with each")
    options = parser.parse_args()
    found: dict[str, list[tuple[Figure, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="mailbag-bench-", ignore_cleanup_errors=True) as name, Durable() as server:
        folder = Path(name)
        columns = {}
        for database in options.databases.split(","):
            url = server.url() if database == "postgresql" else f"sqlite:///{folder / 'mailbag.db'}"
            columns[database] = make_issue(url, folder / database, options.readers)
        others = peers(folder) if options.peers else []
        size = len(sample()["whole"])
        for _ in range(options.rounds):
            with sink() as port:
                limits = {n: smtp_source(port, min(options.readers, 6000), n, size) for n in (1, 2, 4, 8)}
                limit = max(figure.rate for figure in limits.values())
                for n, figure in limits.items():
                    found.setdefault(f"smtp-source, {n} connections", []).append((figure, limit))
                for contender in PEERS if others else ():
                    figure = peer(others, contender, port, options.peers)
                    found.setdefault(contender, []).append((figure, limit))
                for database, column in columns.items():
                    for kind in options.kinds.split(","):
                        for workers in map(int, options.workers.split(",")):
                            reset(column.url, column.issue_id)
                            environment = column.environment(port, kind, workers)
                            figure = mailbag(environment, column.issue_id, workers, options.readers)
                            label = f"Mailbag, {database}, {kind}, {workers} workers"
                            found.setdefault(label, []).append((figure, limit))
                            _tell(label, [(figure, limit)])
        with sink() as port:
            for readers in filter(None, options.memory.split(",")):
                figure = memory(folder, int(readers), port)
                found[f"Mailbag, memory with {int(readers):,} readers"] = [(figure, limit)]
    print(f"\n{options.rounds} rounds, medians; mails of {size / 1024:.1f} KB")
    for label, figures in found.items():
        _tell(label, figures)
    print(json.dumps(_summaries(found)))
    return 0


def _summaries(found: dict[str, list[tuple[Figure, float]]]) -> dict[str, dict[str, float]]:
    told = {label: _summary(figures) for label, figures in found.items()}
    mailbags = [figure for label, figure in told.items() if label.startswith("Mailbag")]
    for peer in ("django", "mailman"):
        for figure in mailbags if peer in told else ():
            figure[f"times_{peer}"] = round(figure["of_limit"] / told[peer]["of_limit"], 1)
    return told


def _summary(figures: list[tuple[Figure, float]]) -> dict[str, float]:
    return {
        "per_s": round(statistics.median(figure.rate for figure, _ in figures)),
        "cpu_s_per_1000": round(statistics.median(figure.cpu for figure, _ in figures), 3),
        "of_limit": round(statistics.median(figure.rate / limit for figure, limit in figures), 4),
        "peak_mb": round(max(figure.peak_mb for figure, _ in figures)),
    }


def _tell(label: str, figures: list[tuple[Figure, float]]) -> None:
    told = _summary(figures)
    memory = f"  {told['peak_mb']} MB" if told["peak_mb"] else ""
    print(
        f"{label:40} {told['per_s']:>6}/s  {told['cpu_s_per_1000']:>7} CPU s/1,000  {told['of_limit']:.3f}{memory}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
