"""Answers are told apart however they come: in pieces, several at once, or on many lines."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from app.mail.replies import Replies


@pytest.fixture
def both() -> Iterator[tuple[socket.socket, Replies]]:
    server, client = socket.socketpair()
    with server, client:
        client.settimeout(10)
        yield server, Replies(client)


def test_many_answers_in_one_packet(both: tuple[socket.socket, Replies]) -> None:
    server, replies = both
    server.sendall(b"250 taken\r\n250-sender\r\n250 ok\r\n354 go on\r\n")
    assert [replies.next(10) for _ in range(3)] == [(250, b"taken"), (250, b"sender\nok"), (354, b"go on")]


def test_an_answer_in_many_packets(both: tuple[socket.socket, Replies]) -> None:
    server, replies = both
    for octet in b"451-4.7.1 later\r\n451 please\r\n250\r\n":
        server.send(bytes([octet]))
    assert replies.next(10) == (451, b"4.7.1 later\nplease")
    assert replies.next(10) == (250, b"")


@pytest.mark.parametrize("said", [b"hello\r\n", b"2\r\n", b"\r\n", b"x" * 10_000, b"25"])
def test_what_is_no_answer_ends_the_conversation(both: tuple[socket.socket, Replies], said: bytes) -> None:
    server, replies = both
    server.sendall(said)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError):
        replies.next(10)


def test_an_answer_that_drips_is_given_up_in_all(both: tuple[socket.socket, Replies]) -> None:
    server, replies = both
    is_over = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            while not is_over.wait(0.05):
                server.send(b"2")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(TimeoutError):
            replies.next(within=0.5)
    finally:
        is_over.set()
        dripping.join()
