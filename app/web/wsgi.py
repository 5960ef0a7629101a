"""The WSGI entry of the grown form: `gunicorn app.web.wsgi:app`. The demo makes its application itself."""

import os

from app.bootstrap import make_mailbag, templates_dir
from app.config import BadSettings, read_settings
from app.ingress.webhook import open_hooks
from app.web import create_app

settings = read_settings(os.environ)
settings.need_broker()
if settings.demo:
    raise BadSettings(["MAILBAG_DEMO: the post office shows private mail to everybody; it is for ./demo alone"])
mailbag = make_mailbag(settings)
app = create_app(
    mailbag,
    templates=templates_dir(),
    theme=settings.theme,
    hooks=open_hooks(settings, mailbag),
    proxies=settings.trusted_proxies,
)
