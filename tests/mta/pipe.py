"""The command that Postfix pipes mail to: it runs as another user, so that user must be able to run it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

USER = "nobody"
ROOT = Path(__file__).parent.parent.parent


def interpreter() -> str | None:
    """A Python that this user may run and that takes our packages: ours, or the system's of the same version."""
    candidates = (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    return next((path for path in candidates if _may_run(path)), None)


def _may_run(python: str) -> bool:
    if not shutil.which(python):
        return False
    command = ["runuser", "-u", USER, "--", python, "-c", "import app.cli, sqlalchemy"]
    return subprocess.run(command, env=_environment(), capture_output=True, cwd="/", check=False).returncode == 0


def _environment() -> dict[str, str]:
    """Where the packages are: a foreign interpreter does not know our virtual environment."""
    return {"PYTHONPATH": f"{ROOT}:{sysconfig.get_paths()['purelib']}", "PATH": f"/usr/sbin:/sbin:{os.defpath}"}


def write_script(path: Path, settings: dict[str, str]) -> None:
    """As docs/mailbag-deliver.sh: whatever cannot even start is tried again later. `shut` beside it keeps it closed."""
    python = interpreter()
    assert python is not None
    values = _environment() | settings
    lines = [f"export {name}='{value}'" for name, value in values.items()]
    path.write_text(
        "\n".join(
            [
                "#!/bin/sh",
                *lines,
                f"[ ! -e '{path.parent / 'shut'}' ] || exit 75",
                "cd /",
                f"{python} -c 'from app.cli import main; main()' deliver -- \"$@\"",
                "status=$?",
                "case $status in 0 | 65 | 67) exit $status ;; esac",
                "exit 75",
            ]
        )
        + "\n"
    )
    path.chmod(0o755)
