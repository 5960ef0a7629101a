"""The WSGI entry of the grown form: `gunicorn app.web.wsgi:app`. The demo makes its application itself."""

import os

from app.bootstrap import make_mailbag, templates_dir
from app.config import read_settings
from app.web import create_app

app = create_app(make_mailbag(read_settings(os.environ)), templates=templates_dir())
