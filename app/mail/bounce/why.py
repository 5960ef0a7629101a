"""Hard or soft, and why: by the enhanced status code (RFC 3463) and the words of the server that refused."""

import re
import tomllib
from pathlib import Path

from app.domain.bounce import HARD_REASONS, BounceKind, BounceReason
from app.mail.reply.phrases import Phrases
from app.mail.reply.words import fold

LONGEST_TEXT = 4000  # characters of what the server said
_TABLE = tomllib.loads(Path(__file__).with_name("reasons.toml").read_text(encoding="utf-8"))
_REASONS = tuple((BounceReason(row["name"]), Phrases(row["phrases"])) for row in _TABLE["reason"])
_CERTAIN = Phrases(_TABLE["certain"])
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
    r"reply to (?:end of )?DATA|after DATA|after end of data|(?:TEXT|DATA) command, host|\(DATA\)|\[DATA\]"
)
_DATA_REFUSED = re.compile(r">>> DATA\s{0,3}\n[> ]{0,3}<<< 55[0-3]")
_RCPT_REFUSED = re.compile(r">>> RCPT[^\n]{0,300}\n[> ]{0,3}<<< 5|in reply to RCPT TO", re.IGNORECASE)
_NAMES_NOBODY = re.compile(r"\b55\d[ -]:\s+user unknown", re.IGNORECASE)
# IronPort puts its own class before the words of the other server: 5.1.0 for RCPT, 5.3.0 for what came later.
_IRONPORT = re.compile(r"\s{0,3}(\d\.\d\.\d) - [^\n']{0,80}?\d{3}-'([^\n]{0,1000})")


def statuses_in(text: str) -> list[str]:
    return [f"{a}.{int(b)}.{int(c)}" for a, b, c in _STATUS.findall(text[:LONGEST_TEXT])]


def code_in(text: str) -> str:
    found = _CODE.search(text[:LONGEST_TEXT])
    return found[1] if found else ""


def is_after_data(text: str) -> bool:
    refused = _DATA_REFUSED.search(text[:20000]) and not _RCPT_REFUSED.search(text[:20000])
    return bool(refused or _AFTER_DATA.search(text[:20000]))


def is_about_recipient(said: str, address: str, notice: str) -> bool:
    """Whether the refusal was surely about this address: it has a code, and names the address or the command."""
    lines = [line for line in said.split("\n") if code_in(line)]
    local = address.partition("@")[0]
    named = any(local in line or "RCPT" in line.upper() for line in lines) or local in " ".join(lines)
    return bool(lines) and (named or bool(_RCPT_REFUSED.search(notice[:20000])))


def without_prefix(said: str) -> tuple[str, bool]:
    """What the refusing server said itself, and whether a prefix says that it did so after RCPT."""
    found = _IRONPORT.match(said)
    return (found[2], found[1] != "5.1.0") if found else (said, False)


def reason_in(text: str) -> BounceReason:
    words = fold(text[:LONGEST_TEXT]).split()
    return next((name for name, phrases in _REASONS if phrases.is_in(words)), BounceReason.NONE)


def is_certain(text: str) -> bool:
    """Words that mean one thing only, also without a code: no such entry in the server's own directory."""
    return _CERTAIN.is_in(fold(text[:LONGEST_TEXT]).split())


def reason_of(text: str, status: str, *, after_data: bool = False) -> BounceReason:
    """`text` is what the other server said; `status` the most exact one known, or empty."""
    found = reason_in(text)
    vague = (BounceReason.NONE, BounceReason.POLICY, BounceReason.SYSTEM)
    if found in vague and (by_status := _by_status(status)):
        found = by_status
    if found is not BounceReason.UNKNOWN_USER:
        return found
    return _checked(text, after_data=after_data and status[2:4] != "1.")


def _checked(text: str, *, after_data: bool) -> BounceReason:
    """Nobody there, unless that was said after the address had been taken, or under a status that says otherwise."""
    own = [status.split(".")[1:] for status in statuses_in(text)]
    if any(subject == "2" for subject, _ in own) and not any(subject == "1" for subject, _ in own):
        return BounceReason.SUSPENDED if ["2", "1"] in own else BounceReason.FILTERED
    if any(subject == "7" for subject, _ in own) or after_data or _NAMES_NOBODY.search(text):
        return BounceReason.FILTERED
    return BounceReason.UNKNOWN_USER


def _by_status(status: str) -> BounceReason:
    if not status:
        return BounceReason.NONE
    _, subject, detail = (int(number) for number in status.split("."))
    return _BY_STATUS.get((subject, detail)) or _BY_SUBJECT.get(subject, BounceReason.NONE)


def kind_of(reason: BounceReason, action: str, status: str, *, is_sure: bool) -> BounceKind:
    """Hard only where nothing speaks against it: a class 4 status is temporary whatever the words say."""
    if action == "delayed":
        return BounceKind.DELAY
    if reason in HARD_REASONS and not status.startswith("4"):
        return BounceKind.HARD if is_sure else BounceKind.UNKNOWN
    return BounceKind.SOFT if reason or status.startswith("4") else BounceKind.UNKNOWN
