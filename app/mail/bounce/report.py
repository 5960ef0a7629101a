"""What a delivery report says, by RFC 3464 or in words: which recipients failed, how final, about which mail."""

import json
import re
from dataclasses import dataclass, replace

from app.domain.bounce import BounceKind, BounceReason
from app.mail.bounce import notice as words
from app.mail.bounce.notice import Notice, addresses, failed_addresses, notice_of, quoted_fields, subject_of
from app.mail.bounce.parts import Fields, Part, chunks, first, read_fields, shown, split
from app.mail.bounce.why import (
    code_in,
    is_about_recipient,
    is_after_data,
    is_certain,
    kind_of,
    reason_in,
    reason_of,
    statuses_in,
    without_prefix,
)
from app.mail.reply.phrases import Phrases
from app.mail.reply.words import fold

MOST_RECIPIENTS = 50
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
_STATED = re.compile(r"<?([^\s<>;,@][^\s<>;,]{0,250}@[^\s<>;,@]{1,255})>?(?:\s.*)?", re.DOTALL)
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_NO_FAILURE = ("feedback-report", "disposition-notification")


@dataclass(frozen=True)
class FailedRecipient:
    address: str  # as the report has it; may be empty
    action: str  # failed, delayed, delivered, relayed or expanded (RFC 3464, 2.3.3)
    status: str = ""  # 5.1.1 (RFC 3463), where it is known
    code: str = ""  # 550, where it is known
    said: str = ""  # what the other server said
    kind: BounceKind = BounceKind.UNKNOWN
    reason: BounceReason = BounceReason.NONE
    original: str = ""  # the address that the mail was written to, where the report has both


@dataclass(frozen=True)
class Report:
    recipients: tuple[FailedRecipient, ...] = ()
    message_id: str = ""  # of the mail that the report is about, with its angle brackets

    @property
    def failed(self) -> tuple[FailedRecipient, ...]:
        return tuple(recipient for recipient in self.recipients if recipient.action == "failed")

    @property
    def is_failure(self) -> bool:
        """It tells of a mail that did not arrive, or not yet."""
        return any(recipient.action in ("failed", "delayed") for recipient in self.recipients)


def read_report(raw: bytes) -> Report:
    """Pure and linear in the octets; raises nothing on any bytes. No recipients where it is no report."""
    fields, parts = split(raw)
    return read_parts(fields, parts, notice_of(parts))


def read_parts(fields: Fields, parts: list[Part], notice: Notice, *, depth: int = 0) -> Report:
    """The same of a mail that was split already."""
    content_type = first(fields, "content-type").lower()
    if any(word in content_type for word in _NO_FAILURE) or _has_part(parts, "message/feedback-report"):
        return Report()
    quoted = quoted_fields(notice)
    recipients = _structured(parts, notice, is_report="delivery-status" in content_type or _is_machine(fields))
    recipients = recipients or _from_json(notice)
    if not recipients:
        inner = _report_inside(fields, parts, notice, quoted) if depth == 0 else Report()
        if inner.recipients:
            return inner
        recipients = _from_words(fields, notice, quoted) if _looks_like_notice(fields, notice) else []
    return Report(tuple(recipients[:MOST_RECIPIENTS]), quoted_id(quoted))


def _report_inside(fields: Fields, parts: list[Part], notice: Notice, quoted: Fields) -> Report:
    """Gateways wrap the report that they got into one of their own."""
    if not _is_machine(fields) or not words.SENDERS.is_in(fold(shown(first(quoted, "from")).partition("@")[0]).split()):
        return Report()
    inner = next((part for part in parts if part.is_quoted), None)
    raw = b"\n".join(inner.lines) if inner else "\n".join(notice.quoted).encode("utf-8", "replace")
    inner_fields, inner_parts = split(raw)
    return read_parts(inner_fields, inner_parts, notice_of(inner_parts), depth=1)


def _has_part(parts: list[Part], content_type: str) -> bool:
    return any(part.content_type == content_type for part in parts)


def _is_machine(fields: Fields) -> bool:
    """From a postmaster or a daemon, or with the null return path."""
    sender = shown(first(fields, "from"))[:300]
    if words.SENDERS.is_in(fold(sender.partition("@")[0]).split()) or "x-failed-recipients" in fields:
        return True
    return first(fields, "return-path").replace(" ", "") == "<>" or fold(sender) in ("", "mailer daemon")


def _looks_like_notice(fields: Fields, notice: Notice) -> bool:
    if not _is_machine(fields) and not _is_alert(fields):
        return False
    submitted = first(fields, "auto-submitted").lower()
    text = fold(notice.text[:6000]).split()
    by_subject = words.SUBJECTS.is_in(fold(subject_of(fields)).split())
    by_text = words.NOTICES.is_in(text)
    if "vacation" in submitted or not (by_subject or by_text):
        return False
    return by_text or "x-failed-recipients" in fields or by_subject


def _is_alert(fields: Fields) -> bool:
    """List servers send theirs under the name of the list."""
    return "x-mlserver" in fields and words.SUBJECTS.is_in(fold(subject_of(fields)).split())


def _structured(parts: list[Part], notice: Notice, *, is_report: bool) -> list[FailedRecipient]:
    """The per-recipient fields of RFC 3464, 2.3; some servers write them into the text."""
    if not is_report:
        return []
    texts = [
        part.text
        for part in parts
        if part.content_type in ("message/delivery-status", "message/global-delivery-status")
    ]
    if not texts and re.search(r"(?im)^\s{0,4}(?:final|original)-recipient\s*:", notice.text[:20000]):
        texts = [notice.text]
    groups = (group for text in texts for chunk in chunks(text) for group in _per_recipient(chunk))
    blocks = [read_fields([line.encode("utf-8", "replace") for line in group])[0] for group in groups]
    return [_recipient(block, notice) for block in _joined(blocks)]


def _per_recipient(lines: list[str]) -> list[list[str]]:
    """A blank line too few: each further Final-Recipient begins a new group."""
    groups: list[list[str]] = [[]]
    has_recipient = False
    for line in (lines[0].strip(" >"), *lines[1:]):
        is_recipient = line.lower().startswith("final-recipient")
        if is_recipient and has_recipient:
            groups.append([])
        has_recipient = has_recipient or is_recipient
        groups[-1].append(line)
    return groups


def _joined(blocks: list[Fields]) -> list[Fields]:
    """A blank line too many parts the fields of one recipient; each belongs to the recipient before it."""
    whole: list[Fields] = []
    loose: Fields = {}
    for block in blocks:
        names = block.keys() & {"final-recipient", "original-recipient", "x-actual-recipient"}
        if names and not (whole and not (whole[-1].keys() & {"action", "status"}) and names.isdisjoint(whole[-1])):
            whole.append({**loose, **block})
            loose = {}
        elif whole:
            whole[-1] = {**block, **whole[-1]}
        elif block.keys() & {"action", "status", "diagnostic-code"}:
            loose = block
    return whole or ([loose] if loose.keys() & {"action"} else [])


def _recipient(block: Fields, notice: Notice) -> FailedRecipient:
    final = _address_in(first(block, "final-recipient"))
    original = _address_in(first(block, "original-recipient"))
    diagnostic = first(block, "diagnostic-code").partition(";")[2].strip() or first(block, "diagnostic-code")
    status = next(iter(statuses_in(first(block, "status"))), "")
    action = first(block, "action").lower().strip(" -")
    action = next((known for known in _ACTIONS if action.startswith(known)), "") or _action_by(status)
    comment = first(block, "status").partition("(")[2]
    if first(block, "diagnostic-code").lower().startswith("x-unix"):
        status = _class_of(
            status
        )  # a local program failed; what the reporting server made of its exit code says little
    address = final or original
    if not address:
        address = next((found for found, _ in failed_addresses(notice, frozenset())), "")
    return _judged(
        FailedRecipient(address, action, status, said=f"{diagnostic} {comment}".strip(), original=original), notice
    )


def _class_of(status: str) -> str:
    return f"{status[:1]}.0.0" if status else ""


def _action_by(status: str) -> str:
    return "delivered" if status.startswith("2") else "failed"


def _address_in(value: str) -> str:
    """Behind its type; a source route (@relay:her@server) or a bare host is none."""
    found = _STATED.fullmatch(value.rpartition(";")[2].replace("\0", "").strip())
    return found[1] if found and not found[1].startswith("@") else ""


def _judged(recipient: FailedRecipient, notice: Notice) -> FailedRecipient:
    """With kind and reason. Where the diagnostic says little, the notice does."""
    if recipient.action not in ("failed", "delayed"):
        return recipient
    said, is_late = without_prefix(recipient.said)
    if not code_in(said) and not statuses_in(said):
        said = f"{said}\n{words.server_lines(notice.text)}"
    status = _most_exact(statuses_in(said), recipient.status)
    after_data = is_late or is_after_data(said) or is_after_data(notice.text)
    reason = reason_of(said, status, after_data=after_data)
    if reason in (BounceReason.NONE, BounceReason.POLICY, BounceReason.SYSTEM) and len(recipient.said) < 60:
        reason = reason_of(notice.text, status, after_data=after_data) or reason
    if reason is BounceReason.UNKNOWN_USER:
        reason = _contradiction(notice) or reason
    is_sure = (
        reason is not BounceReason.UNKNOWN_USER
        or status[2:4] == "1."
        or is_certain(f"{said}\n{notice.text}")
        or is_about_recipient(said, recipient.address, notice.text)
    )
    return replace(
        recipient,
        status=status,
        code=code_in(said),
        kind=kind_of(reason, recipient.action, status, is_sure=is_sure),
        reason=reason,
        said=" ".join(said.split())[:500],
    )


def _contradiction(notice: Notice) -> BounceReason:
    """What else the words for people say, where they are about one recipient: full, or switched off, is not unknown."""
    told = reason_in(notice.text)
    several = sum(bool(code_in(line)) for line in notice.text.split("\n")[:100]) > 1
    return told if told in (BounceReason.MAILBOX_FULL, BounceReason.SUSPENDED) and not several else BounceReason.NONE


def _most_exact(found: list[str], stated: str) -> str:
    """5.0.0 says nothing; what the refusing server said itself is worth more than what the reporting one made of it."""
    exact = [status for status in [*found, stated] if status and not status.endswith("0.0")]
    return exact[0] if exact else (stated or (found[0] if found else ""))


def _from_words(fields: Fields, notice: Notice, quoted: Fields) -> list[FailedRecipient]:
    named = [address for value in fields.get("x-failed-recipients", ()) for address in addresses(value)]
    ours = frozenset(
        address.lower()
        for name in ("to", "delivered-to", "from", "sender", "envelope-to", "x-envelope-to")
        for value in fields.get(name, ())
        for address in addresses(value)
    )
    ours |= frozenset(
        address.lower()
        for name in ("from", "return-path", "sender", "reply-to")
        for value in quoted.get(name, ())
        for address in addresses(value)
    )
    in_text = failed_addresses(notice, ours)
    found = [(address, dict(in_text).get(address, notice.text)) for address in named] or in_text
    if not found:
        found = [
            (address, notice.text)
            for name in ("to", "x-rcpt-to", "x-original-to")
            for value in quoted.get(name, ())[:1]
            for address in addresses(value)
        ][:1]
    if not found:
        found = [("", notice.text)]
    is_delay = words.DELAYS.is_in(fold(f"{subject_of(fields)} {notice.text[:3000]}").split()) and not _is_final(
        fields, notice
    )
    action = "delayed" if is_delay else "failed"
    result = []
    for address, said in found:
        status = _most_exact(statuses_in(said), "")
        judged = _judged(FailedRecipient(address, action, status, said=said), notice)
        if judged.reason is BounceReason.NONE:
            judged = _judged(replace(judged, said=f"{subject_of(fields)}\n{notice.text}"), notice)
        result.append(judged)
    return result


_FINAL = Phrases(
    (
        "permanent error",
        "permanent errors",
        "failed permanently",
        "failed",
        "failure",
        "given up",
        "giving up",
        "returned mail",
        "undeliverable",
        "permanent",
        "unable to deliver",
        "user unknown",
    )
)


def _is_final(fields: Fields, notice: Notice) -> bool:
    return _FINAL.is_in(fold(f"{subject_of(fields)} {notice.text[:2000]}").split())


def _from_json(notice: Notice) -> list[FailedRecipient]:
    """Amazon SES tells by SNS, whose subscription by mail has JSON in its text."""
    if '"bouncedRecipients"' not in notice.text:
        return []
    text = notice.text[notice.text.find("{") : notice.text.rfind("}") + 1]
    try:
        told = json.loads(text, strict=False)
        told = json.loads(told["Message"], strict=False) if "Message" in told else told
        rows = told["bounce"]["bouncedRecipients"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [
        _judged(
            FailedRecipient(
                str(row.get("emailAddress", "")),
                str(row.get("action", "failed")),
                str(row.get("status", "")),
                said=str(row.get("diagnosticCode", "")),
            ),
            notice,
        )
        for row in rows
    ]


def quoted_id(quoted: Fields) -> str:
    found = _MESSAGE_ID.search(first(quoted, "message-id")[:500])
    return found[0] if found else ""
