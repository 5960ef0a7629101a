"""The loop on the grown form: the commands of docker-compose.yml, PostgreSQL, Redis, HTTP and SMTP, all real."""

import re
import smtplib
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.bootstrap import celery_client
from app.config import Settings
from app.mail.programs import Program, compose_reply
from app.usecases.mailbag import utc_now
from tests.journeys.grown_form import Compose, GrownForm
from tests.ports import free_ports
from tests.servers import PATIENCE, Postgresql, Redis, wait_until

BECKY = "becky@asker.example"
GURU = "guru@clinic.example"
ANNA = "anna@column.example"
SIGNATURE = "The Guru, tel. 01632 960417"
QUESTION = """Hi there,

My left knee creaks on the stairs – only on the way down – and it’s been doing so since March.

I can still do everything that I want to. Should I worry, or oil it?"""
ANSWER = """Hi Becky

Do not oil it. A knee that creaks and does not hurt is a knee that makes conversation…

Going down, your thighs are the brakes. Brakes that are out of practice squeak: ten slow steps, twice a day, hold on
to the rail and count to three on each."""


class Sink:
    """In Mailpit's place: takes every mail that leaves, at once."""

    def __init__(self) -> None:
        self.caught: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.caught += [(recipient, envelope.original_content) for recipient in envelope.rcpt_tos]
        return "250 taken"

    def to(self, address: str, subject: str) -> list[bytes]:
        return [raw for recipient, raw in self.caught if recipient == address and subject in _subject(raw)]


def _subject(raw: bytes) -> str:
    return str(message_from_bytes(raw, policy=policy.default)["Subject"])


def _text(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class Browser:
    """Keeps cookies, follows redirects, and sends back the hidden fields of the form that it has open."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.page = ""
        self.url = ""
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, path: str, form: bytes | None = None) -> str:
        with self._opener.open(urllib.parse.urljoin(self.base, path), form, timeout=PATIENCE) as response:
            self.page, self.url = response.read().decode(), response.url
        return self.page

    def press(self, action: str, **fields: str) -> str:
        """Send the form on this page whose address ends in `action`."""
        form = next(f for f in re.findall(r"<form.*?</form>", self.page, re.DOTALL) if _action(f).endswith(action))
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        return self.open(_action(form), urllib.parse.urlencode(hidden | fields).encode())

    def follow(self, pattern: str) -> str:
        found = re.search(rf'href="({pattern})"', self.page)
        assert found, self.page
        return self.open(unescape(found[1]))


def _action(form: str) -> str:
    found = re.search(r'<form[^>]* action="([^"]*)"', form)
    assert found, form
    return unescape(found[1])


@dataclass
class Site:
    """The grown form with what stands around it."""

    form: GrownForm
    browser: Browser
    sink: Sink
    smtp_port: int
    postgresql: Postgresql
    redis: Redis
    database: str

    def wait_for_mail(self, to: str, subject: str) -> bytes:
        self.wait_until(lambda: bool(self.sink.to(to, subject)), f"a mail to {to} with “{subject}”")
        return self.sink.to(to, subject)[0]

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        services = ("web", "worker", "beat", "doors")
        wait_until(is_so, lambda: "\n".join([f"never came: {what}", *map(self.form.log, services)]))

    def wait_until_healthy(self, service: str) -> None:
        self.wait_until(lambda: self.form.is_healthy(service), f"a healthy {service}")

    def link(self, mail: bytes, path: str) -> str:
        found = re.search(rf"{re.escape(self.browser.base)}{path}\S+", _text(mail))
        assert found, _text(mail)
        return found[0]


@pytest.fixture
def site(postgresql: Postgresql, redis_server: Redis, redis_url: str, tmp_path: Path) -> Iterator[Site]:
    sink = Sink()
    web, smtp, lmtp, relay = free_ports(4)
    database = "grown_form"
    postgresql.execute(f"create database {database}")
    secrets = tmp_path / "secrets"
    (tmp_path / "home").mkdir()
    secrets.mkdir()
    (secrets / "secret_key").write_text("0123456789abcdef" * 4 + "\n")
    (secrets / "database_url").write_text(postgresql.url(database) + "\n")
    compose = Compose(
        {
            "/run/secrets": str(secrets),
            "redis://redis:6379/0": redis_url,
            "18EB": f"{redis_server.port:04X}",
            "mailpit": "127.0.0.1",
            "1025": str(relay),
            "127.0.0.1:8080": f"127.0.0.1:{web}",
            "0.0.0.0:8080": f"127.0.0.1:{web}",
            "0.0.0.0": "127.0.0.1",
            "2525": str(smtp),
            "2424": str(lmtp),
        }
    )
    form = GrownForm(compose, tmp_path)
    catcher = Controller(sink, hostname="127.0.0.1", port=relay)
    catcher.start()
    try:
        yield Site(form, Browser(f"http://127.0.0.1:{web}"), sink, smtp, postgresql, redis_server, database)
    finally:
        form.leave_nothing()
        catcher.stop()
        postgresql.execute(f"drop database {database} with (force)")


@pytest.mark.servers
def test_the_loop_survives_a_killed_worker_and_an_emptied_redis(site: Site) -> None:
    form = site.form
    set_up(site)
    ask_and_confirm(site)
    sign_in(site)
    assign(site)

    reply_while_the_worker_is_killed(site)
    publish_while_redis_is_emptied(site)

    page = site.browser.open(site.link(site.wait_for_mail(BECKY, "has answered you"), "/2"))
    shown = unescape(re.sub(r"<[^>]+>", " ", page)).split()
    assert not [word for word in f"{QUESTION} {ANSWER}".split() if word not in shown]
    assert "Becky asked The Guru for the following Physiotherapy Advice:" in " ".join(shown)
    assert not [private for private in (BECKY, GURU, "01632") if private in page]

    for service in ("beat", "worker", "doors", "web"):
        form.stop(service)
    subjects = sorted((recipient, _subject(raw)) for recipient, raw in site.sink.caught)
    assert len(subjects) == len(set(subjects)), "a mail was sent twice"
    assert not list(form.home.iterdir()), "a container is read-only, and something was written"
    assert not form.compose.unused


def test_a_stopped_worker_gets_longer_than_its_own_shutdown_takes() -> None:
    celery = celery_client(Settings(secret_key="x" * 32, broker_url="redis://redis"))
    assert Compose({}).grace("worker") > celery.conf.worker_soft_shutdown_timeout


def set_up(site: Site) -> None:
    form = site.form
    form.migrate()
    form.run("web", ["mailbag", "topic", "add", "Physiotherapy Advice"])
    form.run("web", ["mailbag", "expert", "add", "The Guru", GURU])
    form.run("web", ["mailbag", "editor", "add", "Anna", ANNA])
    for service in ("web", "doors", "worker", "beat"):
        form.start(service)
    for service in ("web", "doors", "worker", "beat"):
        site.wait_until_healthy(service)
    assert form.niceness("worker") > form.niceness("doors"), "who waits for an answer comes first"


def ask_and_confirm(site: Site) -> None:
    browser = site.browser
    browser.open("/ask")
    letter = {"public_name": "Becky", "address": BECKY, "topic": "physiotherapy-advice", "text": QUESTION}
    browser.press("/ask", **letter, consent="publish")
    assert browser.url.endswith("/ask/posted"), browser.page
    link = site.link(site.wait_for_mail(BECKY, "Press once"), "/confirm/")
    browser.open(link)
    browser.press(urllib.parse.urlsplit(link).path)


def sign_in(site: Site) -> None:
    browser = site.browser
    browser.open("/desk/sign-in")
    browser.press("/desk/sign-in", address=ANNA)
    link = site.link(site.wait_for_mail(ANNA, "Your link"), "/desk/enter/")
    browser.open(link)
    browser.press(urllib.parse.urlsplit(link).path)
    assert browser.url.endswith("/desk/"), browser.page


def assign(site: Site) -> None:
    """Nothing reaches the expert before the editor lets it through."""
    assert not [recipient for recipient, _ in site.sink.caught if recipient == GURU]
    site.browser.follow(r"/desk/questions/\d+")
    expert = re.search(r'<option value="(\d+)"', site.browser.page)
    assert expert
    site.browser.press("/assign", expert=expert[1])


def reply_while_the_worker_is_killed(site: Site) -> None:
    """A lock stops the worker in the middle of reading the reply; there it is killed, and another does the job."""
    asked = site.wait_for_mail(GURU, "asks for")
    address, raw = compose_reply(
        Program.GMAIL,
        original=asked,
        sender_name="The Guru",
        sender=GURU,
        text=ANSWER,
        at=utc_now(),
        signature=SIGNATURE,
    )
    # the one who watches is in no transaction: inside of one, who waits is looked up once and remembered
    with site.postgresql.connect(site.database) as locker, site.postgresql.connect(site.database) as watcher:
        with locker.transaction():
            locker.execute("lock table answer in exclusive mode")
            with smtplib.SMTP("127.0.0.1", site.smtp_port, local_hostname="mx", timeout=PATIENCE) as door:
                door.sendmail(GURU, [address], raw)
            blocked = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            site.wait_until(lambda: watcher.execute(blocked).fetchone() is not None, "a worker at the lock")
            site.form.kill("worker")
        assert locker.execute("select count(*) from answer").fetchone() == (0,)
    site.form.start("worker")

    def has_answered() -> bool:
        return "Answered" in site.browser.open("/desk/")

    site.wait_until(has_answered, "the answer at the desk")


def publish_while_redis_is_emptied(site: Site) -> None:
    """No worker runs while the asker's mail is queued, and its job is lost: only the row knows of it."""
    site.form.stop("worker")
    site.browser.follow(r"/desk/questions/\d+")
    text = re.search(r"<textarea[^>]* name=\"text\"[^>]*>\n?(.*?)</textarea>", site.browser.page, re.DOTALL)
    assert text
    site.browser.press("/publish", text=unescape(text[1]))
    with site.redis.client() as client:
        # the asker's mail; a worker that was just stopped may have put a job back beside it
        assert client.llen("mailbag:mail") >= 1
        client.flushall()
    assert not site.sink.to(BECKY, "has answered you")
    site.form.start("worker")
