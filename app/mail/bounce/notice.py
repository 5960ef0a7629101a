"""The words of a report, beside the form of RFC 3464 or instead of it: which addresses failed, and what was said."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.mail.bounce.parts import LONGEST_LINE, Fields, Part, first, read_fields, shown
from app.mail.reply.phrases import Phrases
from app.mail.reply.words import fold

MOST_LINES = 400  # of a notice; what is longer is the mail that came back
_MARKS = tomllib.loads(Path(__file__).with_name("marks.toml").read_text(encoding="utf-8"))
SENDERS, SUBJECTS, NOTICES, DELAYS, ORIGINALS = (
    Phrases(_MARKS[name]) for name in ("senders", "subjects", "notices", "delays", "originals")
)
_HOST = r"[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9.\u0080-\uffff_-]{0,250}[A-Za-z0-9\u0080-\uffff])?"
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'`@=|/\\]{1,64}@" + _HOST)
_QUOTED_LOCAL = re.compile(r"\"[^\"\s]{1,60}\"@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9]")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/td|/h\d|p|li)\b[^<>]{0,500}>", re.IGNORECASE)
_NAMES = (
    "Received|Return-Path|Message-ID|From|To|Subject|Date|MIME-Version|X-[A-Za-z-]{1,60}|DKIM-Signature|Content-Type"
    "|Sender|Reply-To"
)
_HEADER_LINE = re.compile(rf"(?:{_NAMES})[ \t]*:", re.IGNORECASE)
_ALONE = re.compile(
    r"[\s*>•\-]{0,8}(?:[45]\d\d\s{1,2}(?=<))?(?:(?:rfc822|smtp)\s*;\s*)?<?([^<>\s]{1,64}@[^<>\s:;,]{1,250}[^<>\s:;,.])>?(?:\s*[:;,.(\[]|\.\.\.|\s+on\s|\s*$|\s+\S)",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    (
        "postmaster",
        "mailer-daemon",
        "abuse",
        "support",
        "helpdesk",
        "help",
        "webmaster",
        "hostmaster",
        "noreply",
        "no-reply",
        "info",
        "admin",
        "removeme",
        "delist",
    )
)


@dataclass
class Notice:
    """What the server wrote to us, without the mail that came back."""

    text: str = ""
    quoted: list[str] = field(default_factory=list)  # lines of the mail that came back


def notice_of(parts: Sequence[Part]) -> Notice:
    """The text parts up to the mail that came back; HTML only where there is no plain text."""
    notice = Notice()
    texts = [part for part in parts if part.content_type.startswith("text/") and not part.is_quoted]
    plain = [part for part in texts if part.content_type != "text/html" and part.text.strip()]
    for part in plain or texts:
        text = part.text
        if part.content_type == "text/html" or text.lstrip()[:200].lower().startswith(("<html", "<!doctype")):
            text = _without_tags(text)
        own, quoted = _cut(text.split("\n"))
        notice.text += "\n".join(own) + "\n"
        notice.quoted += quoted
    for part in parts:
        if part.is_quoted:
            notice.quoted += part.text.split("\n")[:MOST_LINES]
    return notice


def _without_tags(text: str) -> str:
    text = _BREAK.sub("\n", text[: LONGEST_LINE * 100])
    text = re.sub(r"<(?!\S{1,64}@)[^<>]{0,2000}>", " ", text)
    for entity, char in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&quot;", '"'),
        ("&amp;", "&"),
    ):
        text = text.replace(entity, char)
    return text


def _cut(lines: list[str]) -> tuple[list[str], list[str]]:
    """Before and behind the line from which on our own mail is quoted."""
    for at, line in enumerate(lines[:MOST_LINES]):
        words = fold(line[:200]).split()
        if at and len(words) <= 14 and ORIGINALS.is_in(words) and _has_header(lines, at + 1):
            return lines[:at], lines[at + 1 :][:MOST_LINES]
        if at and _is_header_block(lines, at) and _says_something(lines[:at]):
            return lines[:at], lines[at:][:MOST_LINES]
    return lines[:MOST_LINES], []


def _has_header(lines: list[str], at: int) -> bool:
    return any(_HEADER_LINE.match(line) for line in lines[at : at + 14])


def _says_something(lines: list[str]) -> bool:
    """A header before the first word of the notice is no quoted mail."""
    text = "\n".join(lines[-60:])
    return "@" in text or NOTICES.is_in(fold(text[:6000]).split())


def _is_header_block(lines: list[str], at: int) -> bool:
    return (
        bool(_HEADER_LINE.match(lines[at])) and sum(bool(_HEADER_LINE.match(line)) for line in lines[at : at + 8]) >= 3
    )


def quoted_fields(notice: Notice) -> Fields:
    """The header of the mail that came back."""
    start = next((i for i, line in enumerate(notice.quoted) if _HEADER_LINE.match(line.lstrip(" >|\t"))), None)
    if start is None:
        return {}
    lines = [
        line.encode("utf-8", "surrogatepass" if line.isprintable() else "replace") for line in notice.quoted[start:]
    ]
    return read_fields(lines)[0]


def addresses(text: str) -> list[str]:
    return list(
        dict.fromkeys(
            _QUOTED_LOCAL.findall(text[:LONGEST_LINE])
            or [a.strip(".*_") if a.startswith("*") else a for a in ADDRESS.findall(text[:LONGEST_LINE])]
        )
    )


def failed_addresses(notice: Notice, ours: frozenset[str]) -> list[tuple[str, str]]:
    """(address, what was said about it) of the surest grade that has any; the addressee herself only at last."""
    wanted = {
        address.lower()
        for name in ("to", "cc", "x-original-to", "delivered-to")
        for value in quoted_fields(notice).get(name, ())
        for address in addresses(value)
    }
    lines = notice.text.split("\n")
    graded: dict[str, tuple[int, int]] = {}
    for at, line in enumerate(lines):
        if "@" not in line:
            continue
        alone = _ALONE.match(line)
        for address in addresses(line):
            grade = _grade(address, line, ours, wanted, is_alone=alone is not None and alone[1].startswith(address))
            known = graded.get(address)
            if known is None or grade > known[0]:
                graded[address] = (grade, at)
    best = max((grade for grade, _ in graded.values()), default=0)
    if best <= 0:
        return []
    chosen = sorted((at, address) for address, (grade, at) in graded.items() if grade >= min(best, 4))
    if best < 4:
        chosen = chosen[:1]
    return [(address, _said(lines, at, {other for _, other in chosen})) for at, address in chosen]


def _grade(address: str, line: str, ours: frozenset[str], wanted: set[str], *, is_alone: bool) -> int:
    local = address.lower().rpartition("@")[0]
    if address.lower() in ours:
        return 2 if is_alone else int(address.lower() in wanted)
    if address.lower() in wanted:
        return 6 if is_alone else 5
    if local in _NOBODY:
        return 1
    if is_alone:
        return 4
    return 3 if _is_said_of_failure(line) else 2


def _is_said_of_failure(line: str) -> bool:
    words = fold(line[:400]).split()
    return NOTICES.is_in(words) or bool({"to", "rcpt", "recipient", "recipients", "mailbox"} & set(words))


def _said(lines: list[str], at: int, others: set[str]) -> str:
    """From the line of an address to the next blank one, or to the next address that failed."""
    said = [lines[at]]
    for line in lines[at + 1 : at + 14]:
        if (not line.strip() and len(" ".join(said)) > len(lines[at]) + 3) or any(
            line.lstrip(" <").startswith(o) for o in others
        ):
            break
        said.append(line)
    return "\n".join(said)


_SERVER_SAID = re.compile(r"<<<|(?<![\d.:#@/-])[45]\d\d[ \-:;]|(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.]*\d)")


def server_lines(text: str) -> str:
    """The lines with a reply code or a status, each with the one behind it, where a long reply goes on."""
    lines = text.split("\n")[:MOST_LINES]
    at = {i for i, line in enumerate(lines) if _SERVER_SAID.search(line[:LONGEST_LINE])}
    return "\n".join(lines[i] for i in sorted(at | {i + 1 for i in at if i + 1 < len(lines)}))


def subject_of(fields: Fields) -> str:
    return shown(first(fields, "subject"))
