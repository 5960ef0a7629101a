"""docker-compose.yml run by hand: its very commands, settings and health checks, as processes of this machine."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = Path(sys.executable).parent


class Compose:
    """The services of the file, with the addresses of its network exchanged for those of the test's servers.

    Nothing else is changed; an address to exchange that the file no longer has is an error at the end.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        self._addresses = addresses
        # the longest first, and all in one pass: a port that was put in must not be exchanged again
        names = sorted(addresses, key=len, reverse=True)
        self._pattern = re.compile("|".join(rf"(?<![\w.]){re.escape(name)}(?!\w)" for name in names))
        self.unused = set(addresses)

    def command(self, service: str) -> list[str]:
        return self._exchanged(self._services[service]["command"])

    def health_check(self, service: str) -> list[str]:
        kind, *command = self._services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return self._exchanged(command)

    def grace(self, service: str) -> float:
        return float(self._services[service]["stop_grace_period"].removesuffix("s"))

    def settings(self, service: str) -> dict[str, str]:
        values = self._services[service]["environment"]
        return {name: self._exchange(_defaulted(value)) for name, value in values.items()}

    def _exchanged(self, words: Sequence[str]) -> list[str]:
        return [self._exchange(word) for word in words]

    def _exchange(self, text: str) -> str:
        def put(found: re.Match[str]) -> str:
            self.unused.discard(found[0])
            return self._addresses[found[0]]

        return self._pattern.sub(put, text)


def _defaulted(value: Any) -> str:
    """Compose's ${NAME:-default}, where the operator set nothing."""
    assert isinstance(value, str), f"{value!r}: without quotes YAML may read it as something else"
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


@dataclass
class GrownForm:
    """The running services, each the leader of a process group: killing it is the end of its container."""

    compose: Compose
    folder: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where they are started, and their HOME. The containers are read-only, so it must stay empty."""
        return self.folder / "home"

    def _environment(self, service: str) -> dict[str, str]:
        path = f"{PROGRAMS}:{os.environ.get('PATH', os.defpath)}"
        own = {"PATH": path, "HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        # nobody signs the mail of this test, and its asker types faster than any person
        quick = {"MAILBAG_AUTHENTICATION": "off", "MAILBAG_ASK_SECONDS": "0"}
        return own | self.compose.settings(service) | quick

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(encoding="utf-8", errors="replace")

    def run(self, service: str, command: list[str]) -> str:
        """`docker compose run --rm <service> <command>`: what it printed."""
        done = subprocess.run(
            command,
            env=self._environment(service),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def migrate(self) -> str:
        return self.run("migrate", self.compose.command("migrate"))

    def start(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("ab") as log:
            self._running[service] = subprocess.Popen(
                self.compose.command(service),
                env=self._environment(service),
                cwd=self.home,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_healthy(self, service: str) -> bool:
        assert self._running[service].poll() is None, f"{service} ended:\n{self.log(service)}"
        check = self.compose.health_check(service)
        done = subprocess.run(
            check, env=self._environment(service), cwd=self.home, capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0

    def niceness(self, service: str) -> int:
        return os.getpriority(os.PRIO_PROCESS, self._running[service].pid)

    def stop(self, service: str) -> float:
        """As `docker compose stop`: SIGTERM to the main process alone. The seconds that it took."""
        process = self._running.pop(service)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(self.compose.grace(service))
        assert code == 0, f"{service} ended with {code}:\n{self.log(service)}"
        return time.monotonic() - began

    def kill(self, service: str) -> None:
        """As `docker compose kill`: the main process and every child, at once."""
        process = self._running.pop(service)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)

    def leave_nothing(self) -> None:
        for service in list(self._running):
            self.kill(service)
