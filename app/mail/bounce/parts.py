"""The parts of a report, split in one pass over its lines: reports are often no valid MIME, and may be hostile."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.errors import MessageError
from email.header import decode_header, make_header

LONGEST_READ = 1024 * 1024  # octets; what stands further behind is the mail of ours that came back
MOST_PARTS = 60
LONGEST_LINE = 2000
LONGEST_DECODED = 1000
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(r"([!-9;-~]{1,70})[ \t]*:[ \t]*(.*)", re.DOTALL)
_PARAMETER = re.compile(r";\s{0,9}([a-z-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]{0,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_QUOTED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/partial", "message/global", "message/external-body")

Fields = dict[str, list[str]]  # by name in lower case; unfolded


@dataclass
class Part:
    fields: Fields
    content_type: str = "text/plain"
    charset: str = "utf-8"
    boundary: str = ""
    lines: list[bytes] = field(default_factory=list)

    @property
    def is_quoted(self) -> bool:
        """The mail that came back, or its header."""
        return self.content_type in _QUOTED_TYPES

    @property
    def text(self) -> str:
        encoding = first(self.fields, "content-transfer-encoding").lower().strip()
        raw = b"\n".join(self.lines)
        if encoding == "base64":
            raw = _LINE_END.sub(b"\n", _from_base64(raw))
        elif encoding == "quoted-printable":
            raw = binascii.a2b_qp(raw)
        return decoded(raw, self.charset)


def first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def lines_of(raw: bytes) -> list[bytes]:
    """By any line end, a bare CR included: old Macintosh programs store mail like this."""
    return _LINE_END.split(raw[:LONGEST_READ])


def decoded(raw: bytes, charset: str) -> str:
    if charset == "utf-8" and b"\x1b$" in raw:  # Japanese servers leave their charset out
        charset = "iso-2022-jp"
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name, "strict" if name == "utf-8" == charset else "replace")
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def read_fields(lines: list[bytes], start: int = 0) -> tuple[Fields, int]:
    """The fields from a line on, and the line behind the blank one that ends them."""
    fields: Fields = {}
    name, at = "", start
    while at < len(lines) and lines[at].strip():
        line = decoded(lines[at][:LONGEST_LINE], "utf-8")
        at += 1
        if line[0] in " \t" and name:
            fields[name][-1] += " " + line.strip()
        elif found := _FIELD.fullmatch(line):
            name = found[1].lower()
            fields.setdefault(name, []).append(found[2].strip())
        elif not line.startswith(("From ", ">From ")):
            name = ""
    return fields, min(at + 1, len(lines))


def split(raw: bytes) -> tuple[Fields, list[Part]]:
    """The header of a mail and its leaf parts in order; a mail inside of it is one part."""
    lines = lines_of(raw)
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    fields, at = read_fields(lines, start)
    parts = [_part(fields)]
    boundaries: list[bytes] = []
    dashed = {line.rstrip() for line in lines if line.startswith(b"--")}
    while at < len(lines):
        current = parts[-1]
        if _opens_multipart(current):
            boundaries.append(_boundary(current, lines, at, dashed))
        mark = _mark(lines[at], boundaries)
        if mark is None or len(parts) > MOST_PARTS:
            current.lines.append(lines[at])
            at += 1
            continue
        is_end = lines[at].rstrip().endswith(b"--") and lines[at].rstrip() != mark
        del boundaries[boundaries.index(mark) + (0 if is_end else 1) :]
        at += 1
        if is_end:
            parts.append(Part({}))
            continue
        part_fields, at = _part_fields(lines, at)
        parts.append(_part(part_fields))
    leaves = [part for part in parts if part.lines and not part.content_type.startswith("multipart/")]
    return fields, leaves or [replace(part, content_type="text/plain") for part in parts]


def _opens_multipart(part: Part) -> bool:
    if not part.content_type.startswith("multipart/") or part.lines:
        return False
    part.lines.append(b"")
    return True


def _boundary(part: Part, lines: list[bytes], at: int, dashed: set[bytes]) -> bytes:
    """As declared; where no line has it, the first that looks like one."""
    declared = b"--" + part.boundary.encode("utf-8", "replace")
    if declared in dashed and part.boundary:
        return declared
    ahead = lines[at : at + 40]
    return next((line.rstrip() for line in ahead if line.startswith(b"--") and len(line) > 6), b"--=none")


def _mark(line: bytes, boundaries: list[bytes]) -> bytes | None:
    if not line.startswith(b"--"):
        return None
    line = line.rstrip()
    return next((mark for mark in reversed(boundaries) if line in (mark, mark + b"--")), None)


def _part_fields(lines: list[bytes], at: int) -> tuple[Fields, int]:
    """The header of a part. Some servers write blank lines or text where it should be: then there is none."""
    while (
        at < len(lines) and not lines[at].strip() and at + 1 < len(lines) and lines[at + 1][:8].lower() == b"content-"
    ):
        at += 1
    if at < len(lines) and not lines[at].strip():
        return {}, at + 1
    if at < len(lines) and not _FIELD.fullmatch(decoded(lines[at][:LONGEST_LINE], "utf-8")):
        return {}, at
    return read_fields(lines, at)


def _part(fields: Fields) -> Part:
    value = first(fields, "content-type")[:LONGEST_LINE]
    content_type = value.partition(";")[0].strip().lower() or "text/plain"
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}
    return Part(fields, content_type, parameters.get("charset", "utf-8").lower(), parameters.get("boundary", ""))


def _from_base64(raw: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean  # a character of it was lost
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def shown(value: str) -> str:
    """A header text with its encoded words read."""
    try:
        return str(make_header(decode_header(value[:LONGEST_DECODED])))
    except (MessageError, LookupError, ValueError):
        return value[:LONGEST_DECODED]


def chunks(text: str) -> Iterator[list[str]]:
    """Groups of lines between blank ones."""
    group: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            group.append(line[:LONGEST_LINE])
        elif group:
            yield group
            group = []
    if group:
        yield group
