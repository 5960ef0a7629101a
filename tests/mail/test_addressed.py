"""Whom a mail was for, read from header lines that anybody may have written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.addressed import read_addressed

MAIL = b"""Return-Path: <guru@clinic.example>\r
Delivered-To: column@column.example\r
Received: from mx.column.example by store.column.example; Sun, 22 Nov 2026 12:00:00 +0000\r
X-Original-To: q-near@column.example\r
Received: from mail.clinic.example by mx.column.example; Sun, 22 Nov 2026 12:00:00 +0000\r
Delivered-To: q-forged@column.example\r
Return-Path: <forged@evil.example>\r
From: "The Guru" <guru@clinic.example>\r
To: Ask The Guru\r
 <q-to@column.example>, "a, b" <other@asker.example>\r
Cc: q-to@column.example, q-cc@column.example\r
In-Reply-To: <3@column.example>\r
References: <1@column.example> <2@column.example>\r
\t<3@column.example>\r
Subject: q-subject@column.example\r
\r
To: q-body@column.example\r
"""


def test_the_nearest_servers_line_comes_first_then_what_the_writer_stated() -> None:
    read = read_addressed(MAIL)
    assert read.traced == ("column@column.example", "q-near@column.example", "q-forged@column.example")
    assert read.stated == ("q-to@column.example", "other@asker.example", "q-cc@column.example")
    assert read.candidates == (*read.traced, *read.stated)


def test_neither_the_subject_nor_the_body_says_whom_it_is_for() -> None:
    assert not {"q-subject@column.example", "q-body@column.example"} & set(read_addressed(MAIL).candidates)


@pytest.mark.parametrize("name", ["Delivered-To", "X-ORIGINAL-TO", "envelope-to", "X-Envelope-To", "X-Delivered-To"])
def test_every_servers_name_for_the_line_is_known(name: str) -> None:
    assert read_addressed(f"{name}: <q-a@column.example>\n\n".encode()).traced == ("q-a@column.example",)


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"Return-Path: <>\r\nReturn-Path: <guru@clinic.example>\r\n", ""),
        (b"Return-Path: <guru@clinic.example>\r\nReturn-Path: <>\r\n", "guru@clinic.example"),
        (b"Return-path: guru@clinic.example\n", "guru@clinic.example"),
        (b"From: The Guru <guru@clinic.example>\r\n", "guru@clinic.example"),
        (b"Return-Path: <<<\x00>\r\nFrom: guru@clinic.example\r\n", "guru@clinic.example"),
        (b"Subject: nobody\r\n", "unknown"),
        (b"", "unknown"),
    ],
)
def test_a_sender_is_empty_only_where_a_server_says_so(head: bytes, sender: str) -> None:
    """An empty one means that no person wrote the mail."""
    assert read_addressed(head + b"\r\nText").sender == sender


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_will_do(end: bytes) -> None:
    assert read_addressed(MAIL.replace(b"\r\n", end)) == read_addressed(MAIL)


@given(st.binary(max_size=600))
def test_no_bytes_are_too_strange(raw: bytes) -> None:
    for head in (raw, b"To: " + raw, b"Return-Path: " + raw):
        read = read_addressed(head)
        assert all(text.isascii() and text.isprintable() for text in (*read.candidates, read.sender))


@pytest.mark.parametrize(
    "unit", [b"<", b"a@b,", b"(", b'"', b"@", b"x" * 64, b"\n ", b"a:", b" <1@a>", b"\n", b"a\n b"]
)
def test_a_long_header_takes_no_long_time(unit: bytes) -> None:
    began = time.process_time()
    for name in (b"To: ", b""):
        read_addressed(name + unit * (250_000 // len(unit)))
    assert time.process_time() - began < 3
