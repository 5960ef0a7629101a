"""Guessing a reply address: hopeless, seen at the desk, and no way to fill the disk."""

import random

import pytest

from app.domain.token import ALPHABET, Genuine, Purpose, Signer
from app.usecases import guessing, receiving
from app.usecases.guessing import MOST_INVENTED
from tests.office import Office
from tests.usecases.test_receiving import plain


def guesses(count: int) -> list[str]:
    chance = random.Random(count)
    return [f"q-{''.join(chance.choices(ALPHABET, k=28))}@column.example" for _ in range(count)]


def is_welcome(office: Office, recipient: str) -> bool:
    if receiving.is_welcome(office.mailbag, recipient):
        return True
    receiving.turn_away(office.mailbag, door="smtp", sender="x@evil.example", recipient=recipient)
    return False


def hit(count: int) -> int:
    signer, chance = Signer((b"k" * 32,)), random.Random(7)
    tokens = ("".join(chance.choices(ALPHABET, k=28)) for _ in range(count))
    return sum(isinstance(signer.resolve(Purpose.REPLY, token), Genuine) for token in tokens)


def test_a_hundred_thousand_guesses_hit_nothing() -> None:
    assert hit(100_000) == 0


@pytest.mark.long
def test_a_million_guesses_hit_nothing() -> None:
    assert hit(1_000_000) == 0


def test_beyond_a_hundred_an_hour_the_door_says_later_to_invented_ones_alone(office: Office) -> None:
    office.ask()
    answers = [is_welcome(office, guess) for guess in guesses(MOST_INVENTED + 50)]
    assert answers == [True] * MOST_INVENTED + [False] * 50
    address = office.reply_address()
    mistyped = address.replace(address[-18], "x" if address[-18] != "x" else "y", 1)
    assert all(is_welcome(office, one) for one in (address, mistyped, "column@column.example"))
    office.clock.pass_by(hours=1, seconds=1)
    assert is_welcome(office, guesses(1)[0])


def test_a_refused_flood_leaves_one_row_in_an_hour_and_an_alarm(office: Office) -> None:
    for guess in guesses(MOST_INVENTED + 50):
        is_welcome(office, guess)
    assert office.inbound(1).reason == "guessing"
    assert office.inbound(1).state == "rejected"
    with office.mailbag.database.read() as tx:
        assert guessing.alarm(tx, office.clock()) == 1
        assert receiving.mail.inbound_by_id(tx, 2) is None


def test_a_few_invented_addresses_are_no_alarm(office: Office) -> None:
    for guess in guesses(3):
        office.receive(plain("Hello?"), to=guess)
    with office.mailbag.database.read() as tx:
        assert guessing.alarm(tx, office.clock()) == 0
