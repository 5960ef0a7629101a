"""From the raw bytes of a message to the decoded text of the body that its writer typed."""

import email
from dataclasses import dataclass
from email.message import Message

from app.mail.reply.charset import decode_text
from app.mail.reply.flowed import unflow
from app.mail.reply.htmltext import html_to_text, looks_like_html


@dataclass(frozen=True)
class Body:
    """`text` has \\n line ends only; `flowed` when no line end in it can be a wrap."""

    text: str
    flowed: bool

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


NOTHING = Body("", flowed=False)


def decode_body(raw: bytes) -> Body:
    return _body(email.message_from_bytes(raw))


def decode_sent(raw: bytes) -> list[str]:
    """Every text of a mail that a mail program may quote from: the plain parts, and the HTML ones as text."""
    return [_leaf(part).text for part in email.message_from_bytes(raw).walk() if _is_body(part)]


def normalise(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _body(part: Message) -> Body:
    if not part.is_multipart():
        return _leaf(part) if _is_body(part) else NOTHING
    if part.get_content_maintype() == "message":
        return NOTHING  # a forwarded or bounced mail is no text of the writer's
    children = [child for child in part.get_payload() if isinstance(child, Message)]
    if part.get_content_type() == "multipart/alternative":
        return _best(children)
    return _join([_body(child) for child in children])


def _best(children: list[Message]) -> Body:
    """The plain alternative, unless it is blank: some programs send an empty one beside a full HTML part."""
    plain_first = sorted(children, key=lambda child: child.get_content_type() != "text/plain")
    bodies = (_body(child) for child in plain_first)
    return next((body for body in bodies if not body.is_blank), NOTHING)


def _join(bodies: list[Body]) -> Body:
    """Apple Mail types on below a picture, in a second part; other programs repeat the first part as HTML."""
    kept: list[Body] = []
    seen: set[tuple[str, ...]] = set()
    for body in bodies:
        words = tuple(body.text.split())
        if words and words not in seen:
            kept.append(body)
            seen.add(words)
    if len(kept) < 2:
        return kept[0] if kept else NOTHING
    return Body("\n\n".join(body.text for body in kept), flowed=all(body.flowed for body in kept))


def _is_body(part: Message) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return False
    # A multipart whose boundary never comes is one piece of text to us.
    return part.get_content_type() in {"text/plain", "text/html"} or _is_broken_multipart(part)


def _is_broken_multipart(part: Message) -> bool:
    return part.get_content_maintype() == "multipart" and not part.is_multipart()


def _leaf(part: Message) -> Body:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return NOTHING
    text = normalise(decode_text(payload, part.get_content_charset()))
    if part.get_content_type() == "text/html" or looks_like_html(text):
        return Body(normalise(html_to_text(text)), flowed=True)
    if _param(part, "format") == "flowed":
        unflowed, had_soft_breaks = unflow(text, delsp=_param(part, "delsp") == "yes")
        return Body(unflowed, flowed=had_soft_breaks)
    return Body(text, flowed=False)


def _param(part: Message, name: str) -> str:
    value = part.get_param(name, "")
    return value.strip().lower() if isinstance(value, str) else ""
