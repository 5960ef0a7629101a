"""What hangs on a mail: name, type and size of a part; and header values as text."""

import contextlib
import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from app.mail.reply.charset import normalise
from app.mail.reply.outcome import Attachment
from app.mail.reply.transfer import payload_of

_SPACES = re.compile(r"\s+")
_LONGEST = 200
_MOST_HEADER = 4_000


def attachment_of(part: Message) -> Attachment:
    is_inline = part.get_content_disposition() != "attachment" and part.get("Content-ID") is not None
    return Attachment(_name(part), part.get_content_type(), _size(part), is_inline)


def header_text(value: object) -> str:
    """A header with its encoded words decoded, on one line."""
    text = str(value or "")[:_MOST_HEADER]
    with contextlib.suppress(LookupError, ValueError, MessageError):  # else as it stands
        text = str(make_header(decode_header(text)))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _SPACES.sub(" ", normalise(text)).strip()


def _name(part: Message) -> str:
    name = part.get_filename() or ""
    if not name and part.get_content_maintype() == "message" and part.is_multipart():
        inner = part.get_payload(0)
        name = header_text(inner.get("Subject")) if isinstance(inner, Message) else ""
    return re.split(r"[/\\]", header_text(name))[-1][:_LONGEST]


def _size(part: Message) -> int:
    if not part.is_multipart():
        return len(payload_of(part))
    return sum(len(str(one.get_payload())) for one in part.walk() if not one.is_multipart())
