"""A mail that many get: rendered and encoded once, the personal parts put in as bytes for each reader.

In a pattern's bytes a personal part stands as NUL, its part of the mail, ":", its name, NUL. A NUL is in no mail.
In a body each has a line of its own between two soft line breaks, so no encoding can break or lengthen it.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from app.mail.dkim import DkimSigner, canonical_body, canonical_field, canonical_header, collapsed, protected
from app.mail.header import mailbox, structured, unstructured

_POSTMARK = "x-pm-metadata-mailbag"
_MARK = re.compile(r"\x00([a-z-]+)\x00")
_LONGEST = 76  # RFC 2045, 6.7, with the "=" of a soft line break
_LITERAL = frozenset(range(0x21, 0x7F)) - {0x3D}
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_SAFE = re.compile(rb"[!-\-/-<>-EG-~][!-<>-~]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

Values = Mapping[str, str]


def mark(name: str) -> str:
    """What a template writes where a personal part goes."""
    return f"\x00{name}\x00"


def encode_pattern(
    *,
    sender_name: str,
    sender: str,
    subject: str,
    date: datetime,
    text: str,
    html_text: str,
    headers: Mapping[str, str],
    for_postmark: bool = False,
) -> bytes:
    """The pattern of a multipart/alternative mail; in `text` and `html_text` personal parts are marked.

    Postmark replaces the Message-ID unless it is told not to, and reports nothing back but its own field.

    Raises ValueError for what cannot stand in a header.
    """
    boundary = "=_" + sha256(f"{subject}\n{text}".encode()).hexdigest()[:24]
    return b"".join(
        (
            mailbox("From", sender_name, sender),
            b"\0h:to\0",
            unstructured("Subject", subject),
            structured("Date", format_datetime(date.astimezone(UTC))),
            b"\0h:message-id\0",
            f"\0h:{_POSTMARK}\0X-PM-KeepID: true\r\n".encode() if for_postmark else b"",
            *(structured(name, value) for name, value in headers.items()),
            b"\0h:list-unsubscribe\0",
            structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            structured("MIME-Version", "1.0"),
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
            _part(boundary, "plain", "t", text),
            _part(boundary, "html", "x", html_text),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _part(boundary: str, subtype: str, kind: str, text: str) -> bytes:
    header = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return header.encode() + _encoded(kind, text) + b"\r\n"


def _encoded(kind: str, text: str) -> bytes:
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", re.sub(r"\r\n?", "\n", text)))
    pieces = _MARK.split(text)
    encoded = [quoted_printable(pieces[0])]
    for name, after in zip(pieces[1::2], pieces[2::2], strict=True):
        encoded += [b"=\r\n", f"\0{kind}:{name}\0".encode(), b"=\r\n", quoted_printable(after)]
    return b"".join(encoded)


def quoted_printable(text: str) -> bytes:
    """RFC 2045, 6.7, with room for one more soft line break at the end. Lines of `text` end in a line feed."""
    lines = []
    for line in text.split("\n"):
        octets = line.encode()
        out, width = [], 0
        for at, octet in enumerate(octets):
            is_last = at == len(octets) - 1
            literal = octet in _LITERAL or (octet in (0x20, 0x09) and not is_last)
            atom = chr(octet) if literal else f"={octet:02X}"
            if width + len(atom) > _LONGEST - 1:
                out.append("=\r\n")
                width = 0
            # a dot at a line's start needs no stuffing when it is encoded, and mbox makes >From of From
            if width == 0 and (octet == 0x2E or octets[at : at + 5] == b"From "):
                atom = f"={octet:02X}"
            out.append(atom)
            width += len(atom)
        lines.append("".join(out))
    return "\r\n".join(lines).encode()


def _in_html(value: str) -> bytes:
    return _value(html.escape(value))


def _value(text: str) -> bytes:
    """Most are links of ASCII, shorter than a line: those need no encoder."""
    octets = text.encode()
    if len(octets) < _LONGEST and _SAFE.fullmatch(octets):
        return octets
    return quoted_printable(text)


_WRITERS: Final[Mapping[str, Callable[[str], bytes]]] = {"t": _value, "x": _in_html}


def header_lines(
    *, to: str, message_id: str, unsubscribe: str, unsubscribe_address: str, for_postmark: bool = False
) -> dict[str, bytes]:
    """The personal header fields. Raises ValueError for what cannot stand in one."""
    name = message_id[1:].partition("@")[0]
    return {
        "to": mailbox("To", "", to),
        "message-id": structured("Message-ID", message_id),
        **({_POSTMARK: structured("X-PM-Metadata-mailbag", name)} if for_postmark else {}),
        "list-unsubscribe": structured("List-Unsubscribe", f"<{unsubscribe}>, <mailto:{unsubscribe_address}>"),
    }


class Pattern:
    """The bytes of `encode_pattern`, split once; `fill` joins them for one reader."""

    def __init__(self, octets: bytes, signer: DkimSigner | None, *, at: datetime) -> None:
        header, _, body = octets.partition(b"\r\n\r\n")
        self._header, self._lines = _split(header + b"\r\n")
        self.for_postmark = f"h:{_POSTMARK}" in self._lines
        self._body, marks = _split(body)
        self._values = [(_WRITERS[name[:1]], name[2:]) for name in marks]
        self._signature = _Signature(self._header, self._lines, body, signer, at) if signer is not None else None

    def fill(self, lines: Mapping[str, bytes], values: Values) -> bytes:
        """The whole mail of one reader. `lines` are `header_lines`; ValueError for a value that is not one line."""
        for name, value in values.items():
            if _FORBIDDEN.search(value):
                raise ValueError(f"{name}: not one line of text")
        own = [lines[name[2:]] for name in self._lines]
        written = [write(values[name]) for write, name in self._values]
        signature = self._signature.of(own, written) if self._signature is not None else b""
        return b"".join((signature, *_filled(self._header, own), b"\r\n", *_filled(self._body, written)))


class _Signature:
    """What DKIM signs of a pattern, split once as well."""

    def __init__(
        self, header: Sequence[bytes], lines: Sequence[str], body: bytes, signer: DkimSigner, at: datetime
    ) -> None:
        fields = canonical_header(header[0])
        for line, following in zip(lines, header[2::2], strict=True):
            name = line[2:]  # of its field, too
            fields += [f"{name}:\0{name}\0".encode(), *canonical_header(following)]
        self._names, signed = protected(fields)
        self._signed, marks = _split(signed)
        self._order = [lines.index(f"h:{name}") for name in marks]
        self._body, _ = _split(canonical_body(body))
        self._signer, self._at = signer, at

    def of(self, own: Sequence[bytes], written: Sequence[bytes]) -> bytes:
        """`own`: the personal lines of the header; `written`: the personal parts of the body."""
        contents = [canonical_field(own[n]).partition(b":")[2] for n in self._order]
        signed = b"".join(_filled(self._signed, contents))
        body_hash = sha256(b"".join(_filled(self._body, [collapsed(octets) for octets in written]))).digest()
        return self._signer.header(self._names, signed, body_hash, at=self._at)


def _split(octets: bytes) -> tuple[list[bytes], list[str]]:
    """The pieces, every other one a mark, and the marks by their names."""
    pieces = octets.split(b"\0")
    return pieces, [mark.decode() for mark in pieces[1::2]]


def _filled(pieces: Sequence[bytes], written: Sequence[bytes]) -> list[bytes]:
    filled = list(pieces)
    filled[1::2] = written
    return filled
