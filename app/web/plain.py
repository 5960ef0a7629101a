"""A letter without its page: Markdown and JSON, for whoever keeps it or reads it by program."""

from datetime import date
from typing import Any

from flask import Response, jsonify

from app.domain.column import format_date
from app.domain.dated import print_entry
from app.domain.question import Question
from app.language import ENGLISH_DATE
from app.web.pages import persona_of, the_mailbag


def letter(question: Question, suffix: str) -> Response:
    if suffix == ".json":
        return jsonify(as_json(question))
    return Response(as_markdown(question), mimetype="text/markdown")


def as_markdown(question: Question) -> str:
    """The dated form, which `mailbag import` reads again: its two lines are English in every language."""
    assert question.answer is not None
    assert question.published_on is not None
    return print_entry(
        day=_date_line(question.published_on),
        name=question.public_name,
        persona=persona_of(question),
        topic=question.topic.name,
        question=question.text,
        answer=question.answer.printed.text,
    )


def _date_line(day: date) -> str:
    """As the column prints it, where that is a date which `mailbag import` knows."""
    mailbag = the_mailbag()
    return mailbag.column.print_date(day) if mailbag.language.is_english else format_date(day, ENGLISH_DATE)


def as_json(question: Question) -> dict[str, Any]:
    """What the page says, and nothing else; `answer` is Markdown, `question` is plain text."""
    assert question.answer is not None
    assert question.published_on is not None
    return {
        "url": the_mailbag().links.page(question),
        "id": question.public_id,
        "published_on": question.published_on.isoformat(),
        "topic": question.topic.name,
        "asker": question.public_name,
        "expert": persona_of(question),
        "question": question.text,
        "answer": question.answer.printed.text,
    }
