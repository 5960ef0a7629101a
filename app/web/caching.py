"""Whole public pages, kept until anything that is printed changes: ETag, 304, and gzip where the browser takes it.

The edition in the database is what they are kept by, so that a publication in any process is seen at once by all.
"""

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from flask import Flask, Response, g, make_response, request

from app.language import CATALOGUES
from app.store import index
from app.usecases.mailbag import Mailbag
from app.web import theming

PUBLIC = {
    "archive",
    "embed",
    "feeds",
    "photos",
    "search",
}  # blueprints whose pages are the same for everybody, and hold no secret
MOST_KEPT = 512
LONGEST_KEPT = 512 * 1024  # octets of one page
SHORTEST_ZIPPED = 600  # below a packet nothing is won
_ZIPPED_TYPES = (
    "text/",
    "application/json",
    "application/xml",
    "application/atom+xml",
    "application/feed+json",
    "image/svg",
)


@dataclass(frozen=True)
class Kept:
    """A finished response: its body as it is, and zipped where that is shorter."""

    etag: str
    content_type: str
    body: bytes
    zipped: bytes | None


class Pages:
    """The newest finished responses of this process; thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, path: str, etag: str) -> Kept | None:
        with self._lock:
            found = self._kept.get(path)
            if found is None or found.etag != etag:
                return None
            self._kept.move_to_end(path)
            return found

    def keep(self, path: str, page: Kept) -> None:
        if len(page.body) > LONGEST_KEPT:
            return
        with self._lock:
            self._kept[path] = page
            self._kept.move_to_end(path)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


def prepare(app: Flask, mailbag: Mailbag, *, templates: tuple[Path | None, ...], has_post_office: bool) -> None:
    pages = Pages()
    settings = f"{mailbag.column} {mailbag.links.base_url} {mailbag.links.mail_domain} {has_post_office}"
    folders = (folder for folder in (*templates, CATALOGUES, Path(__file__).parent) if folder is not None)
    program = f"{_digest_of(*folders)} {theming.the_theme(app)} {settings}"

    @app.before_request
    def answer_with_what_is_kept() -> Response | None:
        if request.blueprint not in PUBLIC or request.method not in ("GET", "HEAD"):
            return None
        with mailbag.database.read() as tx:
            edition = index.edition(tx.session)
        g.etag = hashlib.sha256(f"{program} {edition} {request.full_path}".encode()).hexdigest()[:24]
        if request.if_none_match.contains_weak(g.etag):
            return _validated(make_response("", 304), g.etag)
        kept = pages.find(request.full_path, g.etag)
        return _validated(_response(kept), g.etag) if kept else None

    @app.after_request
    def keep(response: Response) -> Response:
        etag = g.get("etag")
        if response.status_code != 200:
            return response
        if request.endpoint == "static":
            return _static(response, pages)
        if etag is None or response.headers.get("ETag"):  # private, or out of what is kept
            return response
        page = _finished(etag, response)
        pages.keep(request.full_path, page)
        return _validated(_response(page), etag)


@cache
def _digest_of(*folders: Path) -> str:
    """Another one for every version of the program that writes pages otherwise."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _finished(etag: str, response: Response) -> Kept:
    body = response.get_data()
    is_long = len(body) >= SHORTEST_ZIPPED and (response.content_type or "").startswith(_ZIPPED_TYPES)
    zipped = gzip.compress(body, 6, mtime=0) if is_long else None
    return Kept(etag, response.content_type or "", body, zipped)


def _response(page: Kept) -> Response:
    takes_gzip = page.zipped is not None and request.accept_encodings["gzip"] > 0
    body = page.zipped if takes_gzip and page.zipped is not None else page.body
    response = Response(body, content_type=page.content_type)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _validated(response: Response, etag: str) -> Response:
    """Kept by anybody, used by nobody without asking whether it is still what is printed."""
    response.set_etag(etag, weak=True)  # weak: the zipped page is another row of octets
    response.headers["Cache-Control"] = "public, no-cache"
    response.vary.add("Accept-Encoding")
    return response


def _static(response: Response, pages: Pages) -> Response:
    """A file whose address carries its digest never changes; each is zipped once."""
    if "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.vary.add("Accept-Encoding")
    etag = response.get_etag()[0] or ""
    if not request.accept_encodings["gzip"] > 0:
        return response
    kept = pages.find(request.path, etag)
    if kept is None:
        response.direct_passthrough = False
        kept = _finished(etag, response)
        pages.keep(request.path, kept)
    if kept.zipped is not None:
        response.close()
        response.set_data(kept.zipped)
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(etag, weak=True)
    return response
