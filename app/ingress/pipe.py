"""The pipe: an MTA starts `mailbag deliver` for each mail, and reads its exit status (sysexits.h, Postfix pipe(8))."""

from dataclasses import dataclass
from typing import IO

from app.ingress.envelope import NOT_OURS, is_ours, sender_text
from app.ingress.wire import on_the_wire, without_mbox_line
from app.usecases import receiving
from app.usecases.mailbag import Mailbag

DOOR = "pipe"
TAKEN, TOO_LARGE, NO_USER, LATER = 0, 65, 67, 75
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Verdict:
    """The exit status, and what the MTA tells the sender: a status of RFC 3463 first, which Postfix reads."""

    status: int
    sentence: str = ""


def take(mailbag: Mailbag, mail: IO[bytes], *, sender: str, recipients: tuple[str, ...], max_bytes: int) -> Verdict:
    """Commit one mail for each of its recipients, or for none: there is one status for all of them.

    Raises whatever the database does; the caller makes LATER of it, and those already stored are the same rows.
    """
    raw = _read(mail, max_bytes)
    for recipient in recipients:
        if not is_ours(mailbag, recipient):
            return Verdict(NO_USER, f"5.1.1 {NOT_OURS.format(recipient=recipient)}")
    if not raw.strip():
        return Verdict(LATER, "4.3.0 There was no mail on the standard input")
    if len(raw) > max_bytes:
        sentence = f"5.3.4 The mail is too large: {max_bytes} bytes are taken"
        for recipient in recipients:
            receiving.refuse_oversized(
                mailbag, door=DOOR, sender=sender_text(sender), recipient=recipient, said=sentence
            )
        return Verdict(TOO_LARGE, sentence)
    # no receiving.is_welcome here: its count is one process's, and the pipe has a new process for each mail
    for recipient in recipients:
        receiving.accept(mailbag, raw, door=DOOR, sender=sender_text(sender), recipient=recipient)
    return Verdict(TAKEN)


def _read(mail: IO[bytes], max_bytes: int) -> bytes:
    """To its end, so that the MTA never writes into a closed pipe, but no more of it is kept than is needed."""
    kept, size = [], 0
    while chunk := mail.read(CHUNK):
        if size <= max_bytes:
            kept.append(chunk)
        size += len(chunk)
    return on_the_wire(without_mbox_line(b"".join(kept)))
