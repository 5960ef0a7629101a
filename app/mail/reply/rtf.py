"""Rich text from a winmail.dat: decompressed (MS-OXRTFCP), and the HTML or the plain text that it carries."""

import re
from dataclasses import dataclass, field, replace

from app.mail.reply.charset import decode_text

_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par "
    rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)
_COMPRESSED, _UNCOMPRESSED = b"LZFu", b"MELA"
_WINDOW = 4096
_MOST = 12_000_000
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.IGNORECASE
)
_SKIPPED = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer", b"object"})
_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t"}
_SIGNS = {b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–",
          b"emdash": "—"}  # fmt: skip
_PLAIN = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "-", b"\n": "\n", b"\r": "\n"}
_DEEPEST = 1_000


def decompress(data: bytes) -> bytes:
    size, magic = int.from_bytes(data[4:8], "little"), data[8:12]
    if magic == _UNCOMPRESSED:
        return data[16 : 16 + size]
    if magic != _COMPRESSED:
        return b""
    out = bytearray(_DICTIONARY)
    at, flags, bits = 16, 0, 0
    while at < len(data) and len(out) < _MOST:
        if not bits:
            flags, bits, at = data[at], 8, at + 1
        is_reference, flags, bits = flags & 1, flags >> 1, bits - 1
        if not is_reference:
            out += data[at : at + 1]
            at += 1
            continue
        token, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        if not _copy(out, token >> 4, (token & 15) + 2):
            break
    return bytes(out[len(_DICTIONARY) :])


def _copy(out: bytearray, offset: int, length: int) -> bool:
    """`offset` counts in a window of 4,096 bytes that is written round and round; its own end is the end mark."""
    back = (len(out) - offset) % _WINDOW
    if back == 0 or back > len(out):
        return False
    for _ in range(length):
        out.append(out[-back])
    return True


@dataclass
class _State:
    is_skipped: bool = False
    is_tag: bool = False  # inside {\*\htmltag …}
    is_rtf_only: bool = False  # between \htmlrtf and \htmlrtf0
    skip: int = 1  # characters that stand for one \u in old readers


@dataclass
class _Reader:
    codepage: str = "cp1252"
    is_html: bool = False
    state: _State = field(default_factory=_State)
    saved: list[_State] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)  # of a character of several bytes
    left_to_skip: int = 0
    is_optional: bool = False  # \* was just read

    def brace(self, brace: bytes) -> None:
        self.left_to_skip = 0
        if brace == b"{" and len(self.saved) < _DEEPEST:
            self.saved.append(replace(self.state))
        elif brace == b"}" and self.saved:
            self.state = self.saved.pop()

    def word(self, word: bytes, number: int | None) -> None:
        if self.is_optional:
            self.is_optional = False
            self.state.is_tag = word == b"htmltag"
            self.state.is_skipped = not self.state.is_tag
        elif word in _SKIPPED:
            self.state.is_skipped = True
        elif word == b"htmlrtf":
            self.state.is_rtf_only = number != 0
        elif word == b"fromhtml":
            self.is_html = True
        elif word == b"ansicpg" and number:
            self.codepage = f"cp{number}"
        elif word == b"uc" and number is not None:
            self.state.skip = max(0, min(number, 8))
        elif word == b"u" and number is not None:
            self.write(chr(number % 65536))
            self.left_to_skip = self.state.skip
        elif not self.state.is_tag:
            self.write(_BREAKS.get(word) or _SIGNS.get(word, ""))

    def byte(self, value: int) -> None:
        if self.left_to_skip:
            self.left_to_skip -= 1
        elif not self.state.is_skipped and not self.state.is_rtf_only:
            self.pending.append(value)

    def text(self, text: bytes) -> None:
        skipped = min(self.left_to_skip, len(text))
        self.left_to_skip -= skipped
        self.write(decode_text(text[skipped:], self.codepage))

    def write(self, text: str) -> None:
        if text and not self.state.is_skipped and not self.state.is_rtf_only:
            self.flush()
            self.out.append(text)

    def flush(self) -> None:
        if self.pending:
            self.out.append(decode_text(bytes(self.pending), self.codepage))
            self.pending.clear()


def rtf_body(rtf: bytes) -> tuple[str, bool]:
    """(text, whether it is HTML)."""
    reader = _Reader()
    for match in _TOKEN.finditer(rtf):
        word, number, byte, sign, brace, text = match.groups()
        if brace:
            reader.brace(brace)
        elif word:
            reader.word(word.lower(), int(number) if number else None)
        elif byte:
            reader.byte(int(byte, 16))
        elif sign == b"*":
            reader.is_optional = True
        elif sign:
            reader.write(_PLAIN.get(sign, ""))
        elif text:
            reader.text(text)
    reader.flush()
    return "".join(reader.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), reader.is_html
