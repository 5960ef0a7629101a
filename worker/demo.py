"""The demo: the one-process form on SQLite with sample letters and a post office that catches every mail."""

import secrets
import socket
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from app.config import Settings, read_settings, text_of
from app.domain.people import Editor
from app.ingress.catcher import PostOffice, catcher
from app.ingress.server import Listener
from app.mail.transport import Relay
from app.store import people
from app.usecases.importing import import_text
from app.usecases.mailbag import Mailbag
from app.web import Demo
from worker.one_process import Form, OneProcess, serve

LOOPBACK = "127.0.0.1"
EDITOR = ("Anna", "anna@column.example")
EXPERT = ("The Guru", "guru@clinic.example")
SAMPLES = Path(__file__).parent.parent / "samples"

DEFAULTS = {
    "MAILBAG_DEMO": "yes",
    "MAILBAG_AUTHENTICATION": "off",  # its mail is made here, and nobody signs it
    "MAILBAG_ASK_SECONDS": "0",  # whoever tries it out may be a script, and is no robot
    "MAILBAG_ASK_MOST": "10000",
    "MAILBAG_COLUMN_INTAKE": "straight_to_expert",
    "MAILBAG_COLUMN_PUBLICATION": "auto_after_hold",
    "MAILBAG_COLUMN_HOLD_SECONDS": "0",
    "MAILBAG_COLUMN_DISCLAIMER": (
        "The Guru is a chartered physiotherapist. Answers are general advice; they cannot replace being seen."
        " If something is suddenly much worse, do not write: call."
    ),
    "MAILBAG_COLUMN_CAUTION": (
        "numbness between the legs, a leg that gives way, a hot swollen calf, chest pain, or pain after a bad"
        " fall. Your emergency number or doctor is faster than we are."
    ),
}


def demo_settings(environ: Mapping[str, str]) -> Settings:
    """The environment over the demo's own defaults; a secret key is made and kept in the data folder."""
    values = {**DEFAULTS, **{name: text for name, text in environ.items() if name.startswith("MAILBAG_")}}
    data_dir = Path(text_of(values, "MAILBAG_DATA_DIR") or "data")
    if not values.get("MAILBAG_SECRET_KEY") and not values.get("MAILBAG_SECRET_KEY_FILE"):
        values["MAILBAG_SECRET_KEY_FILE"] = str(_kept_key(data_dir))
    if not values.get("MAILBAG_BASE_URL"):
        values["MAILBAG_BASE_URL"] = f"http://{LOOPBACK}:{values.get('MAILBAG_WEB_PORT') or '8080'}"
    # nothing leaves the machine: whatever relay is configured, the demo's mail goes to its own post office
    values["MAILBAG_RELAY_HOST"] = LOOPBACK
    values["MAILBAG_CATCHER_PORT"] = values.get("MAILBAG_CATCHER_PORT") or str(_port_like(0))
    values["MAILBAG_LMTP_PORT"] = values.get("MAILBAG_LMTP_PORT") or str(_port_like(2424))
    values["MAILBAG_RELAY_PORT"] = values["MAILBAG_CATCHER_PORT"]
    values["MAILBAG_BROKER_URL"] = "memory://localhost/"
    for name in ("MAILBAG_RELAY_SECURITY", "MAILBAG_RELAY_USER", "MAILBAG_RELAY_PASSWORD"):
        values.pop(name, None)
    return read_settings(values)


def _port_like(wanted: int) -> int:
    """This port, or any free one where it is taken: two demos may run side by side."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def _kept_key(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path


def fill(mailbag: Mailbag) -> None:
    """The column that a reader finds: the sample letters, one expert for all topics, one editor. Once."""
    for path in sorted(path for path in SAMPLES.iterdir() if path.is_file()):
        text = path.read_text(encoding="utf-8")
        import_text(mailbag, text, is_html=path.suffix == ".html")
    with mailbag.database.write() as tx:
        expert = people.expert_named(tx, EXPERT[0])
        expert.address = expert.address or EXPERT[1]
        expert.topics = expert.topics or people.topics(tx)
        if people.editor_at(tx, EDITOR[1]) is None:
            tx.add(Editor(name=EDITOR[0], address=EDITOR[1]))


def announcement(settings: Settings, seconds: float) -> str:
    url = settings.base_url
    return (
        f"\nMailbag is up ({seconds:.1f} s). Nothing that it sends leaves this machine.\n\n"
        f"  the column       {url}/\n"
        f"  ask a question   {url}/ask\n"
        f"  the post office  {url}/mailbox   (every mail ends here; answer as the expert)\n"
        f"  the desk         {url}/desk/      (sign in as {EDITOR[1]}, the link is in the post office)\n\n"
        f"  mail from outside: SMTP {settings.listen_host}:{settings.smtp_port},"
        f" LMTP {settings.listen_host}:{settings.lmtp_port}\n"
        f"  everything is kept in {settings.data_dir}; Ctrl-C stops it\n"
    )


def demo_process(settings: Settings) -> OneProcess:
    """Its mail goes to the post office, which the web shows where the settings say that it is a demo."""
    post_office = PostOffice(settings.data_dir / "post-office")
    door = Relay(settings.listen_host, settings.smtp_port)
    demo = Demo(post_office=post_office, door=door) if settings.demo else None
    catching = Listener("catcher", LOOPBACK, settings.catcher_port, partial(catcher, post_office))
    return OneProcess(settings, demo=demo, listeners=(catching,))


def main() -> int:
    return serve(
        Form(
            command="./demo",
            description="Mailbag in one process: web, worker, clock, mail doors, post office. No servers needed.",
            read=demo_settings,
            make=demo_process,
            announce=announcement,
            fill=fill,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
