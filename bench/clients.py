"""The shapes in which mail programs send a reply: 28 of them, each as text, as HTML or as both, in eight languages.

What a program writes around the words (attribution, headers, tagline) stands in letters.toml. A shape places the
pieces of a reply, which are hers or quoted; who wrote what is known from the pieces.
"""

import tomllib
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from app.mail.programs import mime
from app.mail.programs.lines import flow, quote_mark, wrap
from app.mail.programs.original import Original

PHRASES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("letters.toml").read_text(encoding="utf-8"))
LANGUAGES = tuple(PHRASES)
TOP, BOTTOM, INLINE = "top", "bottom", "inline"
PLAIN, FLOWED, HTML, BOTH = "plain", "flowed", "html", "both"


@dataclass(frozen=True)
class Passage:
    """A paragraph of ours in the quote. `lines`: as our text part has it; `spans`: (is hers, words), as she left it."""

    lines: tuple[str, ...]
    spans: tuple[tuple[bool, str], ...]
    html: str = ""  # the element of our HTML part that it is
    is_broken: bool = False  # what she typed stands on a line of its own, the rest of ours below has no mark

    @property
    def is_touched(self) -> bool:
        return len(self.spans) > 1 or self.spans[0][1] != " ".join(line.strip() for line in self.lines)


Piece = str | Passage  # a paragraph of hers, with its lines; or one of ours


@dataclass(frozen=True)
class Client:
    """A mail program. `family`: its attribution in letters.toml; empty for one with a block of headers."""

    name: str
    family: str = ""
    form: str = "generic"  # of its HTML
    kinds: tuple[str, ...] = (PLAIN, BOTH, HTML)
    widths: tuple[int, ...] = (0,)  # of her lines; 0: none is wrapped
    quote_width: int = 0  # 0: as our text part has it
    from_html: bool = False  # its text part is made from our HTML part
    mark: str = "> "  # "" for none
    rule: str = ""  # above the headers
    headers: str = "headers"
    tagline: str = ""
    is_attribution_marked: bool = False
    positions: tuple[str, ...] = (TOP, BOTTOM, INLINE)
    encodings: tuple[str, ...] = ("8bit", "quoted-printable", "base64")


CLIENTS = (
    Client("gmail", "gmail", "gmail", (BOTH, HTML), (76, 0), 74, from_html=True),
    Client("gmail android", "gmail", "gmail", (BOTH,), (76,), 74, from_html=True),
    Client("apple mail", "apple", "apple", (BOTH, PLAIN), (0,), is_attribution_marked=True),
    Client("iphone", "apple", "apple", (BOTH, PLAIN), (0,), tagline="iphone", is_attribution_marked=True),
    Client("outlook desktop", "", "word", (BOTH, HTML, PLAIN), (0, 76), from_html=True, mark=""),
    Client("outlook text", "", "", (PLAIN,), (76, 72), rule="-----{original}-----", mark=""),
    Client("outlook text marks", "", "", (PLAIN,), (76,), rule="-----{original}-----"),
    Client("outlook web", "", "owa", (BOTH, HTML), (0,), from_html=True, mark="", rule="_" * 32),
    Client(
        "outlook mobile", "", "owa", (BOTH, HTML), (0,), from_html=True, mark="", rule="_" * 32, tagline="outlook_ios"
    ),
    Client("windows mail", "", "word", (BOTH, HTML), (0,), from_html=True, mark="", tagline="windows_mail"),
    Client("thunderbird", "thunderbird", "moz", (FLOWED, PLAIN, HTML, BOTH), (72,)),
    Client("yahoo", "yahoo", "yahoo", (BOTH, HTML), (0,), from_html=True, mark=""),
    Client("yahoo mobile", "yahoo", "yahoo", (BOTH,), (0,), from_html=True, mark="", tagline="yahoo_mobile"),
    Client(
        "samsung",
        "",
        "samsung",
        (BOTH, HTML),
        (0,),
        from_html=True,
        mark="",
        rule="-------- {original} --------",
        headers="mail_headers",
        tagline="samsung",
        positions=(TOP, INLINE),
    ),
    Client("roundcube", "roundcube", "cite", (PLAIN, FLOWED, BOTH), (72, 76), 72),
    Client("kmail", "kmail", "", (PLAIN, FLOWED), (78, 0)),
    Client("evolution", "evolution", "cite", (PLAIN, HTML), (71,)),
    Client("proton", "proton", "proton", (BOTH, HTML), (0,), tagline="proton_sent", from_html=True),
    Client("k-9", "k9", "gmail", (PLAIN, FLOWED, BOTH), (0, 72), tagline="k9_sent"),
    Client("spark", "spark", "spark", (BOTH, HTML), (0,), from_html=True),
    Client("fastmail", "fastmail", "cite", (BOTH, PLAIN), (72,), 72),
    Client("mutt", "mutt", "", (PLAIN, FLOWED), (65, 69, 72)),
    Client("alpine", "alpine", "", (PLAIN, FLOWED), (74,)),
    Client("gnus", "gnus", "", (PLAIN,), (70, 60)),
    Client("s-nail", "s_nail", "", (PLAIN,), (72, 40), mark="\t"),
    Client("horde", "horde", "cite", (PLAIN, FLOWED), (76,), 76),
    Client("yandex", "yandex", "bare", (HTML, BOTH), (0,), from_html=True),
    Client("zoho", "zoho", "zoho", (HTML, BOTH), (0,), from_html=True, mark=""),
    Client("gmx", "", "gmx", (HTML, BOTH), (0,), from_html=True, mark="", headers="gmx"),
    Client("notes", "", "notes", (BOTH, PLAIN), (0, 70), from_html=True, mark="", headers="notes"),
    Client("blackberry", "", "", (PLAIN,), (0,), mark="", rule="-----{original}-----", headers="mail_headers"),
    Client("zimbra", "", "zimbra", (BOTH, PLAIN), (72, 0), rule="----- {original} -----", headers="mail_headers"),
)


@dataclass(frozen=True)
class Draft:
    """A reply before a program shapes it."""

    original: Original
    language: str
    pieces: Sequence[Piece]
    at: datetime  # when the original was sent
    kind: str
    width: int
    encoding: str
    rewrap: int = 0  # she let her editor wrap the quote again
    is_tight: bool = False  # no blank lines between quote and answer
    signature: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def phrase(self, name: str) -> Any:
        return PHRASES[self.language].get(name, PHRASES["en"][name])


def write(client: Client, draft: Draft) -> bytes:
    """The raw mail, CRLF line ends."""
    headers = [
        ("From", "=?utf-8?q?Anna?= <guru@clinic.example>"),
        ("To", str(draft.original.reply_to.address)),
        ("Subject", mime.text_header("Subject", f"Re: {draft.original.subject}")),
        ("Date", mime.mail_date(draft.at)),
        ("Message-ID", "<reply@clinic.example>"),
        ("MIME-Version", "1.0"),
    ]
    flowed = "; format=flowed" if draft.kind == FLOWED else ""
    if draft.kind == HTML:
        whole = _entity(headers, "text/html; charset=utf-8", html(client, draft), draft.encoding)
    elif draft.kind == BOTH:
        parts = [
            _entity([], "text/plain; charset=utf-8", plain(client, draft), draft.encoding),
            _entity([], "text/html; charset=utf-8", html(client, draft), draft.encoding),
        ]
        headers.append(("Content-Type", 'multipart/alternative; boundary="=_b"'))
        whole = mime.entity(headers, mime.multipart("=_b", parts))
    else:
        whole = _entity(headers, f"text/plain; charset=utf-8{flowed}", plain(client, draft), draft.encoding)
    return whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _entity(headers: list[tuple[str, str]], content_type: str, text: str, encoding: str) -> bytes:
    body = text.encode()
    encode: dict[str, Callable[[bytes], bytes]] = {
        "8bit": lambda raw: raw,
        "quoted-printable": lambda raw: b2a_qp(raw, istext=True),
        "base64": lambda raw: encodebytes(raw.replace(b"\n", b"\r\n")),
    }
    fields = [*headers, ("Content-Type", content_type), ("Content-Transfer-Encoding", encoding)]
    return mime.entity(fields, encode[encoding](body))


def attribution(client: Client, draft: Draft) -> str:
    return str(draft.phrase(client.family)).format(**_facts(draft))


def _facts(draft: Draft) -> dict[str, str]:
    at, author = draft.at, draft.original.author
    day = at.weekday()
    return {
        "wd": draft.phrase("weekdays")[day],
        "Wd": draft.phrase("long_weekdays")[day],
        "mon": draft.phrase("months")[at.month - 1],
        "month": draft.phrase("long_months")[at.month - 1],
        "d": str(at.day),
        "dd": f"{at.day:02}",
        "m": str(at.month),
        "mm": f"{at.month:02}",
        "yy": f"{at:%y}",
        "yyyy": f"{at:%Y}",
        "H": str(at.hour),
        "HH": f"{at:%H}",
        "h12": str(at.hour % 12 or 12),
        "MM": f"{at:%M}",
        "SS": f"{at:%S}",
        "ap": "AM" if at.hour < 12 else "PM",
        "name": author.name,
        "addr": author.address,
    }


def header_rows(client: Client, draft: Draft) -> list[tuple[str, str]]:
    """Names and values in the order of the program."""
    author = draft.original.author
    sent = str(draft.phrase("outlook_date")).format(**_facts(draft))
    values = [f"{author.name} <{author.address}>", sent, "The Guru <guru@clinic.example>", draft.original.subject]
    names = draft.phrase("mail_headers" if client.headers in {"mail_headers", "notes"} else "headers")
    rows = list(zip(names, values, strict=True))
    if client.headers == "gmx":
        return [rows[1], rows[0], rows[2], rows[3]]
    return rows


# As text.


def plain(client: Client, draft: Draft) -> str:
    rows: list[str] = []
    for head, body in _in_order(client, draft):
        if isinstance(body, Passage):
            gap = [] if not rows or (draft.is_tight and head == "after hers") else [_gap(client, head)]
            rows += [*gap, *_quoted(client, draft, body)]
        else:
            gap = [] if not rows or (draft.is_tight and head == "after ours") else [""]
            rows += [*gap, *(_frame(client, draft) if body is ATTRIBUTION else _typed(draft, str(body)))]
    return "\n".join(rows) + "\n"


class _Mark(str):
    __slots__ = ()


ATTRIBUTION, TAIL = _Mark("attribution"), _Mark("tail")


def _in_order(client: Client, draft: Draft) -> list[tuple[str, Piece]]:
    """Her paragraphs, ours, and the attribution above the first of ours; each with what stands above it."""
    placed: list[tuple[str, Piece]] = []
    before, has_quote = "", False
    tail = _tail(client, draft)
    last_hers = max((i for i, piece in enumerate(draft.pieces) if isinstance(piece, str)), default=-1)
    for i, piece in enumerate(draft.pieces):
        if isinstance(piece, Passage) and not has_quote:
            placed.append(("", ATTRIBUTION))
            before, has_quote = "after attribution", True
        placed.append((before, piece))
        before = "after ours" if isinstance(piece, Passage) else "after hers"
        if i == last_hers:
            placed += [("", one) for one in tail]
    return placed


def _tail(client: Client, draft: Draft) -> list[str]:
    tagline = draft.phrase(client.tagline) if client.tagline else ""
    return [one for one in (f"-- \n{draft.signature}" if draft.signature else "", tagline) if one]


def _gap(client: Client, head: str) -> str:
    between = client.mark.rstrip() if client.mark == "> " else ""
    if head == "after attribution":
        return between if client.is_attribution_marked else ""
    return between if head == "after ours" else ""


def _typed(draft: Draft, text: str) -> list[str]:
    if text.startswith("-- \n"):
        return text.split("\n")
    if draft.kind == FLOWED:
        return [row for line in text.split("\n") for row in flow(line)]
    return _wrapped(text.split("\n"), draft.width)


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [row for line in lines for row in (wrap(line, width) if width else [line])]


def _frame(client: Client, draft: Draft) -> list[str]:
    if client.family:
        line = attribution(client, draft)
        if client.is_attribution_marked:
            return [client.mark + line]
        return _wrapped_attribution(line, 76 if draft.width else 0)
    rule = [client.rule.format(original=draft.phrase("original"))] if client.rule else []
    space = "\t" if client.headers == "notes" else " "
    return [*rule, *(f"{name}:{space}{value}" for name, value in header_rows(client, draft))]


def _wrapped_attribution(line: str, width: int) -> list[str]:
    """Gmail takes the address for a link of its own, and breaks behind "<"."""
    if not width or len(line) <= width:
        return [line]
    head, bracket, rest = line.partition("<")
    return [*wrap(head + bracket, width), *wrap(rest, width)] if bracket else wrap(line, width)


def _quoted(client: Client, draft: Draft, passage: Passage) -> list[str]:
    mark = client.mark
    rows: list[str] = []
    for is_unmarked, row in _rows_of(client, draft, passage):
        rows.append(row if is_unmarked or not mark else (_marked(mark, row)).rstrip(" "))
    return rows


def _marked(mark: str, row: str) -> str:
    return quote_mark(row) + row if mark == "> " else mark + row


def _rows_of(client: Client, draft: Draft, passage: Passage) -> list[tuple[bool, str]]:
    """The lines of a passage, and whether each lost its mark."""
    width = draft.rewrap or client.quote_width
    if passage.is_broken:
        return _broken(draft, passage, width)
    if not passage.is_touched and not client.from_html and not draft.rewrap:
        return [(False, line) for line in passage.lines]
    text = " ".join(words for _, words in passage.spans)
    indent = "" if client.from_html or draft.rewrap else passage.lines[0][: -len(passage.lines[0].lstrip()) or None]
    width = width or (0 if client.from_html else 70)
    return [(False, indent + row) for row in (wrap(text, width) if width else [text])]


def _broken(draft: Draft, passage: Passage, width: int) -> list[tuple[bool, str]]:
    rows: list[tuple[bool, str]] = []
    seen_hers = False
    for is_hers, words in passage.spans:
        if is_hers:
            rows += [(True, row) for row in _typed(draft, words)]
            seen_hers = True
            continue
        lines = wrap(words, width or 70)
        rows += [(seen_hers and i == 0, row) for i, row in enumerate(lines)]
    return rows


# As HTML.


def html(client: Client, draft: Draft) -> str:
    form = FORMS[client.form]
    hers, ours, parts = form["hers"], [p for p in draft.pieces if isinstance(p, Passage)], []
    whole = draft.extra.get("whole", "")
    tail = "".join(_html_tail(client, one) for one in _tail(client, draft))
    above, middle, below = _three(draft.pieces)
    if whole:  # nothing was deleted: our own HTML, with her answers inside
        quote = form["open"] + _with_answers(whole, middle, hers) + form["close"]
    elif client.mark == "" or client.form in {"word", "owa"}:
        quote = form["open"] + "".join(_piece(one, hers) for one in middle) + form["close"]
    else:  # the editor splits the quote around what she types
        quote = "".join(
            form["open"] + _piece(one, hers) + form["close"] if isinstance(one, Passage) else _piece(one, hers)
            for one in middle
        )
    if ours:
        parts.append(form["before"] + _html_frame(client, draft) + quote + form["after"])
    top = "".join(_piece(one, hers) for one in above)
    bottom = "".join(_piece(one, hers) for one in below)
    has_top = bool(above) and not below
    return form["page"].format(f"{top}{tail if has_top else ''}{''.join(parts)}{bottom}{'' if has_top else tail}")


def _three(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """What stands above, from the first to the last of ours, and below."""
    ours = [i for i, piece in enumerate(pieces) if isinstance(piece, Passage)]
    if not ours:
        return list(pieces), [], []
    return list(pieces[: ours[0]]), list(pieces[ours[0] : ours[-1] + 1]), list(pieces[ours[-1] + 1 :])


def _piece(piece: Piece, hers: str) -> str:
    if isinstance(piece, str):
        return "".join(hers.format(escape(line, quote=False) or "<br>") for line in piece.split("\n"))
    return f"<p>{_spans(piece)}</p>"


def _spans(passage: Passage) -> str:
    return " ".join(
        f'<span style="color:red">{escape(words, quote=False)}</span>' if is_hers else escape(words, quote=False)
        for is_hers, words in passage.spans
    )


def _with_answers(whole: str, middle: Sequence[Piece], hers: str) -> str:
    """Our HTML with each touched paragraph as she left it, and her answers below the paragraphs."""
    last = ""
    for piece in middle:
        if isinstance(piece, Passage):
            if piece.html and piece.is_touched:
                inside = f"{piece.html.partition('>')[0]}>{_spans(piece)}</p>"
                whole = whole.replace(piece.html, inside, 1)
                last = inside
            elif piece.html:
                last = piece.html
        elif last:
            below = last + _piece(piece, hers)
            whole, last = whole.replace(last, below, 1), below
    return whole


def _html_frame(client: Client, draft: Draft) -> str:
    form = FORMS[client.form]
    if client.family:
        line = escape(attribution(client, draft), quote=False)
        address = draft.original.author.address
        linked = line.replace(f"&lt;{address}&gt;", f'&lt;<a href="mailto:{address}">{address}</a>&gt;')
        return str(form["attribution"]).format(linked)
    rule = client.rule.format(original=draft.phrase("original")) if client.rule and client.form == "samsung" else ""
    rows = [form["row"].format(escape(name), escape(value, quote=False)) for name, value in header_rows(client, draft)]
    return str(form["attribution"]).format("".join([form["row0"].format(rule) if rule else "", *rows]))


def _html_tail(client: Client, tail: str) -> str:
    form = FORMS[client.form]
    if tail.startswith("-- \n"):
        name, *others = tail.split("\n")[1:]
        rows = "<br>".join(escape(one) for one in (name, *others))
        return str(form.get("signature", "<div>-- </div><div>{}</div>")).format(rows)
    return f"<div><br></div><div>{escape(tail, quote=False)}</div><div><br></div>"


_DIV = "<div>{}</div>"
_GENERIC = {
    "page": "<html><body>{}</body></html>",
    "hers": _DIV,
    "before": "<br>",
    "attribution": "<div>{}</div>",
    "row": "<b>{}:</b> {}<br>",
    "row0": "<div>{}</div>",
    "open": "<blockquote>",
    "close": "</blockquote>",
    "after": "",
}
_CITE = {"open": '<blockquote type="cite">'}
FORMS: dict[str, dict[str, str]] = {
    name: {**_GENERIC, **form}
    for name, form in {
        "": {},
        "gmail": {
            "page": '<div dir="ltr">{}</div>\n',
            "before": '<br><div class="gmail_quote gmail_quote_container">',
            "attribution": '<div dir="ltr" class="gmail_attr">{}<br></div>',
            "open": '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;padding-left:1ex">',
            "after": "</div>",
            "signature": '<br clear="all"><span class="gmail_signature_prefix">-- </span><br>'
            '<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">{}</div>',
        },
        "apple": {
            "page": '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
            '<body style="overflow-wrap: break-word;">{}</body></html>',
            "before": "<div><br></div>",
            "attribution": '<blockquote type="cite"><div>{}</div><br class="Apple-interchange-newline"></blockquote>',
            **_CITE,
        },
        "word": {
            "page": "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p.MsoNormal {{margin:0cm}}"
            "</style></head><body lang=EN-GB><div class=WordSection1>{}</div></body></html>",
            "hers": "<p class=MsoNormal>{}<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>",
            "before": "",
            "attribution": "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
            "<p class=MsoNormal>{}<o:p></o:p></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>",
            "open": "<div>",
            "close": "</div>",
        },
        "owa": {
            "page": '<html><head></head><body dir="ltr">{}</body></html>',
            "hers": '<div class="elementToProof" style="font-size:12pt">{}</div>',
            "before": '<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">',
            "attribution": '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif">{}</font>'
            "<div>&nbsp;</div></div>",
            "open": "<div>",
            "close": "</div>",
            "signature": '<div id="Signature" class="elementToProof"><div>{}</div></div>',
        },
        "moz": {
            "hers": "<p>{}</p>",
            "attribution": '<div class="moz-cite-prefix">{}<br></div>',
            "open": '<blockquote type="cite" cite="mid:x@y">',
            "signature": '<pre class="moz-signature" cols="72">-- \n{}</pre>',
        },
        "yahoo": {
            "before": '<div id="ydp1yahoo_quoted" class="yahoo_quoted"><div>',
            "attribution": "<div>{}</div><div><br></div>",
            "open": "<div>",
            "close": "</div>",
            "after": "</div></div>",
        },
        "samsung": {
            "before": "<div><br></div><div style='font-size:100%;color:#000000'>",
            "row": "<div>{}: {}</div>",
            "row0": "<div><!-- originalMessage --><div>{}</div></div>",
            "attribution": "{}",
            "open": "<div><br></div><div>",
            "close": "</div>",
            "after": "</div>",
        },
        "proton": {
            "before": '<div class="protonmail_quote">',
            "attribution": "{}<br><br>",
            "open": '<blockquote class="protonmail_quote" type="cite">',
            "after": "</div>",
        },
        "spark": {
            "before": '<div name="messageReplySection">',
            **_CITE,
            "after": "</div>",
        },
        "zoho": {
            "before": '<div class="zmail_extra"><br>',
            "attribution": '<div id="Zm-_Id_-Sgn1">{}</div><br>',
            "open": '<blockquote id="blockquote_zmail" style="margin: 0px;">',
            "after": "</div>",
        },
        "gmx": {
            "before": '<div name="quote" style="margin:10px 5px 5px 10px;border-left:2px solid #C3D9E5;">',
            "attribution": '<div style="margin:0 0 10px 0;">{}</div>',
            "open": '<div name="quoted-content">',
            "close": "</div>",
            "after": "</div>",
        },
        "notes": {
            "row": '<font size=1 color=#5f5f5f face="sans-serif">{}: </font><font size=1>{}</font><br>',
            "attribution": "<br><br>{}<hr noshade><br>",
            "open": "<div>",
            "close": "</div>",
        },
        "zimbra": {
            "before": "<hr id='zwchr' data-marker='__DIVIDER__'><div data-marker='__HEADERS__'>",
            "attribution": "{}</div>",
            "open": "<blockquote style='border-left:2px solid #1010FF;'>",
        },
        "cite": _CITE,
        "bare": {},
    }.items()
}
