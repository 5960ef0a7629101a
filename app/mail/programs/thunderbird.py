"""Thunderbird writing plain text: an attribution, the quote, and her text below it, all format=flowed."""

import uuid

from app.mail.programs import mime
from app.mail.programs.draft import Draft
from app.mail.programs.lines import flow, quote_mark


def write(draft: Draft) -> bytes:
    encoding, body = mime.readable(_text(draft).encode())
    headers = [
        ("Message-ID", f"<{uuid.uuid4()}@{draft.host}>"),
        ("Date", mime.mail_date(draft.at)),
        ("MIME-Version", "1.0"),
        ("User-Agent", "Mozilla Thunderbird"),
        ("Subject", draft.subject),
        ("Content-Language", "en-GB"),
        ("To", draft.to_header),
        *draft.references,
        ("From", draft.from_header),
        *draft.in_reply_to,
        ("Content-Type", "text/plain; charset=UTF-8; format=flowed"),
        ("Content-Transfer-Encoding", encoding),
    ]
    return mime.entity(headers, body)


def _text(draft: Draft) -> str:
    at = draft.asked_at
    attribution = f"On {at.month}/{at.day}/{at:%y} {at:%H:%M}, {draft.original.author.label} wrote:"
    quote = map(_quoted, draft.original.lines)
    delimiter = ["", "-- "] if draft.signature_lines else []
    typed, signature = _flowed(draft.lines), _flowed(draft.signature_lines)
    return "\n".join([*flow(attribution), *quote, "", *typed, *delimiter, *signature]) + "\n"


def _flowed(lines: list[str]) -> list[str]:
    return [row for line in lines for row in flow(line)]


def _quoted(line: str) -> str:
    """Left as long as it was; without the space at its end that would make it flow into the next."""
    return quote_mark(line) + line if line == "-- " else (quote_mark(line) + line).rstrip(" ")
