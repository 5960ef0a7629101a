"""What every template can use: the column, filters for dates and text, static addresses; error pages."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException, InternalServerError

from app.domain.errors import Conflict, ForbiddenTransition, MailbagError, NotFound, Unavailable
from app.domain.letter import ANONYMOUS, lead, opening
from app.domain.people import Expert
from app.domain.question import Question
from app.domain.telltale import Telltale, telltales
from app.domain.words import MARK, UNMARK, Wanted, passage
from app.mail.address import mask
from app.mail.compose import paragraphs
from app.mail.markdown import to_html, to_line
from app.usecases.mailbag import Mailbag

STATIC = Path(__file__).parent / "static"
HTTP_STATUS: dict[type[MailbagError], int] = {NotFound: 404, Conflict: 409, ForbiddenTransition: 409, Unavailable: 503}


def the_mailbag() -> Mailbag:
    mailbag = current_app.extensions["mailbag"]
    assert isinstance(mailbag, Mailbag)
    return mailbag


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """The digest in it changes with the file, so a browser may keep what it has for ever."""
    return url_for("static", filename=name, v=_digest(name))


def short_id(tail: str) -> str | None:
    """The id of a letter from the last part of its address, whatever words stand before it."""
    found = re.fullmatch(r"(?:.*-)?([0-9a-z]{6,12})(?:\.md|\.json)?", tail)
    return found[1] if found else None


def portrait_url(expert: Expert) -> str:
    return url_for("pictures.portrait", digest=expert.portrait_digest)


def flow(text: str) -> Markup:
    """Stored text as paragraphs; single line ends inside of one are kept. Everything is escaped."""
    blocks = (Markup("<br>").join(escape(line) for line in block) for block in paragraphs(text))
    return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in blocks)


def marked(text: str, wanted: Wanted, longest: int = 240) -> Markup:
    """The passage with most of the wanted words, each in <mark>; empty where it has none. Escaped, then marked."""
    safe = str(escape(passage(text, wanted, longest)))
    return Markup(safe.replace(MARK, "<mark>").replace(UNMARK, "</mark>"))  # noqa: S704 - escaped in the line above


def told_on(text: str, telltales: Iterable[Telltale]) -> Markup:
    """Stored text as paragraphs, with what gives its writer away in <mark>."""
    parts, at = [], 0
    for one in telltales:
        parts += [text[at : one.start], MARK, text[one.start : one.end], UNMARK]
        at = one.end
    whole = str(flow("".join([*parts, text[at:]])))
    return Markup(whole.replace(MARK, "<mark>").replace(UNMARK, "</mark>"))  # noqa: S704 - flow has escaped it


def persona_of(question: Question) -> str:
    """Who was asked: the expert where one is known, else the column's persona."""
    if question.answer is not None:
        return question.answer.expert.public_name
    assignment = question.open_assignment
    return assignment.expert.public_name if assignment else the_mailbag().column.persona


def letter_as_html(question: Question) -> Markup:
    """Question and answer, and what was written later, without a page around them: for feeds."""
    language = the_mailbag().language
    first = heading_of(question)
    parts = [(first, question), *((language.wrote_again(again.public_name), again) for again in question.exchange)]
    return Markup("\n").join(_part_as_html(line, part) for line, part in parts)


def heading_of(part: Question) -> str:
    """The line above a letter, or above what its asker wrote later."""
    language = the_mailbag().language
    if part.follows is not None:
        return language.wrote_again(part.public_name)
    return language.asked(part.public_name, persona_of(part), part.topic.name)


def _part_as_html(line: str, part: Question) -> Markup:
    assert part.answer is not None
    responded = the_mailbag().language.responded(persona_of(part))
    return Markup("<p><em>{}</em></p>\n<blockquote>{}</blockquote>\n<p><em>{}</em></p>\n{}").format(
        line, flow(part.text), responded, to_html(part.answer.printed.text)
    )


def prepare(app: Flask, mailbag: Mailbag, *, has_post_office: bool) -> None:
    """Filters, globals and error pages."""
    column = mailbag.column
    filters = {
        "date": column.print_date,
        "clock": lambda at: f"{column.print_date(at)}, {at.astimezone(column.time_zone):%H:%M}",
        "flow": flow,
        "letter": to_html,
        "words": to_line,
        "lead": lead,
        "opening": opening,
        "short_topic": column.short_topic,
        "mask": mask,
        "marked": marked,
        "told_on": told_on,
        "telltales": lambda text, name: telltales(text, "" if name == ANONYMOUS else name, (column.persona,)),
        "letter_as_html": letter_as_html,
        "heading": heading_of,
        "one_line": lambda text: " ".join(text.split()),
        "persona": persona_of,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        column=column,
        base_url=mailbag.links.base_url,
        static_url=static_url,
        portrait_url=portrait_url,
        has_post_office=has_post_office,
        day_of=column.day,
        now=mailbag.clock,
    )
    mailbag.language.install(app.jinja_env)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_say_the_language)
    app.register_error_handler(MailbagError, _refused)
    app.register_error_handler(HTTPException, http_error)


def _say_the_language(response: Response) -> Response:
    if request.blueprint in ("archive", "feeds", "search", "ask"):
        response.headers["Content-Language"] = the_mailbag().language.tag
    return response


def _refused(error: MailbagError) -> tuple[str, int]:
    code = next((status for kind, status in HTTP_STATUS.items() if isinstance(error, kind)), 409)
    return render_template("error.html", code=code, problem=error.code), code


def http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400 or isinstance(error, InternalServerError):
        return (render_template("error.html", code=500, problem=""), 500) if code >= 500 else error
    return render_template("error.html", code=code, problem=""), code, dict(error.get_headers())
