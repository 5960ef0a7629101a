"""Bytes to text when the label may be wrong: as declared, else UTF-8, else cp1252, else latin-1."""

# Python has codecs that no mail is written in; some are slow, or warn, on hostile bytes.
NOT_FOR_MAIL = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
LATIN_1 = frozenset({"iso_8859_1", "latin_1", "latin1", "l1", "us_ascii", "ascii"})


def decode_text(payload: bytes, declared: str | None) -> str:
    name = (declared or "utf-8").strip().lower().replace("-", "_")
    for codec in (*_declared(name, payload), "utf_8", "cp1252"):
        try:
            text = payload.decode(codec)
        except (
            LookupError,
            ValueError,
        ):  # unknown, no text encoding, NUL in its name; or bytes that do not fit
            continue
        return _without_surrogates(text)
    return payload.decode("latin_1")


def _declared(name: str, payload: bytes) -> tuple[str, ...]:
    if name in NOT_FOR_MAIL:
        return ()
    if name in LATIN_1 and any(0x80 <= byte < 0xA0 for byte in payload):
        # Control characters in latin-1: it is cp1252, or UTF-8, under a wrong label.
        return ()
    return (name,)


def _without_surrogates(text: str) -> str:
    """UTF-7 can smuggle half a surrogate pair in, which no database stores."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
