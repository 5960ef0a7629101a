"""winmail.dat: the body and the attachments that Outlook wraps in its own format (MS-OXTNEF), as far as we need it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.mail.reply.charset import decode_text
from app.mail.reply.outcome import Attachment
from app.mail.reply.rtf import decompress, rtf_body

SIGNATURE = 0x223E9F78
ATTRIBUTE = struct.Struct("<BHHI")  # level, name, type, length; a checksum of two bytes follows the value
BODY, PROPERTIES, CODEPAGE = 0x800C, 0x9003, 0x9007
FILE, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
PR_BODY, PR_HTML, PR_RTF, PR_LONG_FILENAME = 0x1000, 0x1013, 0x1009, 0x3707
STRING_8, UNICODE, OBJECT, BINARY = 0x1E, 0x1F, 0x0D, 0x102
WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
MANY_VALUES, NAMED = 0x1000, 0x8000
MOST_PROPERTIES = 2_000
MOST_ATTRIBUTES = 100_000


@dataclass
class Tnef:
    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class _File:
    name: str = ""
    size: int = 0


def read_tnef(data: bytes) -> Tnef:
    """What can be read; nothing of a broken one raises."""
    found = Tnef()
    files: list[_File] = []
    codepage = "cp1252"
    for name, value in _attributes(data):
        if name == CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == BODY:
            found.text = found.text or decode_text(value, codepage).rstrip("\0")
        elif name == PROPERTIES:
            _read_bodies(found, dict(_properties(value)), codepage)
        elif name == FILE:
            files.append(_File())
        elif files:
            _read_file(files[-1], name, value, codepage)
    found.attachments = [Attachment(file.name, "application/octet-stream", file.size) for file in files]
    return found


def _read_file(file: _File, name: int, value: bytes, codepage: str) -> None:
    if name == FILE_TITLE:
        file.name = file.name or decode_text(value, codepage).rstrip("\0")
    elif name == FILE_DATA:
        file.size = len(value)
    elif name == FILE_PROPERTIES:
        long_name = dict(_properties(value)).get(PR_LONG_FILENAME)
        file.name = _text(long_name, codepage) if long_name else file.name


def _read_bodies(found: Tnef, properties: "dict[int, tuple[int, bytes]]", codepage: str) -> None:
    if PR_BODY in properties:
        found.text = _text(properties[PR_BODY], codepage)
    if PR_HTML in properties:
        found.html = _text(properties[PR_HTML], codepage)
    elif PR_RTF in properties:
        text, is_html = rtf_body(decompress(properties[PR_RTF][1]))
        found.html = text if is_html else ""
        found.text = found.text or ("" if is_html else text)


def _text(typed: tuple[int, bytes], codepage: str) -> str:
    kind, value = typed
    return (value.decode("utf-16-le", "replace") if kind == UNICODE else decode_text(value, codepage)).rstrip("\0")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    if len(data) < 6 or int.from_bytes(data[:4], "little") != SIGNATURE:
        return
    at = 6
    for _ in range(MOST_ATTRIBUTES):
        if at + ATTRIBUTE.size > len(data):
            return
        _, name, _, length = ATTRIBUTE.unpack_from(data, at)
        at += ATTRIBUTE.size
        yield name, data[at : at + length]
        at += length + 2


def _properties(data: bytes) -> "Iterator[tuple[int, tuple[int, bytes]]]":
    """(id, (type, first value)); stops where it can make no sense of the bytes."""
    count, at = _number(data, 0), 4
    for _ in range(min(count, MOST_PROPERTIES)):
        kind, name = _number(data, at) & 0xFFFF, _number(data, at) >> 16
        at = _after_name(data, at + 4) if name >= NAMED else at + 4
        values, at = _values(data, at, kind)
        if at > len(data) or not values:
            return
        yield name, (kind & ~MANY_VALUES, values[0])


def _after_name(data: bytes, at: int) -> int:
    by_text = _number(data, at + 16)
    return at + 24 + (_padded(_number(data, at + 20)) if by_text else 0)


def _values(data: bytes, at: int, kind: int) -> tuple[list[bytes], int]:
    base = kind & ~MANY_VALUES
    is_variable = base in {STRING_8, UNICODE, OBJECT, BINARY}
    count = 1
    if is_variable or kind & MANY_VALUES:
        count, at = _number(data, at), at + 4
    values: list[bytes] = []
    for _ in range(min(count, MOST_PROPERTIES)):
        length = WIDTHS.get(base, 0)
        if is_variable:
            length, at = _number(data, at), at + 4
        if not length and not is_variable:
            return [], at
        values.append(data[at : at + length])
        at += _padded(length)
    return values, at


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _padded(length: int) -> int:
    return -(-length // 4) * 4
