import os
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.reply import extract_text, unwrap

PROSE = (
    "Rest the knee for two weeks and then begin again with short walks on soft ground, no hills at all. "
    "After that, add a minute of running to each walk, and a minute more every third day, if the knee is quiet."
)
VERSE = "Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand or eye,\nCould frame it?"


def wrapped(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


@pytest.mark.parametrize("width", [32, 40, 55, 65, 69, 72, 76, 78, 80, 100])
def test_wrapped_prose_becomes_one_line(width):
    assert unwrap(wrapped(PROSE, width)) == PROSE


def test_blocks_between_blank_lines_stay_paragraphs():
    text = f"{wrapped(PROSE, 69)}\n\n \n{wrapped(PROSE, 69)}"
    assert unwrap(text) == f"{PROSE}\n\n{PROSE}"


@pytest.mark.parametrize("short", ["Hi Becky", "That is far more common than you think…", "Good luck, and tell me:"])
def test_a_short_line_ends_a_paragraph(short):
    assert unwrap(f"{short}\n{wrapped(PROSE, 69)}") == f"{short}\n\n{PROSE}"


def test_a_short_last_line_belongs_to_its_paragraph():
    text = wrapped(PROSE, 60) + "\nStop when it hurts."
    assert unwrap(text) == f"{PROSE}\n\nStop when it hurts."


@pytest.mark.parametrize(
    "lines",
    [
        ["Rest the knee for two weeks.", "Then walk."],
        [PROSE, PROSE, "Good luck"],
        ["A line of some length that is not wrapped at all.", "Another line of some length, like it."],
    ],
    ids=["short", "long", "middle"],
)
def test_text_that_is_not_wrapped_keeps_every_break(lines):
    assert unwrap("\n".join(lines)) == "\n\n".join(lines)


def test_text_known_not_to_be_wrapped_keeps_every_break():
    assert unwrap("some words\nand more", wrapped=False) == "some words\n\nand more"


@pytest.mark.parametrize("marks", [("- ", "- "), ("* ", "* "), ("1. ", "2. "), ("1) ", "2) "), ("• ", "• ")])
def test_list_items_start_their_own_lines(marks):
    first, second = (f"{mark}{PROSE}" for mark in marks)
    text = f"Do this:\n{wrapped(first, 69)}\n{wrapped(second, 69)}"
    assert unwrap(text) == f"Do this:\n{first}\n{second}"


def test_indented_lines_continue_a_list_item():
    assert unwrap("- rest the knee\n  for two weeks\n- then walk") == "- rest the knee for two weeks\n- then walk"


@pytest.mark.parametrize(
    "block",
    [
        VERSE,
        "Ask The Guru\n12 High Street\nDublin 4",
        "Week   Minutes\n1      10\n2      15",
        "a\tb\nc\td",
    ],
    ids=["verse", "address", "columns", "tabs"],
)
def test_verse_addresses_and_tables_keep_their_lines(block):
    assert unwrap(block) == block


def test_verse_stays_verse_beside_wrapped_prose():
    assert unwrap(f"{wrapped(PROSE, 69)}\n\n{VERSE}") == f"{PROSE}\n\n{VERSE}"


def test_a_long_url_does_not_hide_the_width():
    url = "https://guru.example/" + "x" * 80
    text = f"{wrapped(PROSE, 69)}\n{url}\n{wrapped(PROSE, 69)}"
    assert unwrap(text).split() == text.split()
    assert unwrap(text).startswith(PROSE)


def test_short_lines_below_the_prose_do_not_hide_the_width():
    below = "a list of links\nlinks@guru.example\nhttp://guru.example/" + "x" * 50
    assert unwrap(f"{wrapped(PROSE, 69)}\n\n{below}").startswith(PROSE)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_any_line_end_will_do(end):
    assert unwrap(wrapped(PROSE, 69).replace("\n", end)) == PROSE


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_nothing_stays_nothing(text):
    assert unwrap(text) == ""


WORDS = st.text(st.sampled_from("abcXYZ019.,:!…’->*|_—é你\xa0"), min_size=1, max_size=12)
LINES = st.lists(WORDS, max_size=14).map(" ".join)
LISTS = st.tuples(st.sampled_from(["- ", "* ", "1. ", "  ", "\t", "> ", ""]), LINES).map("".join)


@given(st.lists(LISTS | st.text(max_size=90), max_size=12).map("\n".join), st.booleans())
def test_no_word_is_ever_lost_or_moved(text, is_wrapped):
    assert unwrap(text, wrapped=is_wrapped).split() == text.split()


@given(st.lists(st.lists(st.text("abcdefg", min_size=1, max_size=9), min_size=30, max_size=60), min_size=1, max_size=3))
def test_prose_without_punctuation_survives_wrapping(paragraphs):
    texts = [" ".join(words) for words in paragraphs]
    assert unwrap("\n\n".join(wrapped(text, 66) for text in texts)) == "\n\n".join(texts)


def seed() -> str:
    shared = Path(os.environ.get("MAILBAG_SHARED") or Path(__file__).parents[4] / "shared")
    texts = sorted((shared / "seed").glob("*.txt"))
    if not texts:
        pytest.skip(f"the seed page is not at {shared}/seed; set MAILBAG_SHARED")
    return texts[0].read_text(encoding="utf-8")


def test_the_answer_of_the_seed_gets_its_paragraphs_back():
    paragraphs = unwrap(seed().partition("The Guru Responded:")[2]).split("\n\n")
    ends = [(paragraph.split()[0], paragraph.split()[-1]) for paragraph in paragraphs]
    assert ends == [
        ("Hi", "Becky"),
        ("Muchos", "think…"),
        ("As", "middle."),
        ("Your", "bruise."),  # the source lost the line between "to the outside of the" and "Here lies"
        ("I", "it."),
        ("This", "gain….."),
    ]
    assert "\n" not in "".join(paragraphs)


CODE = "def f(x):\n    if x:\n        return 1\n    return 2"


@pytest.mark.parametrize("width", [60, 72, 80])
def test_the_indents_of_code_stay_among_wrapped_prose(width):
    prose = "Run this for a while, and look at what it prints, since that is the whole of it, as far as it goes by now."
    lines = "\n".join(textwrap.wrap(prose, width))
    assert unwrap(f"{lines}\n\n{CODE}\n\n{lines}") == f"{prose}\n\n{CODE}\n\n{prose}"


def test_and_those_of_preformatted_html():
    html = f"<p>Run this:</p><pre>{CODE}</pre><p>Then walk.</p>"
    assert extract_text(html, "html") == f"Run this:\n\n{CODE}\n\nThen walk."


def test_verse_does_not_hide_the_width_of_the_prose_above_it():
    verse = "Two roads diverged in a yellow wood,\nAnd sorry I could not travel both\nAnd be one traveler, long I stood"
    prose = "A poem for you, since you run so well through woods and over hills and far away,\nand back again:"
    assert unwrap(f"{prose}\n\n{verse}") == f"{prose.replace(chr(10), ' ')}\n\n{verse}"
