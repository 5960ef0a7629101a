"""The phrases of phrases.toml, folded for lookup."""

import tomllib
from pathlib import Path

from app.mail.reply.words import fold

_PHRASES = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


def _folded(section: str, name: str) -> frozenset[str]:
    return frozenset(fold(phrase) for phrase in _PHRASES[section][name])


ATTRIBUTION_STARTS = tuple(f"{start} " for start in _folded("attribution", "starts"))
ATTRIBUTION_VERBS = _folded("attribution", "verbs")
HEADER_KINDS = {name: kind for kind in ("cc", "to", "subject", "date", "from") for name in _folded("header", kind)}
ORIGINAL_MARKERS = _folded("header", "original")
FORWARD_MARKERS = _folded("header", "forwarded")
TAGLINES = _folded("tagline", "lines")
TAGLINE_STARTS = tuple(f"{start} " for start in _folded("tagline", "starts"))
TAGLINE_ENDS = _folded("tagline", "ends")
DEVICES = _folded("tagline", "devices")
