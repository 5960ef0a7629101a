"""Outlook of Microsoft 365: her text, a rule, a header block, and the original with no mark at all."""

import secrets
from base64 import b64encode, encodebytes
from datetime import UTC

from app.mail.programs import markup, mime
from app.mail.programs.draft import Draft

# Exchange takes the narrowest code page for the whole message, and base64 once it needs UTF-8.
_CHARSETS = ("us-ascii", "iso-8859-1", "Windows-1252", "utf-8")
_FONT = (
    "font-family: Aptos, Aptos_EmbeddedFont, Aptos_MSFontService, Calibri, Helvetica, sans-serif; "
    "font-size: 12pt; color: rgb(0, 0, 0);"
)


def write(draft: Draft) -> bytes:
    server = f"AM9PR{secrets.randbelow(90) + 10}MB{secrets.randbelow(9000) + 1000}"
    message = f"{server}{secrets.token_hex(13)[1:].upper()}"
    boundary = f"_000_{message}{server}eurp_"
    plain, html = _plain(draft), _html(draft)
    charset = mime.narrowest_charset(plain + html, _CHARSETS)
    headers = [
        ("From", draft.from_header),
        ("To", draft.to_header),
        ("Subject", draft.subject),
        ("Thread-Topic", mime.text_header("Thread-Topic", draft.original.subject)),
        ("Thread-Index", b64encode(b"\x01\x01\xdc" + secrets.token_bytes(24)).decode()),
        ("Date", mime.mail_date(draft.at.astimezone(UTC))),
        ("Message-ID", f"<{message}@{server}.eurprd04.prod.outlook.com>"),
        *draft.references,
        *draft.in_reply_to,
        ("Accept-Language", "en-GB, en-US"),
        ("Content-Language", "en-GB"),
        ("X-MS-Has-Attach", ""),
        ("X-MS-TNEF-Correlator", ""),
        ("Content-Type", f'multipart/alternative;\n\tboundary="{boundary}"'),
        ("MIME-Version", "1.0"),
    ]
    html = html.replace("charset=CODEPAGE", f"charset={charset}", 1)
    parts = [_part("plain", plain, charset), _part("html", html, charset)]
    return mime.entity(headers, mime.multipart(boundary, parts))


def _part(subtype: str, text: str, charset: str) -> bytes:
    body = text.encode(charset)
    in_base64 = charset == "utf-8"
    encoded = encodebytes(body.replace(b"\n", b"\r\n")) if in_base64 else mime.quoted_printable(body)
    headers = [
        ("Content-Type", f'text/{subtype}; charset="{charset}"'),
        ("Content-Transfer-Encoding", "base64" if in_base64 else "quoted-printable"),
    ]
    return mime.entity(headers, encoded)


def _header_block(draft: Draft) -> list[tuple[str, str]]:
    original, at = draft.original, draft.asked_at
    rows = [
        ("From", f"{original.author.label} <{original.author.address}>"),
        ("Sent", f"{at:%A, %B} {at.day}, {at.year} {mime.clock12(at)}"),
        ("To", "; ".join(f"{each.label} <{each.address}>" for each in original.recipients)),
        ("Subject", original.subject),
    ]
    return [(name, value) for name, value in rows if value]


def _plain(draft: Draft) -> str:
    # nothing is wrapped: the transfer encoding carries lines of any length
    header_block = [f"{name}: {value}" for name, value in _header_block(draft)]
    rows = [*draft.lines, *draft.signed_off, "", "_" * 32, *header_block, "", *draft.original.lines]
    return "\n".join(rows) + "\n"


def _html(draft: Draft) -> str:
    header_block = "<br>\n".join(f"<b>{name}:</b> {markup.words(value)}" for name, value in _header_block(draft))
    return (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=CODEPAGE">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n'
        f'</head>\n<body dir="ltr">\n{_paragraphs(draft.lines)}{_signature(draft)}'
        '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">{header_block}</font>\n'
        f"<div>&nbsp;</div>\n</div>\n<div>{draft.original.html}</div>\n</body>\n</html>\n"
    )


def _paragraphs(lines: list[str]) -> str:
    opening = f'<div class="elementToProof" style="{_FONT}">\n'
    return "".join(f"{opening}{markup.words(line) or '<br>'}</div>\n" for line in lines)


def _signature(draft: Draft) -> str:
    if not draft.signature:
        return ""
    return f'<div id="Signature" class="elementToProof">\n{_paragraphs(draft.signed_off[1:])}</div>\n'
