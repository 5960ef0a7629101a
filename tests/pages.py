"""Every page of Mailbag in one list, on a column that has something of everything: checks walk it, and scripts/pages
takes its pictures. A page that is missing here is told by tests/web/test_every_page.py.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Route
from werkzeug.test import TestResponse

from app.domain.column import Publication
from app.domain.event import Action, advance
from app.domain.question import Question
from app.domain.token import Purpose
from app.ingress.catcher import PostOffice
from app.language import ENGLISH, Language
from app.mail.programs import Program
from app.mail.transport import Fate, Handover, Relay
from app.store.base import Database
from app.store.migrations import upgrade
from app.usecases import asking, holding, publishing, routing, signing_in
from app.usecases.importing import import_text
from app.web import Demo, create_app
from tests.office import ANNA, COMPILED, TEMPLATES, Office, open_office

BASE = "https://guru.example"
SAMPLES = TEMPLATES.parent / "samples"
DISCLAIMER = "Answers are general advice; they cannot replace being seen. If something is suddenly worse, call."
CAUTION = "numbness between the legs, a hot swollen calf, chest pain. Your doctor is faster than we are."

# Routes that are no page of their own, and why.
EXEMPT = {
    "static": "files, addressed by their digest",
    "archive.topics": "leads to the first topic",
    "archive.robots": "for programs",
    "status.healthz": "for programs",
    "desk.mail_source": "a file to keep",
    "mailbox.source": "a file to keep",
    "mailbox.mailbox_json": "for programs",
    "mailbox.seen": "a mail inside of the post office's frame",
}
FEEDS = "feeds"  # a blueprint of its own; tests/web/test_valid_feeds.py walks it


@dataclass(frozen=True)
class Page:
    """One page: `name` for its picture, where it is, what it answers, and whether only an editor sees it."""

    name: str
    path: str
    status: int = 200
    is_private: bool = False


@dataclass
class Site:
    """The column, its web application, and its pages."""

    office: Office
    app: Flask
    desk: FlaskClient
    anyone: FlaskClient
    pages: list[Page]
    foreign: list[str] = field(default_factory=list)  # what a browser asked of others

    def get(self, page: Page) -> TestResponse:
        return (self.desk if page.is_private else self.anyone).get(page.path)

    def answer(self, route: Route) -> None:
        """A browser's request, answered without a network."""
        request = route.request
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != BASE:
            self.foreign.append(request.url)
            route.abort()
            return
        headers = {name: value for name, value in request.headers.items() if name not in ("accept-encoding", "cookie")}
        is_public = any(page.path == parts.path and not page.is_private for page in self.pages)
        client = self.anyone if is_public else self.desk
        response = client.open(
            f"{parts.path}?{parts.query}", method=request.method, headers=headers, data=request.post_data_buffer
        )
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.data)
        response.close()

    def mails(self) -> dict[str, bytes]:
        """The first that was sent of each kind, by its name."""
        found: dict[str, bytes] = {}
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


class Sample:
    """Fills a column with letters in every state, and remembers where they are."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.mailbag = office.mailbag
        self.numbers: dict[str, int] = {}
        self.paths: dict[str, str] = {}

    def ask(self, name: str, text: str, **changes: object) -> int:
        question = self.office.ask(
            public_name=name,
            address=f"{name.lower()}@asker.example",
            text=text,
            form_key=self.mailbag.links.signer.mint(Purpose.FORM, len(self.numbers) + 100),
            **changes,
        )
        assert question.id is not None
        self.numbers[name] = question.id
        return question.id

    def fill(self) -> None:
        for path in sorted(SAMPLES.iterdir()):
            import_text(self.mailbag, path.read_text(encoding="utf-8"), is_html=path.suffix == ".html")
        for step in (self.published, self.withdrawn, self.waiting, self.held, self.undelivered):
            self.office.clock.pass_by(minutes=40)
            step()

    def published(self) -> None:
        number = self.ask(
            "Becky", "My left knee creaks on the stairs, only on the way down. Should I worry, or oil it?"
        )
        self.office.receive(self.office.reply("Hi Becky\n\nDo not oil it. A knee that creaks and does not hurt talks."))
        publishing.approve(self.mailbag, number, None, by="Anna")
        self.office.run_jobs()
        self.paths["letter"] = self.office.question(number).path

    def withdrawn(self) -> None:
        number = self.ask("Wendy", "May I run on the day after a long flight? My ankles are as thick as my calves.")
        self.office.receive(self.office.reply("Hi Wendy\n\nWalk. Then run.", Program.GMAIL))
        publishing.approve(self.mailbag, number, None, by="Anna")
        self.office.run_jobs()
        self.paths["withdrawn"] = self.office.question(number).path
        with self.mailbag.database.write() as tx:
            question = tx.session.get(Question, number)
            assert question is not None
            advance(
                question, Action.WITHDRAW, at=self.office.clock(), actor="editor Anna", detail="Its asker wished it."
            )

    def waiting(self) -> None:
        """One of each: unconfirmed, submitted, assigned, sent back, declined, answered."""
        letter = replace(
            self.office.letter(public_name="Una", address="una@asker.example"),
            text="My toes go numb on the bicycle after an hour, and wake up at the baker’s. What is it?",
            form_key=self.mailbag.links.signer.mint(Purpose.FORM, 99),
        )
        unconfirmed = asking.submit(self.mailbag, letter)
        assert unconfirmed.id is not None
        self.numbers["Una"] = unconfirmed.id
        submitted = self.ask(
            "Sven", "Is it true that cold water after a run does more than a warm bath in the evening?"
        )
        routing.unassign(self.mailbag, submitted, by="Anna")
        self.ask("Aled", "My shoulder clicks when I put the kettle on the top shelf, and has done since March.")
        back = self.ask("Bea", "How long should I wait with running after a cold, when it was only the nose?")
        self.office.receive(self.office.reply("A week.", Program.OUTLOOK))
        publishing.send_back(self.mailbag, back, "Could you say why a week?", by="Anna")
        declined = self.ask("Dora", "Which of the two teams will win on Saturday, and by how many points will it be?")
        routing.decline(self.mailbag, declined, "This is a column about bodies, and not about results.", by="Anna")
        answered = self.ask(
            "Anwar", "Should I stretch before I run, or afterwards, or is it all a story for gym class?"
        )
        reply = "Hi Anwar\n\nAfterwards, if at all.\n\nWarm up by running slowly.\n\nThe Guru\n\nSent from my iPhone"
        self.office.receive(self.office.reply(reply, Program.APPLE_MAIL))
        del answered
        self.office.run_jobs()

    def held(self) -> None:
        self.office.receive(self.office.reply("", Program.GMAIL))  # to the letter before: an empty one
        self.ask("Hugo", "I sit all day and my neck cracks like a nut when I turn it. Should I stop turning it?")
        raw = self.office.reply("Hello Hugo, it is me from my other address. Turn it.", sender="pat@elsewhere.example")
        self.numbers["held"] = self.office.receive(raw, sender="pat@elsewhere.example")
        self.office.run_jobs()
        raw = self.office.reply("Once more.", sender="sam@elsewhere.example")
        other = self.office.receive(raw, sender="sam@elsewhere.example")
        holding.discard(self.mailbag, other, by="Anna", likewise_later=True)

    def undelivered(self) -> None:
        self.office.server.answers.append(Handover(Fate.REFUSED, "550 5.1.1 No such mailbox"))
        letter = self.office.letter(
            public_name="Fritz", address="fritz@asker.example", text="Is it bad to run twice a day?"
        )
        asking.submit(self.mailbag, replace(letter, form_key=self.mailbag.links.signer.mint(Purpose.FORM, 98)))
        self.office.run_jobs()
        self.numbers["undelivered"] = next(d.id for d in self.office.deliveries() if d.state == "failed" and d.id)

    def pages(self) -> list[Page]:
        signer, numbers = self.mailbag.links.signer, self.numbers
        letter = self.paths["letter"]
        tokens = {
            name: signer.mint(Purpose.CONFIRM, numbers[name]) for name in ("Una", "Becky", "Sven", "Aled", "Dora")
        }
        public = {
            "home": "/",
            "letter": letter,
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
            "ask": "/ask",
            "ask-posted": "/ask/posted",
            "confirm": f"/confirm/{tokens['Una']}",
            "confirm-submitted": f"/confirm/{tokens['Sven']}",
            "confirm-assigned": f"/confirm/{tokens['Aled']}",
            "confirm-published": f"/confirm/{tokens['Becky']}",
            "confirm-declined": f"/confirm/{tokens['Dora']}",
            "was-it-you": f"/was-it-you/{signer.mint(Purpose.WAS_IT_YOU, numbers['held'])}",
            "desk-sign-in": "/desk/sign-in",
            "desk-enter": self.paths["sign_in"],
        }
        private = {
            "desk-queue": "/desk/",
            "desk-settled": "/desk/settled",
            "desk-senders": "/desk/senders",
            "desk-question-submitted": f"/desk/questions/{numbers['Sven']}",
            "desk-question-assigned": f"/desk/questions/{numbers['Aled']}",
            "desk-question-answered": f"/desk/questions/{numbers['Anwar']}",
            "desk-question-published": f"/desk/questions/{numbers['Becky']}",
            "desk-mail-held": f"/desk/mail/{numbers['held']}",
            "desk-delivery-failed": f"/desk/deliveries/{numbers['undelivered']}",
            "post-office": "/mailbox",
            "post-office-mail": "/mailbox/2?view=text",
        }
        return [
            *(Page(name, path) for name, path in public.items()),
            Page("withdrawn", self.paths["withdrawn"], 410),
            Page("not-found", "/no-such-page", 404),
            *(Page(name, path, is_private=True) for name, path in private.items()),
        ]


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
        yield Site(office, app, desk, app.test_client(), [] if fill else sample.pages())


def _desk(office: Office, app: Flask) -> FlaskClient:
    """A browser with Anna signed in."""
    client = app.test_client()
    assert client.post(_link_to_the_desk(office)).status_code == 303
    return client
