"""A mail has the same bytes at every door, and an envelope is stored as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingress.envelope import sender_text
from app.ingress.wire import on_the_wire, without_mbox_line

LINES = st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=9)


@given(LINES)
def test_what_a_pipe_made_of_a_mail_is_undone(lines: list[bytes]) -> None:
    """A CR at the end of its first line would make it a mail of the wire; no header has one."""
    lines[0] = lines[0].rstrip(b"\r")
    assert on_the_wire(b"\n".join([*lines, b""])) == b"\r\n".join([*lines, b""])


@given(LINES)
def test_a_mail_of_the_wire_stays_as_it_is(lines: list[bytes]) -> None:
    raw = b"\r\n".join([b"From: a@b.example", *lines])
    assert on_the_wire(raw) == raw
    assert on_the_wire(on_the_wire(raw)) == raw


@pytest.mark.parametrize("raw", [b"", b"no line end", b"\r\n", b"a\r\nb\nc\r\n"])
def test_these_stay_too(raw: bytes) -> None:
    assert on_the_wire(raw) == raw


def test_the_line_of_a_mailbox_file_is_taken_off_once() -> None:
    assert without_mbox_line(b"From guru@clinic.example Sun Nov 22\nFrom: x\n") == b"From: x\n"
    assert without_mbox_line(b"From: x\n\nFrom here on\n") == b"From: x\n\nFrom here on\n"


@pytest.mark.parametrize(
    ("sender", "stored"),
    [
        ("guru@clinic.example", "guru@clinic.example"),
        ("<guru@clinic.example>", "guru@clinic.example"),
        ("", ""),
        ("<>", ""),
        ("gürü@клиника.example", "gürü@клиника.example"),
        ("a\udcff\0b", "a?b"),
        ("x" * 2000, "x" * 1000),
    ],
)
def test_a_sender_is_stored_as_text(sender: str, stored: str) -> None:
    assert sender_text(sender) == stored
