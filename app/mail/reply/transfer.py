"""The bytes of a part, with transfer encodings broken in the usual ways."""

import binascii
import quopri
import re
from email.message import Message

_BASE64_LINE = re.compile(rb"(?:[A-Za-z0-9+/]++={0,2}+)*+")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_ESCAPE = re.compile(rb"=[0-9A-F]{2}")
_LONGEST_ENCODED = 78
MANY = 3


def payload_of(part: Message) -> bytes:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        return _base64(_undecoded(part))
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return b""
    if encoding not in {"quoted-printable", "x-uuencode", "uuencode", "uue", "x-uue"} and _is_quoted_printable(payload):
        return quopri.decodestring(payload)
    return payload


def _undecoded(part: Message) -> bytes:
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _base64(encoded: bytes) -> bytes:
    """As far as it is base64: a list server adds its footer in clear, some programs only write the label."""
    lines = encoded.split(b"\n")
    end = next((i for i, line in enumerate(lines) if not _BASE64_LINE.fullmatch(line.strip())), len(lines))
    rest = b"\n".join(lines[end:])
    if not b"".join(lines[:end]).strip():
        return rest
    return b"\n".join(filter(None, [_decoded(b"".join(line.strip() for line in lines[:end])), rest.strip()]))


def _decoded(encoded: bytes) -> bytes:
    """Without the padding, that may be missing or stand in the middle where two pieces were joined."""
    pieces = encoded.split(b"=")
    return b"".join(_piece(piece) for piece in pieces if piece)


def _piece(piece: bytes) -> bytes:
    whole = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece  # a character of it was lost
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _is_quoted_printable(payload: bytes) -> bool:
    """Nobody said so, but lines end in "=" where the encoding breaks them, and there are escapes."""
    if b"=\n" not in payload and b"=\r\n" not in payload:
        return False
    if max(map(len, payload.splitlines()), default=0) > _LONGEST_ENCODED:
        return False
    return len(_SOFT_BREAK.findall(payload)) >= MANY and len(_ESCAPE.findall(payload)) >= MANY
