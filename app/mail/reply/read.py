"""The three ways in: a whole reply with what we sent, its published text, and a bare body for scores."""

from email.errors import MessageError
from typing import Literal

from app.mail.reply.align import SentText
from app.mail.reply.body import Body
from app.mail.reply.charset import normalise
from app.mail.reply.decode import Mail, decode_mail, decode_sent
from app.mail.reply.htmltext import read_html
from app.mail.reply.learned import Signature
from app.mail.reply.limits import Unreadable
from app.mail.reply.outcome import Outcome
from app.mail.reply.segment import Reply
from app.mail.reply.segments import segment
from app.mail.reply.settle import outcome_of
from app.mail.reply.subject import new_subject
from app.mail.reply.versions import better, worth_reading

# What Python's parser lets out on malformed bytes.
PARSER_ERRORS = (Unreadable, RecursionError, MessageError, ValueError, LookupError)
UNREADABLE = Reply("", (), outcome=Outcome.UNREADABLE)


def read_reply(raw: bytes, *, sent: bytes | None = None, signature: Signature = ()) -> Reply:
    """Read a complete inbound message; `sent` is the mail of ours that it answers. Raises nothing on any bytes.

    `signature` is what learn_signature found below her earlier mails.
    """
    sent_subject, sent_text = _sent(sent)
    try:
        mail = decode_mail(raw)
    except PARSER_ERRORS:
        return UNREADABLE
    return _settled(mail, sent_subject, sent_text, signature)


def published_text(raw: bytes, *, sent: bytes | None = None) -> str:
    return read_reply(raw, sent=sent).published()


def extract_text(message: str | bytes, kind: Literal["text", "html", "eml"]) -> str:
    """The published text of a bare text or HTML body, or of a whole mail."""
    if kind == "eml":
        return published_text(message.encode("utf-8", "replace") if isinstance(message, str) else message)
    text = normalise(message if isinstance(message, str) else message.decode("utf-8", "replace"))
    if kind == "html":
        body, hints = read_html(text)
        return _read(Body(body, flowed=True, hints=hints), None).published()
    return _read(Body(text, flowed=False), None).published()


def _sent(sent: bytes | None) -> tuple[str | None, SentText | None]:
    if sent is None:
        return None, None
    try:
        subject, texts = decode_sent(sent)
    except PARSER_ERRORS:
        return None, None
    return subject, SentText(texts)


def _settled(mail: Mail, sent_subject: str | None, sent: SentText | None, signature: Signature) -> Reply:
    reply = better([_read(body, sent, signature) for body in worth_reading(mail.bodies)])
    return outcome_of(reply, mail, new_subject(mail.subject, sent_subject))


def _read(body: Body, sent: SentText | None, signature: Signature = ()) -> Reply:
    return Reply(body.text, segment(body.text, sent, body.hints, signature), flowed=body.flowed)
