"""Headers and bodies as bytes, with "\\n" line ends: the outermost caller makes CRLF of them."""

import re
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.header import Header
from email.utils import quote

from app.mail.programs.original import Mailbox

Headers = Sequence[tuple[str, str]]

_NEEDS_QUOTES = re.compile(r"[^\w !#$%&'*+/=?^`{|}~-]", re.ASCII)


def mail_date(at: datetime) -> str:
    return f"{at:%a}, {at.day} {at:%b %Y %H:%M:%S %z}"


def clock12(at: datetime, gap: str = " ") -> str:
    return f"{at.hour % 12 or 12}:{at:%M}{gap}{'AM' if at.hour < 12 else 'PM'}"


def text_header(name: str, text: str) -> str:
    text = " ".join(text.split())
    return text if _stands_bare(text) else Header(text, "utf-8", header_name=name).encode()


def address_header(name: str, mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    phrase = text_header(name, mailbox.name)
    if _stands_bare(phrase) and _NEEDS_QUOTES.search(phrase):
        phrase = f'"{quote(phrase)}"'
    return f"{phrase} <{mailbox.address}>"


def _stands_bare(text: str) -> bool:
    """Printable ASCII that can be folded, and that no reader takes for an encoded word (RFC 2047)."""
    foldable = all(len(word) <= 70 for word in text.split(" "))
    return foldable and text.isascii() and text.isprintable() and "=?" not in text


def entity(headers: Headers, body: bytes) -> bytes:
    """A whole message, or one part of a multipart."""
    head = "".join(_fold(name, value) + "\n" for name, value in headers)
    return head.encode("ascii") + b"\n" + body


def multipart(boundary: str, parts: Iterable[bytes]) -> bytes:
    line = b"--" + boundary.encode("ascii")
    return b"".join(line + b"\n" + part + b"\n" for part in parts) + line + b"--\n"


def _fold(name: str, value: str) -> str:
    """Folded at spaces to 76 columns; a value that has line ends was folded by its writer."""
    if "\n" in value:
        return f"{name}: {value}"
    first, *words = value.split(" ")
    rows = [f"{name}: {first}"]
    for word in words:
        if len(rows[-1]) + 1 + len(word) <= 76:
            rows[-1] += " " + word
        else:
            rows.append(" " + word)
    return "\n".join(rows)


def quoted_printable(body: bytes) -> bytes:
    return b2a_qp(body, istext=True)


def readable(body: bytes) -> tuple[str, bytes]:
    """Return (transfer encoding, body) as Thunderbird and mutt choose: bare where SMTP can carry it."""
    if max(map(len, body.split(b"\n"))) > 990:
        return "quoted-printable", quoted_printable(body)
    return ("7bit" if body.isascii() else "8bit"), body


def narrowest_charset(text: str, charsets: Sequence[str]) -> str:
    """The first of `charsets` that can write `text`; the last one can write all."""
    return next((each for each in charsets[:-1] if _can_write(each, text)), charsets[-1])


def _can_write(charset: str, text: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
