"""Asks the site for every public page, and writes each as a file: the front page first, then whatever it leads to."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from app.domain.dated import asked_line
from app.domain.question import Question, QuestionState
from app.mail.links import Links
from app.store import archive, moved
from app.usecases.mailbag import Mailbag
from app.web import create_app
from app.web.caching import PUBLIC
from app.web.frozen import extra
from app.web.frozen.addresses import INDEX, Address, file_of, is_plain, read_address, relative
from app.web.frozen.folder import Folder, Written
from app.web.frozen.rewriting import addresses_in, links_in, with_links, with_places, without_embedding
from app.web.frozen.wordlist import WordList

_BLUEPRINTS = (PUBLIC | {"static", "pictures", "issues"}) - {"search"}
_SEEDS = (
    *("/", "/archive", "/topics", "/experts/", "/about"),
    *("/issues", "/issues/feed.atom"),
    *("/sitemap.xml", "/robots.txt", "/static/frozen-search.js"),
)
_FORMS = ("feed.atom", "feed.json", "index.md", "index.json")
_OWN = {"/frozen/search": "search/index.html", "/frozen/404": "404.html", "/frozen/closed": "closed/index.html"}
_MOVED = (
    '<!doctype html>\n<html lang="{tag}" dir="{direction}"><head><meta charset="utf-8"><title>{words}</title>'
    '<meta name="robots" content="noindex"><meta http-equiv="refresh" content="0; url={to}"></head>'
    '<body><p><a href="{to}">{words}</a></p></body></html>\n'
)


class BrokenPage(Exception):
    """The site itself fails at this address: a folder without the page would look whole."""


@dataclass(frozen=True)
class StaticExport:
    """What an export is told. `base_url`: where the folder will be served, for feeds and canonical addresses.

    `live`: where the running column is, for its form and desk; empty where nobody answers any more.
    """

    target: Path
    base_url: str
    live: str


def export_static(
    mailbag: Mailbag, order: StaticExport, *, templates: Path, on_page: Callable[[], None] = lambda: None
) -> Written:
    """Raises Conflict where the folder holds files of somebody else's, BrokenPage where the site fails."""
    links = Links(base_url=order.base_url, mail_domain=mailbag.links.mail_domain, signer=mailbag.links.signer)
    mailbag = replace(mailbag, links=links)
    app = create_app(mailbag, templates=templates)
    app.register_blueprint(extra.blueprint)
    return _Export(app, mailbag, order, on_page).run()


class _Export:
    def __init__(self, app: Flask, mailbag: Mailbag, order: StaticExport, on_page: Callable[[], None]) -> None:
        self._client: FlaskClient = app.test_client()
        host = urlsplit(order.base_url)
        self._routes = app.url_map.bind(host.netloc)
        self._host = f"{host.scheme}://{host.netloc}"  # the site itself knows nothing of the path that it will be at
        self._mailbag, self._order, self._on_page = mailbag, order, on_page
        self._folder = Folder(order.target)
        self._waiting: deque[Address] = deque()
        self._seen: set[str] = set()
        self._known: dict[str, Address | None] = {}

    def run(self) -> Written:
        words = WordList()
        for page in self._letters(words):
            self._want(page)
            self._drain()
        for seed in _SEEDS:
            self._want(seed)
        self._drain()
        for path, name in _OWN.items():
            self._keep_page(name, self._get(path))
        self._drain()
        for name, raw in words.files():
            self._folder.add(f"search/{name}", raw)
        self._add_old_addresses()
        return self._folder.finish()

    def _letters(self, words: WordList) -> Iterator[str]:
        """The addresses of all letters, those that were withdrawn too, and each word of the printed ones."""
        place: str | None = ""
        while place is not None:
            with self._mailbag.database.read() as tx:
                page = archive.newest(tx, size=200, before=place)
                for question in page.questions:
                    self._index(words, question)
                    yield from (question.path, f"{question.path}.md", f"{question.path}.json")
            place = page.older
        with self._mailbag.database.read() as tx:
            for question in archive.once_printed(tx, QuestionState.WITHDRAWN):
                yield question.path

    def _index(self, words: WordList, question: Question) -> None:
        assert question.answer is not None
        assert question.published_on is not None
        persona = question.answer.expert.public_name
        words.add(
            f"{question.path.lstrip('/')}/",
            self._mailbag.column.print_date(question.published_on),
            asked_line(question.public_name, persona, question.topic.name),
            question.text,
            question.answer.printed.text,
            later=[(again.text, again.answer.printed.text) for again in question.exchange if again.answer is not None],
        )

    def _want(self, text: str) -> None:
        address = self._exported(text)
        if address is None or address.asked in self._seen:
            return
        self._seen.add(address.asked)
        self._waiting.append(address)

    def _exported(self, text: str) -> Address | None:
        """What of the site is in the folder: pages for everybody, and no search, which a file cannot do."""
        if text not in self._known:
            self._known[text] = self._look_up(text)
        return self._known[text]

    def _look_up(self, text: str) -> Address | None:
        try:
            address = read_address(text)
            endpoint, _ = self._routes.match(address.path, method="GET")
        except (HTTPException, ValueError):
            return None
        if endpoint.partition(".")[0] not in _BLUEPRINTS or address.path.startswith("/search"):
            return None
        return address if file_of(address) is not None else None

    def _get(self, path: str) -> TestResponse:
        response = self._client.get(path, base_url=self._host, buffered=True)
        if response.status_code >= 500:
            raise BrokenPage(f"the site fails at {path}; its log says why. The folder is as it was, or unfinished")
        return response

    def _drain(self) -> None:
        while self._waiting:
            address = self._waiting.popleft()
            name = file_of(address)
            assert name is not None
            response = self._get(address.asked)
            if response.status_code in (200, 301, 302, 410):
                self._keep_page(name, response)
                self._on_page()
            if address.path.endswith("/"):  # a list of letters is there for programs too
                for form in _FORMS:
                    self._want(address.path + form)

    def _keep_page(self, name: str, response: TestResponse) -> None:
        if response.status_code in (301, 302):
            self._want(response.location)
            self._folder.add(name, self._moved(self._pointer(name)(response.location)))
            return
        kind = response.mimetype or ""
        raw = response.get_data()
        if kind == "text/html":
            html = without_embedding(raw.decode())
            for link in (*links_in(html), *addresses_in(html, self._order.base_url)):
                self._want(link)
            raw = with_links(html, self._pointer(name)).encode()
        elif kind.endswith(("xml", "json")) and kind != "image/svg+xml":
            text = raw.decode()
            for link in addresses_in(text, self._order.base_url):
                self._want(link)
            raw = with_places(text, self._order.base_url).encode()
        self._folder.add(name, raw)

    def _moved(self, to: str) -> bytes:
        language = self._mailbag.language
        words = escape(language.gettext("This page has moved."))
        return _MOVED.format(to=escape(to), words=words, tag=language.tag, direction=language.direction).encode()

    def _pointer(self, name: str) -> Callable[[str], str]:
        """How the page in this file points at an address of the site."""

        def point(text: str) -> str:
            target, rest = self._file_behind(text)
            if target is None:
                return f"{self._order.live}{text}"
            if name == "404.html":  # shown at any address, so that only the whole path leads anywhere
                folder = urlsplit(self._order.base_url).path.rstrip("/")
                return f"{folder}/{target.removesuffix(INDEX)}{rest}"
            return relative(name, target) + rest

        return point

    def _file_behind(self, text: str) -> tuple[str | None, str]:
        """The file that stands for an address, and what follows its name in a link."""
        address = self._exported(text)
        if address is not None:
            version = f"?v={address.query['v']}" if "v" in address.query else ""
            return file_of(address), version + address.fragment
        if text.partition("?")[0] == "/search":
            return _OWN["/frozen/search"], text.partition("?")[1] + text.partition("?")[2]
        return (None if self._order.live else _OWN["/frozen/closed"]), ""

    def _add_old_addresses(self) -> None:
        with self._mailbag.database.read() as tx:
            for path, question in moved.everything(tx):
                if not is_plain(path) or "?" in path:
                    continue
                name = path.lstrip("/") + ("" if path.endswith((".html", ".htm")) else f"/{INDEX}")
                if name not in self._folder:
                    target = f"{question.path.lstrip('/')}/{INDEX}"
                    self._folder.add(name, self._moved(relative(name, target)))


__all__ = ["BrokenPage", "StaticExport", "export_static"]
