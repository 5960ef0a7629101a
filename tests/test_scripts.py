"""What a stranger starts first: the scripts are plain sh, the locks are whole and name no index, the help is full."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from app.config import Settings, variable

ROOT = Path(__file__).parent.parent
SCRIPTS = ["demo", "check", "docs/mailbag-deliver.sh", "scripts/environment.sh", "scripts/lock", "scripts/secrets"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SHELLS = [shell for shell in ("dash", "sh", "bash") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_plain_shell(script: str, shell: str) -> None:
    done = subprocess.run([shell, "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "script", ["demo", "check", ".ci/run", "docs/mailbag-deliver.sh", "scripts/lock", "scripts/secrets"]
)
def test_a_script_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts in a folder with a space in its name, and this test's own environment in place of .venv."""
    folder = tmp_path / "mail bag"
    folder.mkdir()
    for name in ("app", "worker", "samples", "templates", "requirements", "scripts", "demo", "check", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$MODULES" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.fixture
def stamped(checkout: Path) -> Path:
    """As after a first start: the stamps say that nothing has to be set up."""
    for kind in ("packages", "project"):
        put = f'. scripts/environment.sh; put_stamp {kind} "$root/.venv" requirements/runtime.txt'
        subprocess.run(["sh", "-euc", put], cwd=checkout, env={**os.environ, "root": str(checkout)}, check=True)
    return checkout


def _run(command: list[str | Path], cwd: Path, checkout: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "MODULES": str(checkout)} | more
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_help_names_every_setting_from_any_folder(stamped: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise SystemExit('not this app')")
    done = _run([stamped / "demo", "--help"], tmp_path, stamped)
    assert (done.returncode, done.stderr) == (0, "")
    assert not [field.name for field in fields(Settings) if variable(field.name) not in done.stdout]


def test_a_wrong_setting_is_told_at_once(stamped: Path, tmp_path: Path) -> None:
    done = _run([stamped / "demo"], tmp_path, stamped, MAILBAG_WEB_PROT="8081")
    assert done.returncode == 2
    assert "MAILBAG_WEB_PROT is no setting; did you mean MAILBAG_WEB_PORT?" in done.stderr


def test_a_changed_lock_is_noticed_and_a_missing_python_is_told(stamped: Path, tmp_path: Path) -> None:
    """With nothing to set it up with, the one line that helps is printed, and no half environment is used."""
    with (stamped / "requirements" / "runtime.txt").open("a") as lock:
        lock.write("# another lock\n")
    (stamped / ".venv" / "bin" / "python").unlink()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "dirname", "cksum", "cat", "rm", "grep", "id", "apt-get"):
        found = shutil.which(name)
        (programs / name).symlink_to(found or "/bin/true")
    done = _run([stamped / "demo"], tmp_path, stamped, PATH=str(programs), SETUP_NO_SYSTEM="1")
    assert done.returncode == 1
    told = "Python 3.11 or newer with venv is needed, or uv. Install it with: sudo apt-get install python3 python3-venv"
    assert done.stderr == f"./demo: {told}\n"


def test_check_explains_itself_and_refuses_what_it_does_not_know(checkout: Path) -> None:
    helped = _run([checkout / "check", "--help"], checkout, checkout)
    refused = _run([checkout / "check", "--fast"], checkout, checkout)
    assert (helped.returncode, refused.returncode) == (0, 2)
    assert helped.stdout == refused.stderr


def test_secrets_are_made_once(checkout: Path) -> None:
    made = _run([checkout / "scripts" / "secrets"], checkout, checkout)
    folder = checkout / "data" / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    again = _run([checkout / "scripts" / "secrets"], checkout, checkout)
    assert (made.returncode, again.returncode, again.stdout) == (0, 0, "")
    assert before == {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o077 == 0
    assert len(before["secret_key"].strip()) == 64
    assert before["postgres_password"].strip() in before["database_url"]


def test_the_secrets_are_those_that_compose_names(checkout: Path) -> None:
    named = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["secrets"]
    _run([checkout / "scripts" / "secrets"], checkout, checkout)
    assert all((checkout / secret["file"]).is_file() for secret in named.values())


def test_there_are_four_locks() -> None:
    assert [lock.stem for lock in LOCKS] == ["build", "dev", "prod", "runtime"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_index_and_has_a_hash_for_all(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", "    "), re.MULTILINE)
    unhashed = [pin for pin, hashes in _requirements(text) if not hashes]
    assert not unhashed


def test_every_lock_has_the_same_versions() -> None:
    """What is tested is what runs."""
    seen: dict[str, set[str]] = {}
    for lock in LOCKS:
        for pin, _ in _requirements(lock.read_text(encoding="utf-8")):
            name, _, version = pin.partition("==")
            seen.setdefault(name, set()).add(version)
    assert not {name: versions for name, versions in seen.items() if len(versions) > 1}


def _requirements(text: str) -> Iterator[tuple[str, list[str]]]:
    """(name==version, its hashes) for each entry of a lock."""
    for entry in text.replace("\\\n", " ").splitlines():
        if entry.strip() and not entry.startswith("#"):
            yield entry.split()[0], re.findall(r"--hash=sha256:[0-9a-f]{64}", entry)


def test_the_build_group_is_what_the_build_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["build-system"]["requires"]) == sorted(project["dependency-groups"]["build"])
