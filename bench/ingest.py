"""How fast mail is taken by LMTP with every commit on disk, and whether the worst mails delay a normal one.

    python -m bench.ingest [--mails 3000] [--connections 8] [--worst 1000] [--shared ../shared]

PostgreSQL with its own defaults (fsync and synchronous_commit are on), Redis, `mailbag doors` and a worker of two
processes, each as docker-compose.yml has them. First figure: mails for which 250 was said, a second. Second: the
corpora's slowest mails are handed over at once, and a normal reply every half second; for each of those, the seconds
from its commit to its decision. The slow ones come to the column's address, as from strangers; with --from-inside
each comes to a genuine reply address, of which only experts have any.
"""

import argparse
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.domain.token import Purpose, Signer
from app.mail.links import ROLES
from app.mail.reply import read_reply
from bench.reply import PROSE, corpus
from tests.ports import free_ports
from tests.servers import Postgresql, Redis, wait_until

ROOT = Path(__file__).parent.parent
KEY = "bench" * 8
NORMAL_EVERY = 0.5  # seconds
NORMALS = 40


class Durable(Postgresql):
    """As Debian configures it: a commit is on disk when it is said."""

    SETTINGS: Mapping[str, str] = {}


class Lmtp:
    """One connection; a mail is one transaction, as Postfix does it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")
        self._answer()
        self._say("LHLO bench.example")

    def _answer(self) -> bytes:
        while (line := self._file.readline())[3:4] == b"-":
            pass
        return line

    def _say(self, line: str) -> bytes:
        self._socket.sendall(line.encode() + b"\r\n")
        return self._answer()

    def hand_over(self, raw: bytes, recipient: str) -> None:
        assert self._say("MAIL FROM:<guru@clinic.example>").startswith(b"250")
        assert self._say(f"RCPT TO:<{recipient}>").startswith(b"250")
        assert self._say("DATA").startswith(b"354")
        stuffed = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
        stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
        self._socket.sendall(stuffed + b"\r\n.\r\n")
        answer = self._answer()
        assert answer.startswith(b"250"), answer


def reply(number: int) -> bytes:
    head = "From: The Guru <guru@clinic.example>\r\nTo: column@column.example\r\nSubject: Re: Becky asks\r\n"
    head += f"Message-ID: <{number}@clinic.example>\r\nDate: Thu, 9 Jan 2014 20:16:00 +0000\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{number}. {(PROSE + chr(13) + chr(10)) * 45}".encode()


def recipients() -> Iterator[str]:
    """Genuine reply addresses, each of a mail of its own."""
    signer = Signer((KEY.encode(),))
    return (f"q-{signer.mint(Purpose.REPLY, number)}@column.example" for number in itertools.count(1))


@contextmanager
def processes(postgresql: Postgresql, redis: Redis, folder: Path) -> Iterator[int]:
    """Doors and a worker; the port of the LMTP door."""
    smtp, lmtp = free_ports(2)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILBAG_")} | {
        "MAILBAG_SECRET_KEY": KEY,
        "MAILBAG_DATABASE_URL": postgresql.url(),
        "MAILBAG_BROKER_URL": redis.url,
        "MAILBAG_DATA_DIR": str(folder),
        "MAILBAG_SMTP_PORT": str(smtp),
        "MAILBAG_LMTP_PORT": str(lmtp),
    }
    run = [sys.executable, "-c", "from app.cli import main; main()"]
    subprocess.run([*run, "migrate"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    worker = [sys.executable, "-m", "celery", "--app=worker.celery_app", "worker", "--queues=mail,capture,default"]
    log = (folder / "log").open("wb")
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        for command in ([*run, "doors"], [*worker, "--concurrency=2", "--loglevel=WARNING"])
    ]
    try:
        wait_until(lambda: _is_open(lmtp), lambda: (folder / "log").read_text(errors="replace"))
        yield lmtp
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def taken_per_second(port: int, mails: int, connections: int, addresses: Iterator[str]) -> float:
    work = [(reply(number), next(addresses)) for number in range(mails)]
    shares = [work[start::connections] for start in range(connections)]

    def send(share: Sequence[tuple[bytes, str]]) -> None:
        connection = Lmtp(port)
        for raw, recipient in share:
            connection.hand_over(raw, recipient)

    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return mails / (time.perf_counter() - began)


def slowest(shared: Path, number: int) -> list[bytes]:
    """The mails that take longest to read; the list is begun again where the corpora have fewer."""
    timed = []
    for raw in corpus(shared):
        began = time.process_time()
        read_reply(raw)
        timed.append((time.process_time() - began, raw))
    ordered = [raw for _, raw in sorted(timed, key=lambda pair: pair[0], reverse=True)]
    return list(itertools.islice(itertools.cycle(ordered), number))


def delays(
    port: int, postgresql: Postgresql, worst: list[bytes], addresses: Iterator[str], *, from_inside: bool
) -> list[float]:
    """Seconds from a normal mail's commit to its decision, while the worst are in the queue before it."""

    def send_worst() -> None:
        connection = Lmtp(port)
        for raw, role in zip(worst, itertools.cycle(ROLES), strict=False):
            connection.hand_over(raw, next(addresses) if from_inside else f"{role}@column.example")

    hostile = threading.Thread(target=send_worst)
    hostile.start()
    connection, normal = Lmtp(port), []
    for number in range(NORMALS):
        time.sleep(NORMAL_EVERY)
        normal.append(address := next(addresses))
        connection.hand_over(reply(10_000_000 + number), address)
    hostile.join()
    query = """select extract(epoch from max(e.at) - min(m.received_at))
        from inbound_message m join event e on e.inbound_message_id = m.id
        where m.recipient = any(%s) and m.state != 'received' group by m.id"""

    def decided() -> list[float]:
        with postgresql.connect() as database:
            return [float(row[0]) for row in database.execute(query, (normal,))]

    wait_until(lambda: len(decided()) == NORMALS, lambda: f"{len(decided())} of {NORMALS} decided", seconds=120)
    return decided()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--worst", type=int, default=1000)
    parser.add_argument("--from-inside", action="store_true")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MAILBAG_SHARED", "../shared")))
    options = parser.parse_args()
    worst = slowest(options.shared, options.worst)
    addresses = recipients()
    with (
        tempfile.TemporaryDirectory(prefix="mailbag-bench-") as name,
        Durable() as postgresql,
        Redis() as redis,
        processes(postgresql, redis, Path(name)) as port,
    ):
        rate = taken_per_second(port, options.mails, options.connections, addresses)
        _wait_for_calm(postgresql)
        waits = delays(port, postgresql, worst, addresses, from_inside=options.from_inside)
    size = len(reply(0)) / 1024
    sys.stdout.write(
        f"taken by LMTP, committed, {size:.1f} KB, {options.connections} connections: {rate:.0f} mails/s\n"
    )
    sys.stdout.write(
        f"a normal mail's decision, {options.worst} slow ones on the way: median {statistics.median(waits):.2f} s,"
        f" worst {max(waits):.2f} s (n={len(waits)})\n"
    )
    figures = {"mails_per_s": rate, "delay_median_s": statistics.median(waits), "delay_worst_s": max(waits)}
    sys.stdout.write(json.dumps({key: round(value, 2) for key, value in figures.items()}) + "\n")
    return 0


def _wait_for_calm(postgresql: Postgresql) -> None:
    """Until the first part's mails are decided."""

    def waiting() -> int:
        with postgresql.connect() as database:
            row = database.execute("select count(*) from inbound_message where state = 'received'").fetchone()
        assert row is not None
        return int(row[0])

    wait_until(lambda: waiting() == 0, lambda: f"{waiting()} mails are undecided", seconds=600)


if __name__ == "__main__":
    sys.exit(main())
