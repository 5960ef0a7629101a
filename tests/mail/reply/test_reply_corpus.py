"""Every stored mail of the shared corpus can be read, and its partition holds."""

import os
from pathlib import Path

import pytest

from app.mail.reply import read_reply
from tests.mail.reply.test_reply_properties import holds_together

SHARED = Path(os.environ.get("MAILBAG_SHARED") or Path(__file__).parents[4] / "shared")


@pytest.mark.parametrize("folder", ["messages", "bounces/mail"])
def test_every_mail_of_the_corpus_can_be_read(folder):
    files = sorted(path for path in (SHARED / "corpus" / folder).rglob("*") if path.is_file())
    if not files:
        pytest.skip(f"no corpus at {SHARED}/corpus/{folder}; set MAILBAG_SHARED")
    broken = [path.name for path in files if not _holds(path.read_bytes())]
    assert broken == []


def _holds(raw: bytes) -> bool:
    return holds_together(read_reply(raw)) and holds_together(read_reply(raw, sent=raw))
