"""The asker's words: cleaned without loss, compared by what they say, quoted by what they ask."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.letter import addresses_in, clean_line, clean_text, fingerprint, opening, shorten, slug


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), min_size=1))
def test_cleaning_loses_no_word(words: list[str]) -> None:
    text = " \n".join(words)
    assert clean_text(text).split() == clean_text(" ".join(words)).split()


def test_a_line_has_no_line_ends_and_nothing_invisible() -> None:
    assert clean_line(" Bob\r\nBcc: x\u202e\u200b\u2028end ") == "Bob Bcc: x end"


def test_a_text_keeps_its_paragraphs() -> None:
    assert clean_text("One\r\n\r\n\r\n\r\nTwo \r\nthree\x00") == "One\n\nTwo\nthree"


def test_the_same_letter_has_one_fingerprint() -> None:
    assert fingerprint("Becky@A.example", "My  knee\n hurts") == fingerprint("becky@a.example", "my knee hurts ")
    assert fingerprint("becky@a.example", "My knee") != fingerprint("tom@a.example", "My knee")


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Hi there,\n\nMy knee hurts. What now?", "My knee hurts."),
        ("My knee “clicks.” Why?", "My knee “clicks.”"),
        ("Hello!", "Hello!"),
        ("no end at all", "no end at all"),
        ("", ""),
    ],
)
def test_the_opening_is_the_first_sentence_that_says_something(text: str, headline: str) -> None:
    assert opening(text) == headline


def test_what_is_cut_is_marked() -> None:
    assert shorten("one two three", 9) == "one two…"
    assert shorten("short", 9) == "short"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I ran my first marathon, two months ago!", "i-ran-my-first-marathon-two-months"),
        ("Müßiggang – für Élodie", "muiggang-fur-elodie"),
        ("膝が痛い", "letter"),
    ],
)
def test_a_slug_is_plain_ascii(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_addresses_are_found_in_running_text() -> None:
    assert addresses_in("write to tom@asker.example, or (anna@b.example).") == [
        "tom@asker.example",
        "anna@b.example",
    ]


@pytest.mark.parametrize("piece", [".", ".!"])
def test_a_run_of_stops_costs_no_more_than_other_words(piece: str) -> None:
    began = time.process_time()
    opening(piece * (50_000 // len(piece)))
    assert time.process_time() - began < 1
