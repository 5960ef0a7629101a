"""Bytes to text when the label may be wrong: as declared, else UTF-8, else cp1252, else latin-1."""

import codecs
import re

# Python has codecs that no mail is written in; some are slow, or warn, on hostile bytes.
NOT_FOR_MAIL = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
LATIN_1 = frozenset({"iso_8859_1", "latin_1", "latin1", "l1", "us_ascii", "ascii"})
MOST_BROKEN = 0.02  # of the characters beyond ASCII: more, and the label was wrong
# Programs write the small set and mean the large one; or a name that Python does not know.
MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "iso_2022_jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "ks_c_5601_1987": "cp949",
    "tis_620": "cp874",
    "iso_8859_8_i": "iso_8859_8",
    "iso_8859_8_e": "iso_8859_8",
    "iso_8859_9": "cp1254",
    "iso_8859_11": "cp874",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "utf8mb4": "utf_8",
    "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman",
}
_CONTROLS_IN_LATIN_1 = re.compile(rb"[\x80-\x9f]")
ONE_BYTE = re.compile(r"(?:iso_?8859|windows_|cp125|cp874|koi8|latin|mac_|us_ascii|ascii|l1\b)")
ZERO_WIDTH = dict.fromkeys(map(ord, "\u00ad\ufeff\u202d\u202e"))
CONTROL: dict[int, str | None] = {
    **dict.fromkeys((*range(9), *range(0x0E, 0x20), 0x7F)),
    0x0B: "\n",
    0x0C: "\n",
    0x0D: "\n",
}


def decode_text(payload: bytes, declared: str | None) -> str:
    name = (declared or "utf-8").strip(" \"'").lower().replace("-", "_")
    for codec in (*_declared(MEANT.get(name, name), payload), "utf_8", "cp1252"):
        text = _decoded(payload, codec)
        if text is not None:
            return _without_surrogates(text)
    return payload.decode("latin_1")


def normalise(text: str) -> str:
    """\\n line ends; without what no reader sees and no page may hold: NUL, control characters, soft hyphens,
    overrides of the writing direction (marks of it stay), byte order marks."""
    text = text.replace("\r\n", "\n").translate(CONTROL)
    return text if text.isascii() else text.translate(ZERO_WIDTH)


def _decoded(payload: bytes, codec: str) -> str | None:
    try:
        return payload.decode(codec)
    except UnicodeDecodeError:
        return _with_few_gaps(payload, codec)
    except (LookupError, ValueError):  # unknown, no text encoding, NUL in its name
        return None


def _with_few_gaps(payload: bytes, codec: str) -> str | None:
    """A long text that was cut in the middle of a character, or has a stray byte."""
    if codec == "cp1252":
        return None
    text = payload.decode(codec, "replace")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return text if text.count("\ufffd") <= MOST_BROKEN * beyond else None


def _declared(name: str, payload: bytes) -> tuple[str, ...]:
    if name in NOT_FOR_MAIL:
        return ()
    if name in LATIN_1 and _CONTROLS_IN_LATIN_1.search(payload):
        # Control characters in latin-1: it is cp1252, or UTF-8, under a wrong label.
        return ()
    if ONE_BYTE.match(name) and _is_utf_8(payload):
        return ()  # no text in these charsets is valid UTF-8 by chance
    return (name,)


def _is_utf_8(payload: bytes) -> bool:
    if payload.isascii():
        return False
    try:
        codecs.utf_8_decode(payload, "strict", True)  # noqa: FBT003 - the API
    except UnicodeDecodeError:
        return False
    return True


def _without_surrogates(text: str) -> str:
    """UTF-7 can smuggle half a surrogate pair in, which no database stores."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
