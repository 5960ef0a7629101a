"""What others would use: smtplib, Flask-Mail, Django, Mailman. Run by bench/digest.py where they are installed."""

import json
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

MAILMAN = """
[mailman]
layout: local
[paths.local]
var_dir: {folder}
[database]
url: sqlite:///{folder}/mailman.db
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: {port}
verp_personalized_deliveries: yes
max_sessions_per_connection: 0
"""


def main() -> int:
    parts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    contender, port, mails = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    prepare = {"smtplib": by_smtplib, "flask-mail": by_flask_mail, "django": by_django, "mailman": by_mailman}
    send = prepare[contender](parts, port, mails)
    began, cpu = time.perf_counter(), time.process_time()
    send()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}))
    return 0


def personal(parts: dict[str, str], number: int) -> tuple[str, str, str]:
    """Address, text and HTML of one reader."""
    return f"reader{number}@d.example", f"{parts['text']}{number}", parts["html"].replace("</body>", f"{number}</body>")


def by_smtplib(parts: dict[str, str], port: int, mails: int) -> Callable[[], None]:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for number in range(mails):
                to, text, html = personal(parts, number)
                connection.send_message(message(to, text, html))

    return send


def message(to: str, text: str, html: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "column@column.example", to, "No. 1"
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    return made


def by_flask_mail(parts: dict[str, str], port: int, mails: int) -> Callable[[], None]:
    from flask import Flask  # noqa: PLC0415
    from flask_mail import Mail, Message  # type: ignore[import-not-found]  # noqa: PLC0415

    app: Any = Flask(__name__)
    app.config |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_DEFAULT_SENDER": "column@column.example"}
    mail: Any = Mail(app)

    def send() -> None:
        with app.app_context(), mail.connect() as connection:
            for number in range(mails):
                to, text, html = personal(parts, number)
                connection.send(Message("No. 1", recipients=[to], body=text, html=html))

    return send


def by_django(parts: dict[str, str], port: int, mails: int) -> Callable[[], None]:
    from django.conf import settings  # type: ignore[import-not-found]  # noqa: PLC0415

    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    from django.core.mail import EmailMultiAlternatives, get_connection  # type: ignore[import-not-found]  # noqa: PLC0415

    def send() -> None:
        with get_connection() as connection:
            for number in range(mails):
                to, text, html = personal(parts, number)
                one = EmailMultiAlternatives("No. 1", text, "column@column.example", [to], connection=connection)
                one.attach_alternative(html, "text/html")
                one.send()

    return send


def by_mailman(parts: dict[str, str], port: int, mails: int) -> Callable[[], None]:
    """What its outgoing runner calls for a list with full personalisation: each reader has a To, VERP and footer."""
    from mailman.core import initialize  # type: ignore[import-not-found]  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="mailman-", dir=Path(sys.argv[1]).parent))
    (folder / "mailman.cfg").write_text(MAILMAN.format(folder=folder, port=port), encoding="utf-8")
    initialize.initialize(str(folder / "mailman.cfg"))
    from mailman.app.lifecycle import create_list  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.database.transaction import transaction  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.email.message import Message  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.interfaces.domain import IDomainManager  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.interfaces.mailinglist import Personalization  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.interfaces.subscriptions import ISubscriptionManager  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.interfaces.usermanager import IUserManager  # type: ignore[import-not-found]  # noqa: PLC0415
    from mailman.mta.deliver import deliver  # type: ignore[import-not-found]  # noqa: PLC0415
    from zope.component import getUtility  # type: ignore[import-not-found]  # noqa: PLC0415

    readers = [personal(parts, number)[0] for number in range(mails)]
    with transaction():
        getUtility(IDomainManager).add("column.example")
        digest = create_list("digest@column.example")
        digest.personalize = Personalization.full
        for address in readers:
            reader = getUtility(IUserManager).make_user(address, "A Reader")
            own = next(iter(reader.addresses))
            own.verified_on = datetime.now(UTC)
            reader.preferred_address = own
            ISubscriptionManager(digest).register(reader, pre_verified=True, pre_confirmed=True, pre_approved=True)
    _, text, html = personal(parts, 0)
    posted = message_from_bytes(message("digest@column.example", text, html).as_bytes(), Message)
    posted["Message-ID"] = "<1@column.example>"

    def send() -> None:
        deliver(digest, posted, {"recipients": set(readers), "verp": True, "lang": "en"})

    return send


if __name__ == "__main__":
    sys.exit(main())
