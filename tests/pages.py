"""Every page of Mailbag in one list, on a column that has something of everything: checks walk it, and scripts/pages
takes its pictures. A page that is missing here is told by tests/web/test_every_page.py.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Route
from werkzeug.test import TestResponse

from app.domain.column import Publication
from app.domain.subscription import Frequency
from app.domain.token import Purpose
from app.ingress.catcher import PostOffice
from app.language import ENGLISH, Language
from app.mail.transport import Relay
from app.store.base import Database
from app.store.migrations import upgrade
from app.usecases import signing_in
from app.web import Demo, create_app
from tests.office import ANNA, COMPILED, TEMPLATES, Office, open_office
from tests.sample import Sample, drawn

BASE = "https://guru.example"
DISCLAIMER = "Answers are general advice; they cannot replace being seen. If something is suddenly worse, call."
CAUTION = "numbness between the legs, a hot swollen calf, chest pain. Your doctor is faster than we are."

# Routes that are no page of their own, and why.
EXEMPT = {
    "static": "files, addressed by their digest",
    "archive.topics": "leads to the first topic",
    "archive.robots": "for programs",
    "status.healthz": "for programs",
    "embed.oembed": "for programs",
    "issues.feed": "for programs; tests/web/test_issues.py reads it",
    "photos.large": "a picture",
    "photos.small": "a picture",
    "desk.on_the_desk": "a picture",
    "pictures.portrait": "a picture",
    "pictures.letter": "a picture",
    "pictures.topic": "a picture",
    "pictures.column": "a picture",
    "theming.sheet": "a file of the theme's",
    "desk.preview_issue": "a mail inside of the issue's frame",
    "desk.mail_source": "a file to keep",
    "mailbox.source": "a file to keep",
    "mailbox.mailbox_json": "for programs",
    "mailbox.seen": "a mail inside of the post office's frame",
}
TELLING: dict[str, str | bytes] = {  # a letter that is worth a look before it is posted
    "public_name": "Tom",
    "naming": "alias",
    "address": "tom@asker.example",
    "topic": "running-advice",
    "text": "My left knee creaks on the stairs, only on the way down. Should I worry, or oil it?\n\n"
    "My doctor, Dr Meyer, says rest. Ring me on 01632 960 417 if that is easier!",
    "consent": "publish",
    "photo1": drawn((640, 480)),
    "alt1": "My knee after the stairs",
}
FEEDS = "feeds"  # a blueprint of its own; tests/web/test_valid_feeds.py walks it


@dataclass(frozen=True)
class Page:
    """One page: `name` for its picture, where it is, what it answers, and whether only an editor sees it.

    With `typed` it is what comes back when its form is sent so; octets are a file.
    """

    name: str
    path: str
    status: int = 200
    is_private: bool = False
    typed: Mapping[str, str | bytes] | None = None


@dataclass
class Site:
    """The column, its web application, and its pages."""

    office: Office
    app: Flask
    desk: FlaskClient
    anyone: FlaskClient
    pages: list[Page]
    foreign: list[str] = field(default_factory=list)  # what a browser asked of others

    def get(self, page: Page, headers: Mapping[str, str] | None = None) -> TestResponse:
        client = self.desk if page.is_private else self.anyone
        if page.typed is None:
            return client.get(page.path, headers=headers)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', client.get(page.path).text)
        fields: dict[str, Any] = {name: unescape(value) for name, value in hidden}
        for name, value in page.typed.items():
            fields[name] = (io.BytesIO(value), "photo.jpg") if isinstance(value, bytes) else value
        return client.post(page.path, data=fields, headers=headers)

    def answer(self, route: Route) -> None:
        """A browser's request, answered without a network."""
        request = route.request
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != BASE:
            self.foreign.append(request.url)
            route.abort()
            return
        headers = {name: value for name, value in request.headers.items() if name not in ("accept-encoding", "cookie")}
        path = request.url.removeprefix(BASE)
        page = next((page for page in self.pages if page.path == path), None)
        if page is not None and request.method == "GET":
            response = self.get(page, headers)
        else:
            options = {"method": request.method, "headers": headers, "data": request.post_data_buffer}
            response = (self.anyone if page and not page.is_private else self.desk).open(path, **options)
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.data)
        response.close()

    def mails(self) -> dict[str, bytes]:
        """The first that was sent of each kind, by its name."""
        found = {"digest": self.office.server.to("weekly@reader.example")[-1].raw}
        for delivery in self.office.deliveries():
            if delivery.raw:
                found.setdefault(str(delivery.kind), delivery.raw)
        return found

    @contextmanager
    def context(self, browser: Browser, **options: Any) -> Iterator[BrowserContext]:
        context = browser.new_context(base_url=BASE, **options)
        context.route("**/*", self.answer)
        try:
            yield context
        finally:
            context.close()


def pages_of(sample: Sample) -> list[Page]:
    return [*_public(sample), *_of_subscribers(sample), *_of_the_desk(sample)]


def _public(sample: Sample) -> Iterator[Page]:
    signer, numbers, letter = sample.mailbag.links.signer, sample.numbers, sample.paths["letter"]
    tokens = {name: signer.mint(Purpose.CONFIRM, numbers[name]) for name in ("Una", "Becky", "Sven", "Aled", "Dora")}
    public = {
        "home": "/",
        "letter": letter,
        "embed": f"/embed/{letter.rpartition('-')[2]}",
        "archive": "/archive",
        "year": "/2025/",
        "month": letter[:9],
        "day": letter[:12],
        "topic": "/topics/running-advice/",
        "experts": "/experts/",
        "expert": "/experts/the-guru/",
        "about": "/about",
        "search": "/search?q=running",
        "search-without-hit": "/search?q=marathn",
        "search-empty": "/search",
        "issues": "/issues",
        "issue": "/issues/weekly/1",
        "ask": "/ask",
        "ask-posted": "/ask/posted",
        "confirm": f"/confirm/{tokens['Una']}",
        "confirm-submitted": f"/confirm/{tokens['Sven']}",
        "confirm-assigned": f"/confirm/{tokens['Aled']}",
        "confirm-published": f"/confirm/{tokens['Becky']}",
        "confirm-declined": f"/confirm/{tokens['Dora']}",
        "was-it-you": f"/was-it-you/{signer.mint(Purpose.WAS_IT_YOU, numbers['held'])}",
        "desk-sign-in": "/desk/sign-in",
        "desk-enter": sample.paths["sign_in"],
    }
    yield from (Page(name, path) for name, path in public.items())
    yield Page("ask-preview", "/ask?look", typed=TELLING)
    yield Page("ask-slips", "/ask?slips", 422, typed={**TELLING, "address": "tom.asker.example", "alt1": ""})
    yield Page("withdrawn", sample.paths["withdrawn"], 410)
    yield Page("not-found", "/no-such-page", 404)


def _of_subscribers(sample: Sample) -> Iterator[Page]:
    weekly = sample.own(Frequency.WEEKLY)
    public = {
        "subscribe": "/subscribe",
        "subscribe-sent": "/subscribe/sent",
        "subscribe-confirm": sample.paths["wished"],
        "subscribe-confirmed": sample.paths["subscribed-weekly"],
        "preferences": weekly,
        "preferences-saved": f"{weekly}?said=saved",
        "preferences-left": sample.own("left"),
        "forget": f"{weekly}/forget",
        "move-from": sample.paths["move-from"],
        "move-to": sample.paths["move-to"],
        "unsubscribe": sample.leaving(Frequency.WEEKLY),
        "unsubscribed": sample.leaving("left"),
    }
    yield from (Page(name, path) for name, path in public.items())
    slips = {"address": "rita.reader.example", "frequency": "monthly", "what": "all"}
    yield Page("subscribe-slip", "/subscribe?slip", 422, typed=slips)


def _of_the_desk(sample: Sample) -> Iterator[Page]:
    numbers = sample.numbers
    private = {
        "desk-queue": "/desk/",
        "desk-settled": "/desk/settled",
        "desk-printed": "/desk/printed",
        "desk-senders": "/desk/senders",
        "desk-experts": "/desk/experts",
        "desk-suppressions": "/desk/suppressions",
        "desk-issues": "/desk/issues",
        "desk-issue-draft": f"/desk/issues/{numbers['issue-monthly']}",
        "desk-issue-paused": f"/desk/issues/{numbers['issue-daily']}",
        "desk-issue-sent": f"/desk/issues/{numbers['issue-weekly']}",
        "desk-question-submitted": f"/desk/questions/{numbers['Sven']}",
        "desk-question-assigned": f"/desk/questions/{numbers['Aled']}",
        "desk-question-answered": f"/desk/questions/{numbers['Anwar']}",
        "desk-question-published": f"/desk/questions/{numbers['Becky']}",
        "desk-mail-held": f"/desk/mail/{numbers['held']}",
        "desk-mail-follow-up": f"/desk/mail/{numbers['follow-up']}",
        "desk-delivery-failed": f"/desk/deliveries/{numbers['undelivered']}",
        "post-office": "/mailbox",
        "post-office-mail": "/mailbox/2?view=text",
    }
    yield from (Page(name, path, is_private=True) for name, path in private.items())
    looked_up = {"address": "asked@reader.example"}
    yield Page("desk-suppressions-found", "/desk/suppressions?found", is_private=True, typed=looked_up)


def _link_to_the_desk(office: Office) -> str:
    signing_in.request_link(office.mailbag, ANNA)
    office.run_jobs()
    text = office.server.to(ANNA)[-1].raw.replace(b"=\r\n", b"").decode()
    found = re.search("/desk/enter/[0-9a-z]+", text)
    assert found
    return found[0]


@contextmanager
def open_site(
    folder: Path, language: Language = ENGLISH, fill: Callable[[Office], None] | None = None
) -> Iterator[Site]:
    """A column with a database in `folder`; `fill` is called instead of the sample, and then there are no pages."""
    url = f"sqlite:///{folder / 'mailbag.db'}"
    database = Database(url, lambda job, row_id: None)
    upgrade(database.engine)
    database.close()
    changes = {"publication": Publication.EDITOR_APPROVES, "disclaimer": DISCLAIMER, "caution": CAUTION}
    with open_office(url, language=language, hold=timedelta(hours=1), **changes) as office:
        sample = Sample(office)
        (fill or (lambda _: sample.fill()))(office)
        post_office = PostOffice(folder / "post-office")
        for sent in office.server.sent:
            post_office.keep(sent.raw, sender=sent.envelope.sender, recipient=sent.envelope.recipient)
        demo = Demo(post_office=post_office, door=Relay("127.0.0.1", 9))
        app = create_app(office.mailbag, templates=TEMPLATES, demo=demo)
        app.jinja_env.bytecode_cache = COMPILED
        desk = _desk(office, app)
        sample.paths["sign_in"] = _link_to_the_desk(office)
        yield Site(office, app, desk, app.test_client(), [] if fill else pages_of(sample))


def _desk(office: Office, app: Flask) -> FlaskClient:
    """A browser with Anna signed in."""
    client = app.test_client()
    assert client.post(_link_to_the_desk(office)).status_code == 303
    return client
