"""Reply capture: the words that the expert newly wrote, told apart from what her mail program added."""

from app.mail.reply.htmltext import html_to_text
from app.mail.reply.learned import learn_signature
from app.mail.reply.read import extract_text, published_text, read_reply
from app.mail.reply.segment import Reply, Segment, SegmentKind
from app.mail.reply.unwrap import unwrap

# Raised with every change that can read a stored mail otherwise than before: each revision says which reader made
# it, and `mailbag reparse` lists what today's would change.
READER_VERSION = 3

__all__ = [
    "READER_VERSION",
    "Reply",
    "Segment",
    "SegmentKind",
    "extract_text",
    "html_to_text",
    "learn_signature",
    "published_text",
    "read_reply",
    "unwrap",
]
