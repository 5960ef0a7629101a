"""The phrases of words.toml, folded for lookup, all languages at once: a mail does not say which one it speaks."""

import re
import tomllib
from pathlib import Path

from app.mail.reply.phrases import Phrases
from app.mail.reply.words import fold

_LANGUAGES = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_MARKS_OF_VOWELS = re.compile("[\u064b-\u0652\u0640]")  # Arabic; written or left out as one likes


def folded(text: str) -> list[str]:
    """Words for lookup."""
    return fold(_MARKS_OF_VOWELS.sub("", text)).split()


def _named(name: str) -> Phrases:
    return Phrases(" ".join(folded(phrase)) for language in _LANGUAGES.values() for phrase in language.get(name, ()))


SUBJECTS_AWAY = _named("subjects_away")
SUBJECTS_AUTO = _named("subjects_auto")
AWAY = _named("away")
AUTO = _named("auto")
HINTS = _named("hints")
READ = _named("read")
READ_PREFIX = _named("read_prefix")
RECALL = _named("recall")
RECALL_PREFIX = _named("recall_prefix")
CHALLENGE = _named("challenge")
MONTHS = {
    name: number
    for language in _LANGUAGES.values()
    for number, names in enumerate(language.get("months", ()), 1)
    for name in folded(names)
}
