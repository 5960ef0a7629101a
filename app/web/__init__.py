"""The site: what a click can do. Reads from the store, writes through the use cases only."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app.domain.theme import PLAIN, Theme
from app.ingress import webhook
from app.ingress.catcher import PostOffice
from app.mail.transport import Relay
from app.usecases.mailbag import Mailbag
from app.web import (
    archive,
    ask,
    caching,
    confirm,
    embed,
    feeds,
    issue_desk,
    issues,
    mailbox,
    moved,
    origin,
    pages,
    photos,
    pictures,
    preferences,
    printed,
    search,
    security,
    senders,
    similar,
    status,
    subscribe,
    suppressions,
    theming,
    unsubscribe,
    was_it_you,
)
from app.web.origin import BehindProxies, Network


@dataclass(frozen=True)
class Demo:
    """What only the demo has: its post office, and the door that replies go in by."""

    post_office: PostOffice
    door: Relay


def create_app(
    mailbag: Mailbag,
    *,
    templates: Path,
    theme: Theme = PLAIN,
    demo: Demo | None = None,
    hooks: webhook.Hooks | None = None,
    proxies: tuple[Network, ...] = (),
) -> Flask:
    """The WSGI application. `templates` is the folder that has web/; without `hooks` none is open.

    `proxies` are those whose word about where a request comes from is believed.
    """
    app = Flask(__name__, template_folder=str(templates / "web"))
    app.config.update(
        SECRET_KEY=mailbag.links.signer.secret("web session"),
        SESSION_COOKIE_NAME="mailbag_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=mailbag.links.base_url.startswith("https:"),
        SEND_FILE_MAX_AGE_DEFAULT=31536000,  # addresses of static files carry their content's digest
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_CHECK_DEFAULT=False,  # the desk asks for it; public forms carry no cookie to abuse
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["mailbag"] = mailbag
    app.wsgi_app = BehindProxies(app.wsgi_app, proxies)  # type: ignore[method-assign]
    theming.prepare(app, theme, templates / "web")
    pages.prepare(app, mailbag, has_post_office=demo is not None)
    moved.prepare(app)
    origin.prepare(app)
    security.prepare(app, mailbag.links.base_url)
    caching.prepare(app, mailbag, templates=(templates, theme.templates), has_post_office=demo is not None)
    readers = (archive, ask, confirm, similar, embed, feeds, issues, photos, pictures, search)
    by_link = (subscribe, preferences, unsubscribe, was_it_you)
    desk_pages = (senders, suppressions, issue_desk, printed)
    for blueprint in dict.fromkeys(part.blueprint for part in (*readers, *by_link, *desk_pages, status)):
        app.register_blueprint(blueprint)  # some are of one blueprint
    if hooks is not None:
        app.extensions["mailbag_hooks"] = hooks
        app.register_blueprint(webhook.blueprint)
    if demo is not None:
        app.extensions["mailbag_demo"] = demo
        app.register_blueprint(mailbox.blueprint)
    return app
