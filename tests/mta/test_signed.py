"""Our own signature on a copy of an issue still holds behind a real Postfix, which rewrote what it may."""

import re
from email import message_from_bytes
from pathlib import Path

import pytest

from app.mail.dkim import PROTECTED, DkimSigner, read_key
from app.mail.lint import Envelope
from app.mail.pattern import Pattern, encode_pattern, header_lines, mark
from app.mail.transport import Fate
from app.mail.warm import WarmRelay
from tests.mail.test_dkim import AT, ED25519, RSA, by_dkimpy, by_opendkim, with_changed, write_key
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


def with_ours_alone(raw: bytes) -> bytes:
    """Postfix has it signed by the rig's OpenDKIM too."""
    fields = re.compile(rb"^DKIM-Signature:.*?\r\n(?![ \t])", re.MULTILINE | re.DOTALL)
    return fields.sub(lambda found: b"" if b"s=s1;" in found[0] else found[0], re.sub(rb"\r?\n", b"\r\n", raw))


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
        raw = with_ours_alone(rig.raw(reader)[-1])
        assert re.search(rb"(?m)^Received: ", raw)
        assert by_dkimpy(raw, "column.test")
        assert by_opendkim(raw, "column.test")
        for name in set(PROTECTED) & {name.lower() for name in message_from_bytes(raw)}:
            changed = with_changed(name, raw)
            assert not by_dkimpy(changed, "column.test"), name
            assert not by_opendkim(changed, "column.test"), name
