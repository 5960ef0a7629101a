"""Our own signature on a copy of an issue still holds behind a real Postfix, which rewrote what it may."""

import re
from pathlib import Path

import dkim
import pytest

from app.mail.dkim import DkimSigner, read_key
from app.mail.lint import Envelope
from app.mail.pattern import Pattern, encode_pattern, header_lines, mark
from app.mail.transport import Fate
from app.mail.warm import WarmRelay
from tests.mail.test_dkim import AT, ED25519, RECORDS, RSA, write_key
from tests.mta.rig import HOSTS, Rig

pytestmark = [pytest.mark.mta, pytest.mark.allow_hosts(HOSTS)]

READERS = ("sub1@readers.test", "sub2@readers.test")
SUBJECT = "No. 12: a knee – and a sock that was too far away for a back"


def message(signer: DkimSigner, reader: str) -> bytes:
    headers = {
        "Auto-Submitted": "auto-generated",
        "List-ID": "<digest.column.test>",
        "List-Help": "<https://column.test/>",
        "List-Post": "NO",
        "Feedback-ID": "2026-W47:weekly:digest:0123456789ab",
    }
    text = f"Two  spaces, a long line {'word ' * 40}\n\n.\nFrom here\n{mark('unsubscribe')}\n"
    names = {"sender_name": "Ask The Guru", "sender": "column@column.test", "subject": SUBJECT}
    octets = encode_pattern(**names, date=AT, text=text, html_text=f"<p>{text}</p>", headers=headers)
    link = f"https://column.test/unsubscribe/{reader.partition('@')[0]}"
    lines = header_lines(
        to=reader,
        message_id=f"<{reader.partition('@')[0]}.1@column.test>",
        unsubscribe=link,
        unsubscribe_address="u-1@column.test",
    )
    return Pattern(octets, signer, at=AT).fill(lines, {"unsubscribe": link})


def verdicts(raw: bytes) -> dict[str, bool]:
    """Of each signature of ours that stands above the mail; dkimpy wants a library for ed25519 that is not here."""
    verifier = dkim.DKIM(raw)
    records = {b"r1._domainkey.column.test.": RECORDS["r1"].encode()}
    found = {}
    for index, (_, value) in enumerate(h for h in verifier.headers if h[0].lower() == b"dkim-signature"):
        if b"s=r1;" in value:
            found["rsa"] = verifier.verify(idx=index, dnsfunc=lambda name, timeout=5: records[name])
    return found


def test_a_copy_verifies_after_a_hop_through_postfix(rig: Rig, tmp_path: Path) -> None:
    keys = [read_key("r1", write_key(tmp_path / "r.pem", RSA)), read_key("e1", write_key(tmp_path / "e.pem", ED25519))]
    signer = DkimSigner("column.test", keys)
    host, port = rig.known()["COLUMN_SMARTHOST"].rsplit(":", 1)
    line = WarmRelay(host, int(port), own_name="column.test").open_line()
    line.announce(Envelope("d-1@column.test", READERS[0]))
    assert line.opened() is None
    line.send(message(signer, READERS[0]), Envelope("d-2@column.test", READERS[1]))
    assert line.result().fate is Fate.TAKEN
    assert line.opened() is None
    line.send(message(signer, READERS[1]), None)
    assert line.result().fate is Fate.TAKEN
    line.close()
    for reader in READERS:
        rig.wait_for_mail(reader, "a sock that was too far")
        raw = rig.raw(reader)[-1]
        assert re.search(rb"(?m)^Received: ", raw)
        assert verdicts(raw) == {"rsa": True}
        assert not any(verdicts(raw.replace(b"One-Click", b"One-click")).values())
