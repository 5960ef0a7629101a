"""An issue of the digest as a mail: its subject, and the pattern of its copies."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from app.domain.column import Column
from app.domain.digest import Issue
from app.domain.letter import opening, shorten
from app.domain.question import Question
from app.mail.links import Links
from app.mail.pattern import encode_pattern, mark

LARGEST = 96 * 1024  # octets of HTML: Gmail hides what is beyond 102 KB, and the way out stands last
_ROOM = 90  # characters of a subject that most lists of mails show, on a wide screen
_LONGEST_OPENING, _LONGEST_CLAUSE = 60, 40
_CLAUSE_END = re.compile(r"[,;:、，；：]|\s[–—(-]")


def issue_subject(environment: Environment, number: int, letters: Sequence[Question]) -> str:
    """What the first letters begin with: the askers' words say best what is in it."""
    openings = [opening(letter.text, _LONGEST_OPENING).rstrip(".") for letter in letters[:3]]
    if sum(map(len, openings)) > _ROOM:
        openings = [_clause(words) for words in openings]
    return _block(environment, "subject", {"number": number, "openings": openings}).strip()


def _clause(words: str) -> str:
    """Of what is too long what stands before the first comma or dash, where that says something: two words or more."""
    end = _CLAUSE_END.search(words) if len(words) > _LONGEST_CLAUSE else None
    return shorten(words[: end.start()] if end and " " in words[: end.start()] else words, _LONGEST_CLAUSE)


def issue_pattern(
    environment: Environment,
    column: Column,
    links: Links,
    issue: Issue,
    letters: Sequence[Question],
    *,
    subject: str,
    at: datetime,
    headers: Mapping[str, str],
    for_postmark: bool,
) -> bytes:
    """The mail with these letters. Letters beyond LARGEST are left out, and a link says where they are."""
    day = column.print_date(at)

    def context(count: int) -> Mapping[str, Any]:
        shown = {"letters": letters[:count], "more": len(letters) - count}
        return {**shown, "issue": issue, "day": day, "mark": _mark, "subject": subject}

    def is_too_large(count: int) -> bool:
        html_text = environment.get_template("digest.html.j2").render(context(count))
        return len(html_text.encode("utf-8", "replace")) > LARGEST

    fitting = len(letters)
    if is_too_large(fitting):
        fitting = max(1, bisect_left(range(fitting), True, key=is_too_large) - 1)  # noqa: FBT003 - what is looked for
    html_text = environment.get_template("digest.html.j2").render(context(fitting))
    return encode_pattern(
        sender_name=column.title,
        sender=links.column_address(),
        subject=subject,
        date=at,
        text=_block(environment, "text", context(fitting)).strip("\n") + "\n",
        html_text=html_text,
        headers={**headers, **_list_headers(column, links, issue)},
        for_postmark=for_postmark,
    )


def _list_headers(column: Column, links: Links, issue: Issue) -> Mapping[str, str]:
    """RFC 2919; Feedback-ID as Gmail reads it: campaign, customer, kind, and a sender that stays the same."""
    name = "".join(c for c in column.title if c.isascii() and (c.isalnum() or c == " ")).strip()
    list_id = f"<digest.{links.mail_domain}>"
    sender_id = sha256(links.mail_domain.encode()).hexdigest()[:12]
    return {
        "List-ID": f"{name} {list_id}" if name else list_id,
        "List-Help": f"<{links.base_url}/>",
        "List-Post": "NO",
        "Feedback-ID": f"{issue.period}:{issue.frequency.value}:digest:{sender_id}",
        "Precedence": "bulk",
    }


def _mark(name: str) -> Markup:
    return Markup(mark(name))  # noqa: S704 - two NULs and a word


def _block(environment: Environment, name: str, context: Mapping[str, Any]) -> str:
    template = environment.get_template("digest.txt.j2")
    block: Callable[..., Any] = template.blocks[name]
    return "".join(block(template.new_context(dict(context))))
