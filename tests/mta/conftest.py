"""One rig and one column for all of these tests; without the rig's programs they are skipped, and say so."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mta.column import RunningColumn
from tests.mta.pipe import USER, interpreter, write_script
from tests.mta.rig import Rig, missing
from tests.mta.wire import Wire
from tests.ports import free_ports

EXPERTS = {
    "Knee Advice": ("The Guru", "guru@expert.test"),
    "Nobody Advice": ("Nobody", "nobody@expert.test"),
    "Full Advice": ("Full", "full@expert.test"),
    "Reject Advice": ("Reject", "reject@expert.test"),
    "Grey Advice": ("Grey", "grey@expert.test"),
    "Nowhere Advice": ("Nowhere", "who@nowhere.test"),
}


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Short, and open to other users: Postfix and Dovecot run as some of them."""
    path = Path(tempfile.mkdtemp(prefix="mta-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def ports() -> tuple[int, int, int, int]:
    """Of the web pages, the SMTP door, the LMTP door, and of the wire that leads to it."""
    web, smtp, lmtp, wire = free_ports(4)
    return web, smtp, lmtp, wire


@pytest.fixture(scope="session")
def rig(shared: Path, folder: Path, ports: tuple[int, int, int, int]) -> Iterator[Rig]:
    if lacking := missing():
        pytest.skip(f"the rig needs {', '.join(lacking)}; ./check --mta installs what it may")
    home = folder / "rig"
    home.mkdir()
    environment = {"RIG_LMTP": f"127.0.0.1:{ports[3]}", "RIG_PIPE": str(folder / "deliver"), "RIG_PIPE_USER": USER}
    rig = Rig(shared / "mta", home, environment)
    try:
        rig.run("up")
        yield rig
    finally:
        rig.run("down")


@pytest.fixture(scope="session")
def wire(ports: tuple[int, int, int, int]) -> Iterator[Wire]:
    wire = Wire(ports[3], ports[2])
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def column(rig: Rig, wire: Wire, folder: Path, ports: tuple[int, int, int, int]) -> Iterator[RunningColumn]:
    data = folder / "data"
    data.mkdir()
    known = rig.known()
    relay_host, relay_port = known["COLUMN_SMARTHOST"].rsplit(":", 1)
    settings = {
        "MAILBAG_DATA_DIR": str(data),
        "MAILBAG_SECRET_KEY": os.urandom(32).hex(),
        "MAILBAG_BASE_URL": f"http://127.0.0.1:{ports[0]}",
        "MAILBAG_WEB_PORT": str(ports[0]),
        "MAILBAG_SMTP_PORT": str(ports[1]),
        "MAILBAG_LMTP_PORT": str(ports[2]),
        "MAILBAG_MAIL_DOMAIN": "column.test",
        "MAILBAG_RELAY_HOST": relay_host,
        "MAILBAG_RELAY_PORT": relay_port,
        "MAILBAG_AUTHENTICATION": "border",
        "MAILBAG_AUTHSERV_ID": known["COLUMN_AUTHSERV_ID"],
        "MAILBAG_BORDER_HOSTS": "mx.expert.test",  # the mailbox's Dovecot writes a Received line above the results
        "MAILBAG_IMAP_HOST": known["COLUMN_IMAP"].rsplit(":", 1)[0],
        "MAILBAG_IMAP_PORT": known["COLUMN_IMAP"].rsplit(":", 1)[1],
        "MAILBAG_IMAP_SECURITY": "none",
        "MAILBAG_IMAP_USER": known["COLUMN_USER"],
        "MAILBAG_IMAP_PASSWORD": known["RIG_PASSWORD"],
        "MAILBAG_ASK_SECONDS": "0",  # its askers type faster than any person
        "MAILBAG_COLUMN_INTAKE": "straight_to_expert",
        "MAILBAG_COLUMN_PUBLICATION": "auto_after_hold",
        "MAILBAG_COLUMN_HOLD_SECONDS": "0",
    }
    column = RunningColumn(rig, data, settings)
    column.mailbag("migrate")
    if interpreter() is not None:
        write_script(folder / "deliver", settings)
        data.chmod(0o777)  # its user writes to the database too; SQLite gives what it keeps beside it the same mode
        (data / "mailbag.db").chmod(0o666)
    for topic in EXPERTS:  # first: whoever is there already covers a new topic too
        column.mailbag("topic", "add", topic)
    for topic, (name, address) in EXPERTS.items():
        column.mailbag("expert", "add", name, address, "--topic", topic)
    try:
        column.start()
        yield column
    finally:
        column.stop()
