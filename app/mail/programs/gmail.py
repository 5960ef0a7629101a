"""Gmail on the web: her text above, then an attribution and the quote, as text and as HTML."""

import secrets

from app.mail.programs import markup, mime
from app.mail.programs.draft import Draft
from app.mail.programs.lines import quote_mark, wrap, wrapped

_WIDTH = 76
_NARROW = "\u202f"  # since 2023 Gmail has this no-break space before AM and PM
_QUOTE = (
    '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
    'border-left:1px solid rgb(204,204,204);padding-left:1ex">'
)


def write(draft: Draft) -> bytes:
    boundary = f"000000000000{secrets.token_hex(8)}"
    headers = [
        ("MIME-Version", "1.0"),
        *draft.references,
        *draft.in_reply_to,
        ("From", draft.from_header),
        ("Date", mime.mail_date(draft.at)),
        ("Message-ID", f"<CA+{secrets.token_urlsafe(35)}@mail.gmail.com>"),
        ("Subject", draft.subject),
        ("To", draft.to_header),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    parts = [_part("plain", _plain(draft)), _part("html", _html(draft))]
    return mime.entity(headers, mime.multipart(boundary, parts))


def _part(subtype: str, text: str) -> bytes:
    headers = [("Content-Type", f'text/{subtype}; charset="UTF-8"')]
    body = text.encode()
    if not body.isascii():
        headers.append(("Content-Transfer-Encoding", "quoted-printable"))
        body = mime.quoted_printable(body)
    return mime.entity(headers, body)


def _plain(draft: Draft) -> str:
    rows = [*wrapped(draft.lines, _WIDTH), *draft.signed_off, "", *_attribution(draft), ""]
    return "\n".join([*rows, *(row for line in draft.original.lines for row in _quoted(line))]) + "\n"


def _when(draft: Draft) -> str:
    at = draft.asked_at
    return f"On {at:%a, %b} {at.day}, {at.year} at {mime.clock12(at, gap=_NARROW)}"


def _attribution(draft: Draft) -> list[str]:
    """On one line, or wrapped: then Gmail breaks between "<" and the address, which it takes for a link."""
    author = draft.original.author
    head = f"{_when(draft)} {author.name}".rstrip()
    if len(line := f"{head} <{author.address}> wrote:") <= _WIDTH:
        return [line]
    rows = wrap(f"{head} <", _WIDTH)
    return [*rows, *wrap(f"{author.address}> wrote:", _WIDTH)]


def _quoted(line: str) -> list[str]:
    """Wrapped again when the mark makes it too long; an empty line is a bare mark."""
    mark = quote_mark(line)
    return [(mark + row).rstrip(" ") for row in wrap(line, _WIDTH - len(mark))]


def _html(draft: Draft) -> str:
    author, lines = draft.original.author, draft.lines
    text = markup.words(lines[0]) if len(lines) == 1 else markup.divs(lines)
    attribution = f"{_when(draft)} {markup.words(author.name)}".rstrip()
    attribution += f" {markup.angled_link(author.address)} wrote:<br>"
    return (
        f'<div dir="ltr">{text}{_html_signature(draft)}</div><br>'
        '<div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{attribution}</div>'
        f"{_QUOTE}{draft.original.html}</blockquote></div>\n"
    )


def _html_signature(draft: Draft) -> str:
    if not draft.signature:
        return ""
    return (
        '<div><br clear="all"></div><div><br></div><span class="gmail_signature_prefix">-- </span><br>'
        '<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">'
        f'<div dir="ltr">{markup.divs(draft.signature_lines)}</div></div>'
    )
