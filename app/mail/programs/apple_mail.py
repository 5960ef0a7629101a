"""Apple Mail on macOS: her text above, an attribution that is itself marked as quoted, soft line ends."""

import re
import uuid

from app.mail.programs import markup, mime
from app.mail.programs.draft import Draft
from app.mail.programs.lines import quote_mark

_VERSION = "3826.600.51.1.1"
_BODY_STYLE = "overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"
_UNSAFE = re.compile(rb"[^\t -<>-~]|[\t ]\Z")


def write(draft: Draft) -> bytes:
    boundary = f"Apple-Mail=_{_uuid()}"
    headers = [
        ("From", draft.from_header),
        ("Content-Type", f'multipart/alternative;\n\tboundary="{boundary}"'),
        ("Mime-Version", f"1.0 (Mac OS X Mail 16.0 \\({_VERSION}\\))"),
        ("Subject", draft.subject),
        ("Date", mime.mail_date(draft.at)),
        *draft.references,
        ("To", draft.to_header),
        *draft.in_reply_to,
        ("Message-Id", f"<{_uuid()}@{draft.host}>"),
        ("X-Mailer", f"Apple Mail (2.{_VERSION})"),
    ]
    parts = [_part("plain", _plain(draft)), _part("html", _html(draft))]
    return mime.entity(headers, b"\n" + mime.multipart(boundary, parts))


def _uuid() -> str:
    return str(uuid.uuid4()).upper()


def _part(subtype: str, text: str) -> bytes:
    charset = mime.narrowest_charset(text, ("us-ascii", "utf-8"))
    encoding, body = _encoded(text.encode(charset))
    headers = [
        ("Content-Transfer-Encoding", encoding),
        ("Content-Type", f"text/{subtype};\n\tcharset={charset}"),
    ]
    return mime.entity(headers, body)


def _encoded(body: bytes) -> tuple[str, bytes]:
    lines = body.split(b"\n")
    if all(len(line) <= 76 and not _UNSAFE.search(line) and not line.startswith(b"From ") for line in lines):
        return "7bit", body
    return "quoted-printable", b"\n".join(map(_soft_wrapped, lines))


def _soft_wrapped(line: bytes) -> bytes:
    """Quoted-printable that breaks after a space where it can, and hides the "From " of mailbox files."""
    rest = re.sub(rb"\AFrom ", b"=46rom ", _UNSAFE.sub(lambda unsafe: b"=%02X" % ord(unsafe[0]), line))
    rows = []
    while len(rest) > 76:
        cut = rest.rfind(b" ", 0, 75) + 1
        if not cut:
            escape = rest.find(b"=", 73, 75)
            cut = 75 if escape < 0 else escape
        rows.append(rest[:cut] + b"=")
        rest = rest[cut:]
    return b"\n".join([*rows, rest])


def _attribution(draft: Draft) -> str:
    at = draft.asked_at
    return f"On {at:%b} {at.day}, {at.year}, at {at:%H:%M}, "


def _plain(draft: Draft) -> str:
    attribution = f"{_attribution(draft)}{draft.original.author} wrote:"
    quote = (quote_mark(line) + line for line in (attribution, "", *draft.original.lines))
    return "\n".join([*draft.lines, *draft.signed_off, "", *quote]) + "\n\n"


def _html(draft: Draft) -> str:
    first, *lines = draft.lines
    author = draft.original.author
    attribution = markup.words(f"{_attribution(draft)}{author.name}".rstrip(" "))
    return (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        f'<body style="{_BODY_STYLE}">{markup.words(first)}{markup.divs(lines)}'
        f'{markup.divs(draft.signed_off)}<br id="lineBreakAtBeginningOfMessage"><div><br>'
        f'<blockquote type="cite"><div>{attribution} '
        f'{markup.angled_link(author.address)} wrote:</div><br class="Apple-interchange-newline">'
        f"<div>{draft.original.html}</div></blockquote></div><br></body></html>"
    )
