"""What a letter's page tells search engines: schema.org, and nothing that is not on the page.

An Article about one Question with its Answer. No QAPage: that is for pages where readers may answer.
"""

from typing import Any

from app.domain.letter import opening
from app.domain.question import Question
from app.mail.markdown import to_line
from app.web.pages import persona_of, the_mailbag


def article(question: Question, expert_path: str | None) -> dict[str, Any]:
    mailbag = the_mailbag()
    url = mailbag.links.page(question)
    assert question.answer is not None
    assert question.published_at is not None
    printed = question.answer.printed
    assert printed.published_at is not None
    expert = {"@type": "Person", "name": persona_of(question)}
    if expert_path:
        expert["url"] = mailbag.links.base_url + expert_path
    published = question.published_at.isoformat(timespec="seconds")
    changed = printed.published_at.isoformat(timespec="seconds")
    asked = question.asked_at or question.published_at
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "mainEntityOfPage": url,
        "headline": opening(question.text, 110),
        "datePublished": published,
        "dateModified": changed,
        "articleSection": question.topic.name,
        "author": expert,
        "publisher": {"@type": "Organization", "name": mailbag.column.title, "url": mailbag.links.base_url + "/"},
        "mainEntity": {
            "@type": "Question",
            "name": opening(question.text),
            "text": question.text,
            "dateCreated": asked.isoformat(timespec="seconds"),
            "author": {"@type": "Person", "name": question.public_name},
            "answerCount": 1,
            "acceptedAnswer": {
                "@type": "Answer",
                "text": to_line(printed.text),
                "dateCreated": published,
                "dateModified": changed,
                "url": f"{url}#responded",
                "author": expert,
            },
        },
    }
