"""Words as search sees them."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.words import MARK, UNMARK, distance, nearest, passage, read_query, stems_of, words


@pytest.mark.parametrize(
    "forms",
    [
        "knee knees Knee KNEES knée",
        "run running runs",
        "ache aches ached aching",
        "worry worries worried",
        "bruise bruised bruises bruising",
        "Straße STRASSE strasse",
        "runner's runners runner’s",
    ],
)
def test_forms_of_a_word_are_the_same_word(forms: str) -> None:
    assert len(set(stems_of(forms))) == 1


@pytest.mark.parametrize("pair", ["need knee", "bus but", "thing think", "this thin", "speed spe"])
def test_different_words_stay_different(pair: str) -> None:
    assert len(set(stems_of(pair))) == 2


def test_writing_without_spaces_has_a_word_for_each_character() -> None:
    assert stems_of("膝が痛い") == ["膝", "が", "痛", "い"]


@given(st.text())
def test_words_stand_where_they_say(text: str) -> None:
    last = 0
    for word in words(text):
        assert last <= word.start < word.end <= len(text)
        assert word.folded.isalnum()
        assert word.stem
        last = word.end


def test_a_text_of_hits_alone_costs_linear_time() -> None:
    began = process_time()
    assert passage("knee and toe " * 20_000, read_query("knee toe")).count(MARK) > 10
    assert process_time() - began < 3


def test_a_passage_has_the_hits_between_marks() -> None:
    text = "Nothing here. " * 30 + "My knee hurts, and both kneecaps. " + "Nothing there. " * 30
    shown = passage(text, read_query("knee"), 60)
    assert f"{MARK}knee{UNMARK}" in shown
    assert f"{MARK}kneecaps{UNMARK}" in shown
    assert shown[0] == shown[-1] == "…"
    assert passage(text, read_query("elbow")) == ""


@given(st.text(), st.text())
def test_a_passage_is_a_part_of_the_text(text: str, query: str) -> None:
    shown = passage(text, read_query(query), 40)
    plain = shown.replace(MARK, "").replace(UNMARK, "").strip("…")
    assert plain in text.replace(MARK, "").replace(UNMARK, "")
    assert shown.count(MARK) == shown.count(UNMARK)


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("knee", "knee", 0), ("kne", "knee", 1), ("kene", "knee", 1), ("marathno", "marathon", 1), ("ankel", "ankle", 1)],
)
def test_a_slip_of_the_keys_is_one_step(one: str, other: str, steps: int) -> None:
    assert distance(one, other, 2) == steps


def test_the_nearest_word_is_meant_and_of_two_the_more_usual() -> None:
    assert nearest("kneee", [("knew", 50), ("knees", 2), ("knee", 9)]) == "knee"
    assert nearest("xylophone", [("knee", 9)]) is None
