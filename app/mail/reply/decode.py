"""From the raw bytes of a message to the decoded text that its writer typed, and a list of all else that it carries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesFeedParser

from app.mail.reply.armour import without_armour
from app.mail.reply.attached import attachment_of, header_text
from app.mail.reply.body import NOTHING, Body, join
from app.mail.reply.charset import decode_text, normalise
from app.mail.reply.flowed import unflow
from app.mail.reply.htmltext import looks_like_html, read_html
from app.mail.reply.limits import (
    MOST_LINES,
    MOST_SOURCE,
    MOST_TEXT,
    Unreadable,
    check_before_parsing,
    check_html,
    check_text,
)
from app.mail.reply.outcome import Attachment
from app.mail.reply.tnef import read_tnef
from app.mail.reply.transfer import payload_of

PLAIN_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown", "text/enriched"})
BODY_TYPES = PLAIN_TYPES | {"text/html"}
WINMAIL_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
SMIME_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNATURE_TYPES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_PIECE = 64 * 1024
_LINK_TARGET = re.compile(r"\]\([^()\s]*\)")
SILENT_TYPES = SIGNATURE_TYPES | {"application/pgp-encrypted", "text/x-amp-html"}


@dataclass
class Mail:
    """What a mail consists of. `bodies`: the ways to read its text, the plain one first when there are two."""

    subject: str = ""
    bodies: tuple[Body, ...] = (NOTHING,)
    attachments: list[Attachment] = field(default_factory=list)
    is_signed: bool = False
    is_encrypted: bool = False
    calendar_method: str = ""  # of an invitation, or of the answer to one
    has_sealed_winmail: bool = False
    spare: list[Message] = field(default_factory=list)  # named texts, in case that there is no other
    size: int = 0  # characters of text that were read


def decode_mail(raw: bytes) -> Mail:
    """Raises Unreadable, or RecursionError on deep nesting."""
    check_before_parsing(raw)
    message = _parsed(raw)
    mail = Mail(subject=header_text(message.get("Subject")))
    mail.bodies = tuple(_versions(message, mail))
    if all(body.is_blank for body in mail.bodies) and mail.spare:
        mail.bodies = (_leaf(mail.spare[0], mail),)
        mail.attachments.remove(attachment_of(mail.spare[0]))
    for body in mail.bodies:
        check_text(body.text)
    return mail


def _parsed(raw: bytes) -> Message:
    """In pieces: of a whole mail Python's parser makes a copy of four bytes for each of its own."""
    parser = BytesFeedParser()
    for start in range(0, len(raw), _PIECE):
        parser.feed(raw[start : start + _PIECE])
    return parser.close()


def decode_sent(raw: bytes) -> tuple[str, list[str]]:
    """Subject and every text of a mail that a program may quote from: plain parts, HTML with and without addresses."""
    check_before_parsing(raw)
    message = _parsed(raw)
    return header_text(message.get("Subject")), list(dict.fromkeys(_sent_texts(message)))


def _sent_texts(message: Message) -> Iterator[str]:
    mail = Mail()
    for part in message.walk():
        if _is_body(part):
            text = _leaf(part, mail).text
            yield text
            if "](" in text:
                yield _LINK_TARGET.sub("]", text)


def _versions(part: Message, mail: Mail) -> list[Body]:
    """One way to read a part, or two: the plain alternative and the rich one."""
    content_type = part.get_content_type()
    if not part.is_multipart():
        return [_single(part, mail)]
    if part.get_content_maintype() == "message":
        mail.attachments.append(attachment_of(part))
        return [NOTHING]  # a forwarded or bounced mail is no text of the writer's
    mail.is_signed = mail.is_signed or content_type == "multipart/signed"
    mail.is_encrypted = mail.is_encrypted or content_type == "multipart/encrypted"
    children = [child for child in part.get_payload() if isinstance(child, Message)]
    if content_type == "multipart/alternative":
        return _alternatives(children, mail)
    versions = [_versions(child, mail) for child in children]
    plain, rich = (join(version[i] for version in versions) for i in (0, -1))
    return [plain] if all(len(version) == 1 for version in versions) else [plain, rich]


def _alternatives(children: list[Message], mail: Mail) -> list[Body]:
    """Some programs send an empty plain part beside a full HTML part, or three versions; the last is the richest."""
    plain_first = sorted(children, key=lambda child: child.get_content_type() not in PLAIN_TYPES)
    bodies = [body for child in plain_first for body in _versions(child, mail)]
    full = [body for body in bodies if not body.is_blank]
    if not full:
        return [NOTHING]
    return [full[0], full[-1]] if len(full) > 1 else full


def _single(part: Message, mail: Mail) -> Body:
    content_type = part.get_content_type()
    if _is_body(part):
        return _leaf(part, mail)
    if content_type in WINMAIL_TYPES or (part.get_filename() or "").lower() == "winmail.dat":
        return _winmail(part, mail)
    if content_type == "text/calendar":
        mail.calendar_method = _param(part, "method") or "publish"
    if content_type in SMIME_TYPES and _param(part, "smime-type") != "certs-only":
        return _smime(part, mail)
    if content_type not in SILENT_TYPES:
        mail.attachments.append(attachment_of(part))
    if content_type in BODY_TYPES:
        mail.spare.append(part)
    return NOTHING


def _winmail(part: Message, mail: Mail) -> Body:
    found = read_tnef(payload_of(part))
    mail.attachments.extend(found.attachments)
    if not found.text and not found.html:
        mail.has_sealed_winmail = not found.attachments
        mail.attachments.append(attachment_of(part))
        return NOTHING
    if found.html:
        return _html(found.html)
    return Body(normalise(found.text), flowed=True)


def _smime(part: Message, mail: Mail) -> Body:
    """A signed mail wraps the text in a binary structure; in a DER one it stands in one piece."""
    inner = _signed_content(payload_of(part)) if _param(part, "smime-type") != "enveloped-data" else b""
    if not inner:
        mail.is_encrypted = True
        mail.attachments.append(attachment_of(part))
        return NOTHING
    mail.is_signed = True
    return _versions(_parsed(inner), mail)[0]


def _signed_content(der: bytes) -> bytes:
    """The octet string (tag 4, length in 1 to 4 bytes) that begins with a MIME header."""
    start = min((at for name in (b"Content-Type:", b"MIME-Version:") if (at := der.find(name)) > 0), default=-1)
    for digits in (1, 2, 3, 4):
        head = der[start - digits - 2 : start - digits] if start > digits + 2 else b""
        if head == bytes([4, 0x80 + digits]):
            return der[start : start + int.from_bytes(der[start - digits : start], "big")]
    return b""


def _is_body(part: Message) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return False
    # A multipart whose boundary never comes is one piece of text to us.
    return part.get_content_type() in BODY_TYPES or _is_broken_multipart(part)


def _is_broken_multipart(part: Message) -> bool:
    return part.get_content_maintype() == "multipart" and not part.is_multipart()


def _leaf(part: Message, mail: Mail) -> Body:
    text = _text(part)
    mail.size += len(text)
    if mail.size > MOST_SOURCE:
        raise Unreadable(f"more than {MOST_SOURCE} characters of text")
    if part.get_content_type() == "text/html" or looks_like_html(text):
        return _html(text)
    text, armour = without_armour(text)
    mail.is_signed = mail.is_signed or armour == "signed"
    mail.is_encrypted = mail.is_encrypted or armour == "encrypted"
    if _param(part, "format") == "flowed":
        unflowed, had_soft_breaks = unflow(text, delsp=_param(part, "delsp") == "yes")
        return Body(unflowed, flowed=had_soft_breaks)
    return Body(text, flowed=False)


def _html(html: str) -> Body:
    check_html(html)
    text, hints = read_html(html, most_lines=MOST_LINES)
    return Body(text, flowed=True, hints=hints)


def _text(part: Message) -> str:
    payload = payload_of(part)
    most = MOST_SOURCE if part.get_content_type() == "text/html" else 4 * MOST_TEXT
    if len(payload) > most:
        raise Unreadable(f"{len(payload)} octets of text")
    return normalise(decode_text(payload, part.get_content_charset()))


def _param(part: Message, name: str) -> str:
    value = part.get_param(name, "")
    return value.strip().lower() if isinstance(value, str) else ""
