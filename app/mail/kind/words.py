"""What a mail is by its words alone, where no header says it: then a person looks, because she may have written it."""

from app.domain.mailkind import MailKind
from app.mail.kind import lexicon
from app.mail.kind.lexicon import folded
from app.mail.reply.phrases import Phrases

FIRST_WORDS = 60  # of the text; such a mail says at its beginning what it is
FIRST_CHARACTERS = 2500
LONGEST_NOTE = 160  # words; who writes more answers something
LONGEST_IDEOGRAPHIC = 420  # there each character is a word
LONGEST_SUBJECT = 400  # characters
_REPLIES = frozenset(
    ("re", "aw", "antw", "antwort", "sv", "vs", "odp", "ynt", "rif", "res", "回复", "回覆", "答复", "رد", "תשובה")
)


def kind_by_words(subject: str, text: str) -> MailKind:
    """`text` is what the writer newly wrote, without quoted mail."""
    words = folded(text[:FIRST_CHARACTERS])
    if lexicon.CHALLENGE.is_in(folded(subject[:LONGEST_SUBJECT])) or lexicon.CHALLENGE.is_in(words):
        return MailKind.CHALLENGE
    if lexicon.RECALL.is_in(words[:FIRST_WORDS]) and _has_prefix(subject, lexicon.RECALL_PREFIX):
        return MailKind.RECALL
    if _has_prefix(subject, lexicon.READ_PREFIX) and (not words or lexicon.READ.is_in(words[:FIRST_WORDS])):
        return MailKind.LIKELY_READ_RECEIPT
    return _absence(subject, words) or _automatic(subject, words) or MailKind.PERSONAL


def is_absence(subject: str, text: str) -> bool:
    """For mail whose header says already that a machine sent it: whether it tells of an absence."""
    words = folded(text[:FIRST_CHARACTERS])[: 2 * FIRST_WORDS]
    return (
        _subject_has(subject, lexicon.SUBJECTS_AWAY, in_reply=True)
        or lexicon.AWAY.is_in(words)
        or (not lexicon.AUTO.is_in(words) and lexicon.HINTS.count(words) >= 2)
    )


def is_challenge(subject: str, text: str) -> bool:
    return lexicon.CHALLENGE.is_in(folded(f"{subject[:LONGEST_SUBJECT]} {text[:FIRST_CHARACTERS]}"))


def _absence(subject: str, words: list[str]) -> MailKind | None:
    if _subject_has(subject, lexicon.SUBJECTS_AWAY):
        return MailKind.LIKELY_ABSENCE
    if _is_short(words) and lexicon.AWAY.is_in(words[: _first(words)]):
        return MailKind.LIKELY_ABSENCE
    return None


def _automatic(subject: str, words: list[str]) -> MailKind | None:
    if _subject_has(subject, lexicon.SUBJECTS_AUTO):
        hinted = lexicon.HINTS.count(words) >= 2 and not lexicon.AUTO.is_in(words)
        return MailKind.LIKELY_ABSENCE if hinted else MailKind.LIKELY_AUTOMATIC
    if not _is_short(words):
        return None
    if lexicon.AUTO.is_in(words[: _first(words)]):
        return MailKind.LIKELY_AUTOMATIC
    return MailKind.LIKELY_ABSENCE if lexicon.HINTS.count(words[: _first(words)]) >= 3 else None


def _is_short(words: list[str]) -> bool:
    return len(words) <= (LONGEST_IDEOGRAPHIC if _is_ideographic(words) else LONGEST_NOTE)


def _first(words: list[str]) -> int:
    return 3 * FIRST_WORDS if _is_ideographic(words) else FIRST_WORDS


def _is_ideographic(words: list[str]) -> bool:
    return sum(len(word) == 1 and word >= "\u2e80" for word in words) * 2 > len(words)


def _subject_has(subject: str, phrases: Phrases, *, in_reply: bool = False) -> bool:
    """A reply repeats our own subject, whose words are the asker's: there nothing counts but what stands before it."""
    words = folded(subject[:LONGEST_SUBJECT])
    if words and words[0] in _REPLIES and not in_reply:
        return False
    found = phrases.find(words)
    return found is not None and (found[0] == 0 or found[1] - found[0] >= 2)


def _has_prefix(subject: str, phrases: Phrases) -> bool:
    prefix, colon, _ = subject[:LONGEST_SUBJECT].replace("：", ":").partition(":")
    return bool(colon) and " ".join(folded(prefix)) in phrases
