"""A broken connection is replaced, a server that has had enough is left alone, nothing on a connection is forgotten."""

from app.mail.lint import Envelope
from app.store.ledger import Claimed
from app.usecases.copying import Ready
from app.usecases.slots import Slots
from tests.office import NextLine, NextServer

SERVER = NextServer()


def ready(number: int) -> Ready:
    copy = Claimed(number, number, 1, f"key{number}", f"reader{number}@d.example", 1)
    return Ready(copy, Envelope("d@column.example", copy.address), b"", "")


def test_as_many_as_there_are_copies_and_no_more_than_allowed() -> None:
    slots = Slots(lambda: NextLine(SERVER), 3)
    slots.connect(2)
    assert len(slots.idle()) == 2
    slots.connect(9)
    assert len(slots.idle()) == 3


def test_after_three_that_took_nothing_no_more_is_tried() -> None:
    opened = []

    def open_line() -> NextLine:
        opened.append(line := NextLine(SERVER))
        return line

    slots = Slots(open_line, 1)
    for _ in range(9):
        slots.connect(1)
        opened[-1].is_broken = True
    assert len(opened) == 3
    assert slots.is_refused


def test_one_that_took_something_is_replaced_each_time() -> None:
    slots = Slots(lambda: NextLine(SERVER), 1)
    for _ in range(9):
        slots.connect(1)
        (slot,) = slots.idle()
        slot.drop()
    assert not slots.is_refused


def test_what_was_not_sent_comes_back_when_all_are_left() -> None:
    slots = Slots(lambda: NextLine(SERVER), 2)
    slots.connect(2)
    busy, _ = slots.idle()
    busy.open, busy.announced = ready(1), ready(2)
    assert [copy.copy.id for copy in slots.leave()] == [1, 2]
    assert slots.idle() == []
