"""Words that try to become a program, in every field and by every door: in a real browser, none of them runs.

Our own list always; the 552 vectors beside the checkout where they are there. Several signs are counted: a dialog, a
report of the content policy, a request to anybody else, and any element or attribute that we never write.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Route
from playwright.sync_api import Page as Tab

from app.domain.event import Action, advance
from app.domain.letter import BadLetter
from app.domain.people import Expert, Topic
from app.domain.question import Question
from app.domain.token import Purpose
from app.mail.markdown import sanitised, to_html
from app.mail.reply import extract_text
from app.usecases import asking, holding, publishing, routing
from app.usecases.importing import import_text
from tests.naughty import MARKUP, TEMPLATES, dated_letters
from tests.office import GURU, Office
from tests.pages import BASE, Site, open_site

pytestmark = pytest.mark.browser

TOGETHER = 48  # vectors in one text, and documents at once

# Runs in every document before its own words are read.
WATCH = r"""
const tell = (what, more) => console.warn('HEARD ' + what + ': ' + more);
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = text => { tell('ran', name + '(' + text + ')'); };
document.addEventListener('securitypolicyviolation',
  e => tell('policy', `${e.violatedDirective} ${e.blockedURI} ${e.sample}`), true);
const foreign = /^(object|embed|applet|frame|frameset|base|math|video|audio|template|xml|marquee|style)$/;
const program = /^[\s\0-\x20]*(javascript|data|vbscript):/i;
window.check = (doc, isMail) => {
  for (const e of doc.querySelectorAll('*')) {
    const name = e.localName;
    const own = e.type === 'application/ld+json' || (e.src || '').startsWith(location.origin);
    if (name === 'script' && !own || foreign.test(name) && !isMail) tell('element', e.outerHTML.slice(0, 200));
    for (const a of e.attributes) {
      const acts = /^on|^srcdoc$|^formaction$/i.test(a.name) || a.name === 'style' && !isMail;
      if (acts) tell('attribute', e.outerHTML.slice(0, 200));
      if (/^(href|src|action|xlink:href)$/.test(a.name) && program.test(a.value)) tell('link', a.value);
    }
  }
};
document.addEventListener('DOMContentLoaded', () => check(document, false));
"""


def known_vectors() -> list[str]:
    shared = Path(os.environ.get("MAILBAG_SHARED") or Path(__file__).parents[3] / "shared")
    path = shared / "corpus" / "xss" / "vectors.json"
    found = [text for _, text in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []
    return list(dict.fromkeys([*MARKUP, *TEMPLATES, *found]))


VECTORS = known_vectors()


@dataclass(frozen=True)
class Words:
    """One text for each field, and texts of many together."""

    vectors: list[str]

    @property
    def texts(self) -> list[str]:
        return ["\n\n".join(self.vectors[at : at + TOGETHER]) for at in range(0, len(self.vectors), TOGETHER)]


@dataclass
class Watched:
    """A browser's tab, and what it heard."""

    tab: Tab
    heard: list[str] = field(default_factory=list)

    def quiet(self, where: object) -> None:
        assert self.heard == [], where


def fill(office: Office, words: Words) -> None:
    """Letters of one vector each, in every field; then letters of many, through the form, the mail and the desk."""
    one_each(office, words)
    for number, text in enumerate(words.texts):
        many_together(office, number, text)


def one_each(office: Office, words: Words) -> None:
    import_text(office.mailbag, dated_letters(len(words.vectors)), is_html=False)
    with office.mailbag.database.write() as tx, tx.session.no_autoflush:
        experts = [Expert(public_name=text, address=None) for text in words.texts]
        for number, vector in enumerate(words.vectors, 1):
            question = tx.session.get(Question, number)
            assert question is not None
            assert question.answer is not None
            question.text = question.public_name = vector
            question.topic = Topic(name=vector, slug=f"topic-{number}")
            question.answer.expert = experts[(number - 1) // TOGETHER]
            question.answer.printed.text = extract_text(vector, "html") or vector


def many_together(office: Office, number: int, text: str) -> None:
    """Asked by the form; answered by HTML, or by text; the expert's name and the subject are hostile too."""
    key = office.mailbag.links.signer.mint(Purpose.FORM, number + 1)
    letter = office.letter(text=text[:19000], form_key=key, address=f"a{number}@asker.example", public_name=text[:60])
    try:
        question = asking.submit(office.mailbag, letter)
    except BadLetter:  # a link is no name
        question = asking.submit(
            office.mailbag, office.letter(text=text[:19000], form_key=key, address=f"a{number}@asker.example")
        )
    assert question.id is not None
    asking.confirm(office.mailbag, office.mailbag.links.signer.mint(Purpose.CONFIRM, question.id))
    office.run_jobs()
    taken = office.receive(mail(office, text, name="The Guru", as_html=number % 2 == 0))
    office.receive(mail(office, text, name=text, as_html=number % 2 == 1, sender="pat@elsewhere.example"))
    if office.inbound(taken).state == "held":
        holding.attach(office.mailbag, taken, question.id, by=text[:40])
    if number % 8 == 1:
        routing.decline(office.mailbag, question.id, text, by=text[:40])
    elif number % 8 == 2:
        publishing.send_back(office.mailbag, question.id, text, by=text[:40])
    elif number % 8 != 3:
        read = office.question(question.id).text  # where the mail hides all its words, the editor types them
        publishing.approve(office.mailbag, question.id, None if read.strip() else text, by=text[:40])
    office.run_jobs()
    if number == 4:
        withdraw(office, question.id, text)


def withdraw(office: Office, question_id: int, text: str) -> None:
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, question_id)
        assert question is not None
        advance(question, Action.WITHDRAW, at=office.clock(), actor="editor Anna", detail=text)


def mail(office: Office, text: str, *, name: str, as_html: bool, sender: str = GURU) -> bytes:
    message = EmailMessage()
    message["From"] = formataddr((" ".join(name.split())[:200], sender))
    message["To"] = office.reply_address()
    message["Subject"] = " ".join(text.split())[:400]
    message["Message-ID"] = make_msgid(domain="elsewhere.example")
    if as_html:
        message.set_content(f"<html><body><p>Hi</p><div>{text}</div></body></html>", subtype="html")
    else:
        message.set_content(text)
    return message.as_bytes()


@pytest.fixture(scope="module", params=[6, pytest.param(1, marks=pytest.mark.long)], ids=["every sixth", "all"])
def words(request: pytest.FixtureRequest) -> Words:
    """Ours, and every so many of the known ones."""
    own = len({*MARKUP, *TEMPLATES})
    return Words(VECTORS[:own] + VECTORS[own :: request.param])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, words: Words) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), fill=lambda office: fill(office, words)) as opened:
        yield opened


@pytest.fixture(scope="module")
def watched(site: Site, browser: Browser) -> Iterator[Watched]:
    with site.context(browser, viewport={"width": 800, "height": 600}) as context:
        context.add_init_script(WATCH)
        context.route(f"{BASE}/static/**", lambda route: route.fulfill(status=200, body=""))
        context.route(f"{BASE}/blank", blank)
        found = Watched(context.new_page())
        context.on("console", lambda said: found.heard.append(said.text[:300]) if "HEARD" in said.text else None)
        context.on("dialog", lambda dialog: (found.heard.append(f"dialog {dialog.message}"), dialog.dismiss()))
        yield found


def blank(route: Route) -> None:
    """A page without a policy, that the checks write into."""
    route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>blank</title><body></body>")


def look(watched: Watched, paths: list[str]) -> None:
    """Open each as the document that it is, with its own policy."""
    for path in paths:
        watched.tab.goto(path)
        watched.quiet(path)


def write(watched: Watched, html: str, *, is_mail: bool = False) -> None:
    """Into a page without a policy. Writing takes the listeners off, so it is checked by hand."""
    watched.tab.goto(f"{BASE}/blank")
    watched.tab.set_content(html)
    watched.tab.evaluate("isMail => check(document, isMail)", is_mail)


def parse(watched: Watched, pages: list[str]) -> None:
    """As the browser reads them, a score at once: what has no element of its own cannot run."""
    watched.tab.goto(f"{BASE}/blank")
    for some in (pages[at : at + TOGETHER] for at in range(0, len(pages), TOGETHER)):
        watched.tab.evaluate(
            "pages => pages.forEach(page => check(new DOMParser().parseFromString(page, 'text/html')))", some
        )
        watched.quiet(some)


def letters(site: Site) -> list[str]:
    parts = (site.anyone.get(f"/sitemap/{year}.xml").text for year in (2014, 2026))
    return [
        line.split("<loc>")[1].split("</loc>")[0].removeprefix(BASE)
        for part in parts
        for line in part.split()
        if "<loc>" in line
    ]


def test_the_watch_hears_what_would_run(watched: Watched) -> None:
    for html, sign in (
        ("<img src=/static/none.png onload=1 onerror=alert(7)>", "ran: alert(7)"),
        ("<svg onload=alert(8)>", "ran: alert(8)"),
        ("<a href='java&#115;cript:alert(9)'>knee</a>", "link: javascript:alert(9)"),
        ("<base href=//elsewhere.example>", "element: <base"),
    ):
        write(watched, html)
        watched.tab.wait_for_timeout(100)
        assert any(sign in said for said in watched.heard), (html, watched.heard)
        watched.heard.clear()


def test_nothing_runs_on_the_pages_of_letters(site: Site, words: Words, watched: Watched) -> None:
    paths = letters(site)
    assert len(paths) >= len(words.vectors)
    look(watched, [path for path in paths if path.startswith("/2026/")])
    parse(watched, [site.anyone.get(path).text for path in paths if path.startswith("/2014/")])


def test_nothing_runs_on_lists_and_forms(site: Site, words: Words, watched: Watched) -> None:
    paths = ["/", "/about", "/ask", "/experts/", "/2014/", "/2014/01/", "/2014/01/05/", "/topics/topic-1/", "/archive"]
    following = "/archive"
    while f'rel="next" href="{following[:8]}' in (text := site.anyone.get(following).text):
        following = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        paths.append(following)
    assert len(paths) > len(words.vectors) / 20
    look(watched, paths)


def test_nothing_runs_on_search(site: Site, words: Words, watched: Watched) -> None:
    """What was asked is said again in many places; a year without letters spares the hits, which a dozen show."""
    paths = [f"/search?q={quote(' '.join(some))}" for some in together(words.vectors)]
    look(watched, paths[:: len(paths) // 12 or 1])
    parse(watched, [site.anyone.get(f"{path}&year=2013").text for path in paths])


def together(vectors: list[str]) -> Iterator[list[str]]:
    """As many vectors as a query takes; a long one alone, cut as a query is."""
    some: list[str] = []
    for vector in vectors:
        if some and len(" ".join([*some, vector])) > 200:
            yield some
            some = []
        some.append(vector)
    yield some


def test_nothing_runs_at_the_desk(site: Site, words: Words, watched: Watched) -> None:
    office = site.office
    with office.mailbag.database.read() as tx:
        count = len(words.texts)
        first = min(question.id or 0 for question in tx.session.query(Question).filter(Question.asker_id.is_not(None)))
    paths = ["/desk/", "/desk/settled", "/desk/senders", "/mailbox"]
    paths += [f"/desk/questions/{first + number}" for number in range(count)]
    paths += [f"/desk/mail/{number + 1}" for number in range(2 * count)]
    paths += [f"/mailbox/{number + 1}?view=text" for number in range(count)]
    assert all(site.desk.get(path).status_code == 200 for path in paths[4:])
    look(watched, paths)


def test_nothing_runs_in_feeds_and_mails_even_where_nobody_guards(site: Site, words: Words, watched: Watched) -> None:
    """A feed reader and a mail program may have no policy; a naive one writes what it gets into its page."""
    pieces: list[str] = []
    where: str | None = "/feed.json"
    while where:
        feed = site.anyone.get(where).get_json()
        pieces += [f"<title>{quoted(item['title'])}</title>{item['content_html']}" for item in feed["items"]]
        where = (feed.get("next_url") or "").removeprefix(BASE)
    assert len(pieces) >= len(words.vectors)
    for some in (pieces[at : at + TOGETHER] for at in range(0, len(pieces), TOGETHER)):
        write(watched, "".join(f"<div>{piece}</div>" for piece in some))
        watched.quiet(some)
    for sent in site.office.server.sent:
        write(watched, html_of(sent.raw), is_mail=True)
        watched.quiet(sent.envelope)


def quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def html_of(raw: bytes) -> str:
    message: Any = message_from_bytes(raw, policy=policy.default)
    return str(message.get_body(("html",)).get_content())


def test_nobody_else_was_asked_for_anything(site: Site, watched: Watched) -> None:
    assert site.foreign == []
    watched.quiet("at the end")


def test_what_was_cleaned_once_stays_as_it_is() -> None:
    """Sanitising is idempotent, for what comes as HTML and for what is printed of it."""
    for vector in VECTORS:
        for html in (sanitised(vector), to_html(vector), to_html(extract_text(vector, "html"))):
            assert sanitised(html) == html, vector
