"""Mutt, as two people use it.

One writes above the quote, in lines of 69 columns; the other between the quoted paragraphs.
"""

import secrets
from collections.abc import Iterable
from datetime import UTC
from itertools import groupby

from app.mail.programs import mime
from app.mail.programs.draft import Draft
from app.mail.programs.lines import wrapped

# $send_charset as mutt ships it
_CHARSETS = ("us-ascii", "iso-8859-1", "utf-8")


def write_above(draft: Draft) -> bytes:
    quote = (_quoted(line) for line in draft.original.lines)
    text = [*wrapped(draft.lines, 69), *draft.signed_off, "", *_attribution(draft), *quote]
    return _message(draft, text)


def write_between(draft: Draft) -> bytes:
    return _message(draft, [*_attribution(draft), *_interleaved(draft), *draft.signed_off])


def _message(draft: Draft, rows: Iterable[str]) -> bytes:
    text = "\n".join(rows) + "\n"
    charset = mime.narrowest_charset(text, _CHARSETS)
    encoding, body = mime.readable(text.encode(charset))
    headers = [
        ("Date", mime.mail_date(draft.at)),
        ("From", draft.from_header),
        ("To", draft.to_header),
        ("Subject", draft.subject),
        ("Message-ID", f"<{secrets.token_urlsafe(12)}@{draft.host}>"),
        *draft.references,
        ("MIME-Version", "1.0"),
        ("Content-Type", f"text/plain; charset={charset}"),
        ("Content-Disposition", "inline"),
        # mutt says nothing about an encoding that goes without saying
        *([] if encoding == "7bit" else [("Content-Transfer-Encoding", encoding)]),
        *draft.in_reply_to,
        ("User-Agent", "Mutt/2.2.12 (2023-09-09)"),
    ]
    return mime.entity(headers, body)


def _attribution(draft: Draft) -> list[str]:
    # $attribution is "On %d, %n wrote:", and %d is the time by the clock of the mail's author
    at = draft.original.sent_at or draft.at.astimezone(UTC)
    return [f"On {at:%a, %b %d, %Y at %I:%M:%S%p %z}, {draft.original.author.label} wrote:"]


def _quoted(line: str) -> str:
    return f"> {line}"


def _interleaved(draft: Draft) -> list[str]:
    """Her first paragraph stands after the first of the question, and so on; what is left ends the mail."""
    hers, quoted = _paragraphs(draft.lines), _paragraphs(draft.original.lines)
    questions = [each for each in quoted if _is_indented(each)] or quoted
    rows: list[str] = []
    for paragraph in quoted:
        rows += map(_quoted, paragraph)
        rows += ["", *wrapped(hers.pop(0), 72), ""] if hers and paragraph in questions else [_quoted("")]
    return rows[:-1] + [row for paragraph in hers for row in ("", *wrapped(paragraph, 72))]


def _paragraphs(lines: Iterable[str]) -> list[list[str]]:
    groups = groupby(lines, key=lambda line: bool(line.strip()))
    return [list(group) for has_words, group in groups if has_words]


def _is_indented(paragraph: list[str]) -> bool:
    """Mailbag sets the question in by four spaces; what stands around it is Mailbag's own."""
    return all(line.startswith("    ") for line in paragraph)
