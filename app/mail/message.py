"""The complete outgoing message as bytes: our own header lines, then a MIME part from the standard library.

Equal arguments give equal bytes, so that a mail that is sent again after a crash is the same mail.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.message import MIMEPart
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from app.mail.header import mailbox, structured, unstructured

_OWN_HEADERS: Final = frozenset(
    {"from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "bcc"}
    | {"content-type", "content-transfer-encoding"}
)
# The library breaks quoted-printable lines at the policy's length: its 78 is two more than RFC 2045 allows.
_POLICY: Final = policy.SMTP.clone(max_line_length=76, cte_type="7bit")
_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_AS_IT_IS = bytes(range(0x7F))  # for quoted-printable; the rest becomes three octets each


def build_message(
    *,
    sender_name: str,
    sender: str,
    to: str,
    reply_to: str | None,
    subject: str,
    message_id: str,
    date: datetime,
    text: str,
    html: str | None,
    headers: Mapping[str, str] = {},
) -> bytes:
    """One RFC 5322 message, US-ASCII with CRLF: multipart/alternative, or text/plain when html is None.

    Addresses are bare wire addresses; message_id has its angle brackets; date is aware and goes out in UTC;
    headers are more header lines, verbatim. sender_name, subject, text and html may be any text: control
    characters (in the bodies all but newline and tab) are taken out.
    Raises ValueError for an address, a message_id or a value in headers that cannot stand in a header, for a
    naive date, and for a name in headers that is ours to write.
    """
    return b"".join(
        (
            mailbox("From", sender_name, sender),
            mailbox("To", "", to),
            mailbox("Reply-To", "", reply_to) if reply_to is not None else b"",
            unstructured("Subject", subject),
            structured("Date", _rfc5322_date(date)),
            structured("Message-ID", message_id),
            *(_extra_header(name, value) for name, value in headers.items()),
            structured("MIME-Version", "1.0"),
            _mime_part(text, html, message_id).as_bytes(policy=_POLICY),
        )
    )


def _rfc5322_date(date: datetime) -> str:
    if date.utcoffset() is None:
        raise ValueError("the date of a message needs a time zone")
    return format_datetime(date.astimezone(UTC))  # historic zones have seconds, which RFC 5322 cannot write


def _extra_header(name: str, value: str) -> bytes:
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"{name} is no additional header")
    return structured(name, value)


def _mime_part(text: str, html: str | None, message_id: str) -> MIMEPart:
    plain = _text_part(text, "plain")
    if html is None:
        return plain
    # "=_" cannot stand in quoted-printable or base64, so no text can close the part (RFC 2045, 6.7).
    boundary = "=_" + sha256(message_id.encode()).hexdigest()[:24]
    both: MIMEPart = MIMEPart(policy=_POLICY)
    both["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    both.attach(plain)
    both.attach(_text_part(html, "html"))
    return both


def _text_part(text: str, subtype: str) -> MIMEPart:
    body = _SURROGATE.sub("\ufffd", _CONTROL.sub("", _LINE_END.sub("\n", text)))
    part: MIMEPart = MIMEPart(policy=_POLICY)
    part.set_content(body, subtype=subtype, charset="utf-8", cte=_transfer_encoding(body))
    return part


def _transfer_encoding(body: str) -> str:
    """The shorter one: quoted-printable triples what base64 makes 4/3. Never 7bit: see the boundary."""
    octets = body.encode()
    encoded = len(octets.translate(None, _AS_IT_IS))
    return "base64" if 5 * encoded > len(octets) - encoded else "quoted-printable"
