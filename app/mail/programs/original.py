"""The mail that she replies to, as far as a mail program reads it when it makes the reply."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

from app.mail.programs import markup

_BODY = re.compile(r"<body\b[^>]*>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(head|style|script)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(r"<br\b[^>]*>|</(?:p|div|h[1-6]|li|tr|blockquote)\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    address: str

    @property
    def label(self) -> str:
        return self.name or self.address

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>".lstrip()


@dataclass(frozen=True, slots=True)
class Original:
    """`lines` are those of the decoded text part, `html` what stands in the body of the HTML part."""

    author: Mailbox
    reply_to: Mailbox
    recipients: tuple[Mailbox, ...]
    subject: str
    sent_at: datetime | None
    message_id: str
    references: tuple[str, ...]
    lines: tuple[str, ...]
    html: str


def read(raw: bytes) -> Original:
    message = message_from_bytes(raw, policy=policy.default)
    authors, answer_to = _mailboxes(message, "From"), _mailboxes(message, "Reply-To")
    if not (authors or answer_to):
        raise ValueError("The original has neither From nor Reply-To: there is nobody to reply to.")
    plain, html = _text(message, "plain"), _text(message, "html")
    lines = tuple((plain if plain is not None else _seen_text(html or "")).strip("\n").split("\n"))
    own_id = _message_ids(message, "Message-ID")[:1]
    return Original(
        author=(authors or answer_to)[0],
        reply_to=(answer_to or authors)[0],
        recipients=_mailboxes(message, "To"),
        subject=" ".join(str(message.get("Subject", "")).split()),
        sent_at=_sent_at(message),
        message_id="".join(own_id),
        # RFC 5322, 3.6.4: without References, In-Reply-To stands in for it
        references=(_message_ids(message, "References") or _message_ids(message, "In-Reply-To")) + own_id,
        lines=lines,
        html=markup.line_breaks(lines) if html is None else _inside_body(html),
    )


def _mailboxes(message: EmailMessage, name: str) -> tuple[Mailbox, ...]:
    header = message[name]
    if header is None:
        return ()
    return tuple(Mailbox(each.display_name or "", each.addr_spec) for each in header.addresses if each.addr_spec)


def _message_ids(message: EmailMessage, name: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(str(message.get(name, ""))))


def _sent_at(message: EmailMessage) -> datetime | None:
    at: datetime | None = message["Date"].datetime if message["Date"] is not None else None
    # a Date in "-0000" is UTC with no word about the zone (RFC 5322, 3.3): Python gives it naive
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _text(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body((subtype,))
    if part is None:
        return None
    content: str = part.get_content()
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _inside_body(html: str) -> str:
    body = _BODY.search(html)
    return (body[1] if body else html).strip("\n")


def _seen_text(html: str) -> str:
    text = _LINE_END.sub("\n", _UNSEEN.sub("", html).replace("\n", " "))
    return "\n".join(line.strip(" ") for line in unescape(_TAG.sub("", text)).split("\n"))
