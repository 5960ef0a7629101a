"""Printed letters that ask the same, on both databases."""

from collections.abc import Iterator

import pytest

from app.store.similar import similar
from tests.office import Office, open_office

HEEL = "The first ten steps of the day feel as if somebody has left a drawing pin in my heel."
SHINS = "Every spring my shins stop me in week three of running, and by summer all is well."


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        for number, text in enumerate((HEEL, SHINS, "My knee creaks on the stairs, but only on the way down.")):
            opened.ask(text=text, form_key=f"{number}")
            opened.receive(opened.reply(f"Take the stairs, number {number}. The heel will follow."))
        yield opened


def openings(office: Office, text: str) -> list[str]:
    with office.mailbag.database.read() as tx:
        return [question.text[:20] for question in similar(tx, text)]


def test_the_same_trouble_is_found(office: Office) -> None:
    assert openings(office, "Hi! A drawing pin in my heel, or so it feels, at the first steps each day") == [HEEL[:20]]
    assert openings(office, "shins hurt in spring, running") == [SHINS[:20]]


OTHERS = (
    "",
    "?",
    "My elbow hurts after tennis, and nothing that I do makes it any better.",
    "Dear Guru, thanks for all that you do in the day and the week, please help.",
    "heel",
    '\' OR "1" NEAR(*) & | ! <->',
    "\x02 \ud7ff 膝が痛い 膝 👟",
)


def test_another_trouble_is_not(office: Office) -> None:
    assert [openings(office, text) for text in OTHERS] == [[] for _ in OTHERS]


def test_what_is_not_printed_is_not_found(office: Office) -> None:
    office.ask(text="My elbow hurts after playing tennis on wet grass.", form_key="9")
    assert openings(office, "My elbow hurts after playing tennis on wet grass.") == []
