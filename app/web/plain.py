"""A letter without its page: Markdown and JSON, for whoever keeps it or reads it by program."""

from datetime import date
from typing import Any

from flask import Response, jsonify

from app.domain.column import format_date
from app.domain.dated import print_again, print_entry
from app.domain.question import Question
from app.language import ENGLISH_DATE
from app.web.pages import persona_of, the_mailbag


def letter(question: Question, suffix: str) -> Response:
    if suffix == ".json":
        return jsonify(as_json(question))
    return Response(as_markdown(question), mimetype="text/markdown")


def as_markdown(question: Question) -> str:
    """The dated form, which `mailbag import` reads again: its lines are English in every language."""
    first = print_entry(name=question.public_name, topic=question.topic.name, **_printed(question))
    later = (print_again(name=again.public_name, **_printed(again)) for again in question.exchange)
    return "\n".join([first, *later])


def _printed(part: Question) -> dict[str, str]:
    assert part.answer is not None
    assert part.published_on is not None
    day, persona = _date_line(part.published_on), persona_of(part)
    return {"day": day, "persona": persona, "question": part.text, "answer": part.answer.printed.text}


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
        "corrections": _corrections(question),
        "exchange": [_later(again) for again in question.exchange],
    }


def _corrections(part: Question) -> list[dict[str, str]]:
    assert part.answer is not None
    day = the_mailbag().column.day
    printed = [(day(r.published_at), r.note) for r in part.answer.corrections if r.published_at is not None]
    return [{"corrected_on": on.isoformat(), "note": note} for on, note in printed]


def _later(again: Question) -> dict[str, Any]:
    assert again.answer is not None
    assert again.published_on is not None
    return {
        "id": again.public_id,
        "published_on": again.published_on.isoformat(),
        "expert": persona_of(again),
        "question": again.text,
        "answer": again.answer.printed.text,
        "corrections": _corrections(again),
    }
