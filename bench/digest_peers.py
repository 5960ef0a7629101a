"""What others would use: smtplib, Flask-Mail, Django. Run by bench/digest.py in an environment that has them."""

import json
import smtplib
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any


def main() -> int:
    parts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    contender, port, mails = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    send = {"smtplib": by_smtplib, "flask-mail": by_flask_mail, "django": by_django}[contender]
    began, cpu = time.perf_counter(), time.process_time()
    send(parts, port, mails)
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}))
    return 0


def personal(parts: dict[str, str], number: int) -> tuple[str, str, str]:
    """Address, text and HTML of one reader."""
    return f"reader{number}@d.example", f"{parts['text']}{number}", parts["html"].replace("</body>", f"{number}</body>")


def by_smtplib(parts: dict[str, str], port: int, mails: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for number in range(mails):
            to, text, html = personal(parts, number)
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "column@column.example", to, "No. 1"
            message.set_content(text)
            message.add_alternative(html, subtype="html")
            connection.send_message(message)


def by_flask_mail(parts: dict[str, str], port: int, mails: int) -> None:
    from flask import Flask  # noqa: PLC0415
    from flask_mail import Mail, Message  # type: ignore[import-not-found]  # noqa: PLC0415

    app: Any = Flask(__name__)
    app.config |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_DEFAULT_SENDER": "column@column.example"}
    mail: Any = Mail(app)
    with app.app_context(), mail.connect() as connection:
        for number in range(mails):
            to, text, html = personal(parts, number)
            connection.send(Message("No. 1", recipients=[to], body=text, html=html))


def by_django(parts: dict[str, str], port: int, mails: int) -> None:
    from django.conf import settings  # type: ignore[import-not-found]  # noqa: PLC0415

    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    from django.core.mail import EmailMultiAlternatives, get_connection  # type: ignore[import-not-found]  # noqa: PLC0415

    with get_connection() as connection:
        for number in range(mails):
            to, text, html = personal(parts, number)
            message = EmailMultiAlternatives("No. 1", text, "column@column.example", [to], connection=connection)
            message.attach_alternative(html, "text/html")
            message.send()


if __name__ == "__main__":
    sys.exit(main())
