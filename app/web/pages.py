"""What every template can use: the column, filters for dates and text, static addresses; error pages."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, render_template, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException, InternalServerError

from app.domain.column import MONTHS
from app.domain.dated import asked_line, responded_line
from app.domain.errors import Conflict, ForbiddenTransition, MailbagError, NotFound, Unavailable
from app.domain.letter import lead, opening
from app.domain.question import Question
from app.domain.words import MARK, UNMARK, Wanted, passage
from app.mail.address import mask
from app.mail.compose import paragraphs
from app.mail.markdown import to_html, to_line
from app.usecases.mailbag import Mailbag

STATIC = Path(__file__).parent / "static"
HTTP_STATUS: dict[type[MailbagError], int] = {
    NotFound: 404,
    Conflict: 409,
    ForbiddenTransition: 409,
    Unavailable: 503,
}


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


def flow(text: str) -> Markup:
    """Stored text as paragraphs; single line ends inside of one are kept. Everything is escaped."""
    blocks = (Markup("<br>").join(escape(line) for line in block) for block in paragraphs(text))
    return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in blocks)


def marked(text: str, wanted: Wanted, longest: int = 240) -> Markup:
    """The passage with most of the wanted words, each in <mark>; empty where it has none. Escaped, then marked."""
    safe = str(escape(passage(text, wanted, longest)))
    return Markup(safe.replace(MARK, "<mark>").replace(UNMARK, "</mark>"))  # noqa: S704 - escaped in the line above


def persona_of(question: Question) -> str:
    """Who was asked: the expert where one is known, else the column's persona."""
    if question.answer is not None:
        return question.answer.expert.public_name
    assignment = question.open_assignment
    return assignment.expert.public_name if assignment else the_mailbag().column.persona


def letter_as_html(question: Question) -> Markup:
    """Question and answer without a page around them, for feeds."""
    assert question.answer is not None
    persona = persona_of(question)
    return Markup("<p><em>{}</em></p>\n<blockquote>{}</blockquote>\n<p><em>{}</em></p>\n{}").format(
        asked_line(question.public_name, persona, question.topic.name),
        flow(question.text),
        responded_line(persona),
        to_html(question.answer.printed.text),
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
        "letter_as_html": letter_as_html,
        "one_line": lambda text: " ".join(text.split()),
        "month_name": lambda month: MONTHS[month - 1],
        "persona": persona_of,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        column=column,
        base_url=mailbag.links.base_url,
        static_url=static_url,
        asked=asked_line,
        responded=responded_line,
        has_post_office=has_post_office,
        day_of=column.day,
        now=mailbag.clock,
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_error_handler(MailbagError, _refused)
    app.register_error_handler(HTTPException, _http_error)


def _refused(error: MailbagError) -> tuple[str, int]:
    code = next((status for kind, status in HTTP_STATUS.items() if isinstance(error, kind)), 409)
    return render_template("error.html", code=code, problem=error.code), code


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400 or isinstance(error, InternalServerError):
        return (render_template("error.html", code=500, problem=""), 500) if code >= 500 else error
    return render_template("error.html", code=code, problem=""), code, dict(error.get_headers())
