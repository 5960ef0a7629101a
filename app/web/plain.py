"""A letter without its page: Markdown and JSON, for whoever keeps it or reads it by program."""

from typing import Any

from flask import Response, jsonify

from app.domain.dated import asked_line, responded_line, wrote_again_line
from app.domain.question import Question
from app.web.pages import persona_of, the_mailbag


def letter(question: Question, suffix: str) -> Response:
    if suffix == ".json":
        return jsonify(as_json(question))
    return Response(as_markdown(question), mimetype="text/markdown")


def as_markdown(question: Question) -> str:
    """The dated form of the column, which `mailbag import` reads again."""
    first = asked_line(question.public_name, persona_of(question), question.topic.name)
    parts = [*_dated(question, first)]
    for again in question.exchange:
        parts += _dated(again, wrote_again_line(again.public_name))
    return "\n\n".join(parts) + "\n"


def _dated(part: Question, line: str) -> tuple[str, ...]:
    assert part.answer is not None
    assert part.published_on is not None
    day = the_mailbag().column.print_date(part.published_on)
    return day, line, part.text, responded_line(persona_of(part)), part.answer.printed.text


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
