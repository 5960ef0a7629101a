"""Reply capture: the words that the expert newly wrote, told apart from what her mail program added."""

from app.mail.reply.htmltext import html_to_text
from app.mail.reply.read import extract_text, published_text, read_reply
from app.mail.reply.segment import Reply, Segment, SegmentKind
from app.mail.reply.unwrap import unwrap

__all__ = [
    "Reply",
    "Segment",
    "SegmentKind",
    "extract_text",
    "html_to_text",
    "published_text",
    "read_reply",
    "unwrap",
]
