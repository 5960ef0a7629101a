"""Reads a large mail in a process of its own: whatever it does to its reader, the worker goes on.

Counted limits (limits.py) already keep each mail within seconds and megabytes. This is the wall behind them: CPU
time, memory and the clock are the operating system's to count. A mail of usual size is read where we are, since a
process takes longer to start than its reading. The child gets no environment, and so no secrets.
"""

import contextlib
import json
import os
import resource
import struct
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from app.mail.reply.learned import Signature
from app.mail.reply.outcome import Attachment, Outcome
from app.mail.reply.read import UNREADABLE, read_reply
from app.mail.reply.segment import Reply, Segment, SegmentKind

USUAL_SIZE = 256 * 1024  # octets; and lines, below: what takes under half a second whatever it holds
USUAL_LINES = 5_000
CPU_SECONDS = 10
SECONDS = 15  # by the clock, on a busy machine; less than a job waits before another worker takes it up
MEMORY = 256 * 1024 * 1024  # octets of address space; 25 MB of attachments need two thirds of it
_ROOT = Path(__file__).parents[3]
_LENGTHS = struct.Struct(">QQQ")  # of the mail, of what we sent plus one (0: none), of the signature's JSON


def read_apart(raw: bytes, *, sent: bytes | None = None, signature: Signature = ()) -> Reply:
    """As read_reply, which it calls for a mail of usual size. A child that was ended makes the mail unreadable."""
    if len(raw) <= USUAL_SIZE and raw.count(b"\n") <= USUAL_LINES:
        return read_reply(raw, sent=sent, signature=signature)
    try:
        child = subprocess.run(
            [sys.executable, "-S", "-m", "app.mail.reply"],
            input=_question(raw, sent, signature),
            capture_output=True,
            env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return UNREADABLE
    return UNREADABLE if child.returncode else _reply(json.loads(child.stdout))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """The child: one mail in, one reply out as JSON, under limits that end it."""
    _limit_ourselves()
    raw, sent, signature = _asked(requests)
    reply = read_reply(raw, sent=sent, signature=signature)
    answers.write(json.dumps(_as_data(reply)).encode("ascii"))


def _limit_ourselves() -> None:
    for limit, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(limit, (most, most))
    with contextlib.suppress(OSError):
        os.nice(5)


def _question(raw: bytes, sent: bytes | None, signature: Signature) -> bytes:
    lines = json.dumps(signature).encode("ascii")
    lengths = _LENGTHS.pack(len(raw), 0 if sent is None else len(sent) + 1, len(lines))
    return b"".join((lengths, raw, sent or b"", lines))


def _asked(requests: BinaryIO) -> tuple[bytes, bytes | None, Signature]:
    raw_length, sent_length, signature_length = _LENGTHS.unpack(requests.read(_LENGTHS.size))
    raw = requests.read(raw_length)
    sent = requests.read(sent_length - 1) if sent_length else None
    return raw, sent, tuple(json.loads(requests.read(signature_length)))


def _as_data(reply: Reply) -> dict[str, object]:
    return {
        "text": reply.text,
        "segments": [(s.kind, s.start, s.end, s.reason, s.confidence) for s in reply.segments],
        "flowed": reply.flowed,
        "outcome": reply.outcome,
        "attachments": [asdict(attachment) for attachment in reply.attachments],
        "new_subject": reply.new_subject,
    }


def _reply(data: dict[str, Any]) -> Reply:
    text = data["text"]
    return Reply(
        text,
        tuple(Segment(SegmentKind(k), a, b, text[a:b], reason, sure) for k, a, b, reason, sure in data["segments"]),
        flowed=data["flowed"],
        outcome=Outcome(data["outcome"]),
        attachments=tuple(Attachment(**one) for one in data["attachments"]),
        new_subject=data["new_subject"],
    )
