"""What a door has to know of an envelope: which recipients are ours, and how a sender is stored."""

from app.usecases import receiving
from app.usecases.mailbag import Mailbag

NOT_OURS = "<{recipient}> is no address here; check it for typing errors"


def is_ours(mailbag: Mailbag, recipient: str) -> bool:
    return is_storable(recipient) and receiving.is_ours(mailbag, recipient)


def is_storable(recipient: str) -> bool:
    return recipient.isascii() and recipient.isprintable() and len(recipient) <= 320


def sender_text(sender: str) -> str:
    """The null sender is empty. What cannot be stored as text is replaced: it is only shown."""
    bare = sender.strip().removeprefix("<").removesuffix(">")
    return bare.encode("utf-8", "replace").decode().replace("\0", "")[:1000]
