"""The three ways in: a whole reply with what we sent, its published text, and a bare body for scores."""

from typing import Literal

from app.mail.reply.align import SentText
from app.mail.reply.decode import Body, decode_body, decode_sent, normalise
from app.mail.reply.htmltext import html_to_text
from app.mail.reply.segment import Reply
from app.mail.reply.segments import segment


def read_reply(raw: bytes, *, sent: bytes | None = None) -> Reply:
    """Read a complete inbound message; `sent` is the mail of ours that it answers.

    Raises nothing on malformed mail; a pathologically nested one may raise RecursionError.
    """
    return _read(decode_body(raw), None if sent is None else SentText(decode_sent(sent)))


def published_text(raw: bytes, *, sent: bytes | None = None) -> str:
    return read_reply(raw, sent=sent).published()


def extract_text(message: str | bytes, kind: Literal["text", "html", "eml"]) -> str:
    """The published text of a bare text or HTML body, or of a whole mail."""
    if kind == "eml":
        return published_text(message.encode("utf-8", "replace") if isinstance(message, str) else message)
    text = message if isinstance(message, str) else message.decode("utf-8", "replace")
    if kind == "html":
        return _read(Body(normalise(html_to_text(text)), flowed=True), None).published()
    return _read(Body(normalise(text), flowed=False), None).published()


def _read(body: Body, sent: SentText | None) -> Reply:
    return Reply(body.text, segment(body.text, sent), flowed=body.flowed)
