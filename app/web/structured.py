"""What a letter's page tells search engines: schema.org, and nothing that is not on the page.

An Article about one Question with its Answer. No QAPage: that is for pages where readers may answer.
"""

from typing import Any

from app.domain.letter import opening
from app.domain.people import Expert
from app.domain.question import Question
from app.mail.markdown import to_line
from app.web.pages import persona_of, portrait_url, the_mailbag


def article(question: Question, expert: dict[str, Any]) -> dict[str, Any]:
    """`expert` is the Person who answered; what was written later stands beside the first Question."""
    mailbag = the_mailbag()
    url = mailbag.links.page(question)
    assert question.published_at is not None
    parts = [_question(part, expert) for part in (question, *question.exchange)]
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "mainEntityOfPage": url,
        "headline": opening(question.text, 110),
        "datePublished": question.published_at.isoformat(timespec="seconds"),
        "dateModified": question.changed_at.isoformat(timespec="seconds"),
        "articleSection": question.topic.name,
        "author": expert,
        "publisher": {"@type": "Organization", "name": mailbag.column.title, "url": mailbag.links.base_url + "/"},
        "mainEntity": parts[0],
        **({"hasPart": parts[1:]} if parts[1:] else {}),
    }


def _question(part: Question, expert: dict[str, Any]) -> dict[str, Any]:
    assert part.answer is not None
    assert part.published_at is not None
    printed, persona = part.answer.printed, persona_of(part)
    assert printed.published_at is not None
    asked = part.asked_at or part.published_at  # an old column has one date
    url = the_mailbag().links.page(part)
    return {
        "@type": "Question",
        "name": opening(part.text),
        "text": part.text,
        "dateCreated": asked.isoformat(timespec="seconds"),
        "author": {"@type": "Person", "name": part.public_name},
        "answerCount": 1,
        "acceptedAnswer": {
            "@type": "Answer",
            "text": to_line(printed.text),
            "dateCreated": part.published_at.isoformat(timespec="seconds"),
            "dateModified": printed.published_at.isoformat(timespec="seconds"),
            "url": url if part.follows else f"{url}#responded",
            "author": expert if persona == expert["name"] else {"@type": "Person", "name": persona},
        },
    }


def person(expert: Expert, path: str | None) -> dict[str, Any]:
    """Who answers, as far as the column tells it to everybody."""
    base = the_mailbag().links.base_url
    facts = {
        "name": expert.public_name,
        "url": base + path if path else "",
        "jobTitle": expert.credentials,
        "description": to_line(expert.about),
        "image": base + portrait_url(expert) if expert.portrait_digest else "",
    }
    return {"@type": "Person", **{name: value for name, value in facts.items() if value}}
