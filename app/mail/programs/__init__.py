"""Writes a reply as a real mail program writes it: its shape, headers, charset and quoting.

The demo's post office answers as the expert with these, and the tests use the same shapes.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from app.mail.programs import apple_mail, gmail, mutt, outlook, thunderbird
from app.mail.programs.draft import Draft
from app.mail.programs.original import read


class Program(StrEnum):
    """The program that the expert writes in; `plain69` and `inline` are two habits of mutt's users."""

    GMAIL = "gmail"
    OUTLOOK = "outlook"
    APPLE_MAIL = "apple_mail"
    THUNDERBIRD = "thunderbird"
    PLAIN69 = "plain69"
    INLINE = "inline"


_WRITERS: dict[Program, Callable[[Draft], bytes]] = {
    Program.GMAIL: gmail.write,
    Program.OUTLOOK: outlook.write,
    Program.APPLE_MAIL: apple_mail.write,
    Program.THUNDERBIRD: thunderbird.write,
    Program.PLAIN69: mutt.write_above,
    Program.INLINE: mutt.write_between,
}


def compose_reply(
    program: Program,
    *,
    original: bytes,
    sender_name: str,
    sender: str,
    text: str,
    at: datetime,
    signature: str | None = None,
) -> tuple[str, bytes]:
    """Return (address that the reply goes to, its raw bytes with CRLF line ends).

    `original` is the raw mail replied to, `text` what she typed, unwrapped; `at` is aware, and its zone is
    that of her program. Addresses are ASCII. ValueError when the original names nobody to reply to.
    """
    draft = Draft(
        original=read(original),
        sender_name=sender_name,
        sender=sender,
        text=text,
        at=at,
        signature=signature,
    )
    raw = _WRITERS[program](draft)
    return draft.original.reply_to.address, raw.replace(b"\n", b"\r\n")
