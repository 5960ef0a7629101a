"""Hard or soft, and why: by the enhanced status code (RFC 3463) and the words of the server that refused."""

import re
import tomllib
from pathlib import Path

from app.domain.bounce import HARD_REASONS, BounceKind, BounceReason
from app.mail.reply.phrases import Phrases
from app.mail.reply.words import fold

LONGEST_TEXT = 4000  # characters of what the server said
_REASONS = tuple(
    (BounceReason(row["name"]), Phrases(row["phrases"]))
    for row in tomllib.loads(Path(__file__).with_name("reasons.toml").read_text(encoding="utf-8"))["reason"]
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.:#@/-])([245]\d\d)(?=[ \-:;]|$)(?! ?(?:bytes|kb|octets))")
# Status by subject and detail, where the words say nothing.
_BY_STATUS = {
    (1, 1): BounceReason.UNKNOWN_USER,
    (1, 2): BounceReason.UNKNOWN_HOST,
    (1, 3): BounceReason.UNKNOWN_USER,
    (1, 6): BounceReason.MOVED,
    (1, 10): BounceReason.UNKNOWN_USER,
    (2, 1): BounceReason.SUSPENDED,
    (2, 2): BounceReason.MAILBOX_FULL,
    (2, 3): BounceReason.TOO_BIG,
    (3, 4): BounceReason.TOO_BIG,
    (4, 7): BounceReason.EXPIRED,
}
_BY_SUBJECT = {3: BounceReason.SYSTEM, 4: BounceReason.NETWORK, 7: BounceReason.POLICY}
# Who says "user unknown" only after DATA had taken the address before: mobile operators' filters do.
_AFTER_DATA = re.compile(
    r"reply to (?:end of )?DATA|after DATA|(?:TEXT|DATA) command, host|>>> DATA\s{0,3}\n<<< 55\d|\(DATA\)|\[DATA\]"
)
_NAMES_NOBODY = re.compile(r"\b55\d[ -]:\s+user unknown", re.IGNORECASE)


def statuses_in(text: str) -> list[str]:
    return [f"{a}.{int(b)}.{int(c)}" for a, b, c in _STATUS.findall(text[:LONGEST_TEXT])]


def code_in(text: str) -> str:
    found = _CODE.search(text[:LONGEST_TEXT])
    return found[1] if found else ""


def is_after_data(text: str) -> bool:
    return bool(_AFTER_DATA.search(text))


def reason_of(text: str, status: str, *, after_data: bool = False) -> BounceReason:
    """`text` is what the other server said; `status` the most exact one known, or empty."""
    words = fold(text[:LONGEST_TEXT]).split()
    found = next((name for name, phrases in _REASONS if phrases.is_in(words)), BounceReason.NONE)
    by_status = _by_status(status)
    if found is BounceReason.UNKNOWN_USER:
        return _checked(text, status, after_data=after_data)
    vague = (BounceReason.NONE, BounceReason.POLICY, BounceReason.SYSTEM)
    return by_status if found in vague and by_status and status[:1] == "5" else found


def _checked(text: str, status: str, *, after_data: bool) -> BounceReason:
    """Nobody there, unless that was said after the address had been taken, or under a status that says otherwise."""
    subject = status.split(".")[1:2]
    contradicts = status[:4] in ("5.2.", "4.2.") and not status.endswith(".2.1")
    if contradicts or subject == ["7"] or after_data or _NAMES_NOBODY.search(text):
        return BounceReason.FILTERED
    return BounceReason.UNKNOWN_USER


def _by_status(status: str) -> BounceReason:
    if not status:
        return BounceReason.NONE
    _, subject, detail = (int(number) for number in status.split("."))
    return _BY_STATUS.get((subject, detail)) or _BY_SUBJECT.get(subject, BounceReason.NONE)


def kind_of(reason: BounceReason, action: str) -> BounceKind:
    if action == "delayed":
        return BounceKind.DELAY
    if reason in HARD_REASONS:
        return BounceKind.HARD
    return BounceKind.SOFT if reason else BounceKind.UNKNOWN
