"""A mail as it is on the wire, whatever the way it came by: the same mail has the same bytes at each door."""


def on_the_wire(raw: bytes) -> bytes:
    """With CRLF line ends (RFC 5321, 2.3.8), where it came with those of Unix; else as it is.

    Pipes and some providers end every line in LF. Which convention it is, the first line tells: so a stray CR
    or LF in a mail that came with CRLF stays, and a mail keeps its digest and its signatures at every door.
    """
    end = raw.find(b"\n")
    if end < 0 or raw[end - 1 : end] == b"\r":
        return raw
    return raw.replace(b"\n", b"\r\n")


def without_mbox_line(raw: bytes) -> bytes:
    """Without the `From sender date` line that an MTA may put above a mail for a mailbox file; it is no header."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
