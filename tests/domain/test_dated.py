"""What an old column's file may look like, and what is read from it: dates, entries, and what is told as unreadable."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.column import format_date
from app.domain.dated import Entry, asked_line, read_date, read_entries, responded_line

LETTERS = """\
Mar 3rd, 2025

Ida asked The Guru for the following Garden Advice:

My roses have black spots.

Every year, from June on.

The Guru Responded:

Hi Ida
Pick up the leaves. All of
them.

Mar 10th, 2025

A reader asked The Guru for the following Kitchen Garden Advice:

Who ate my beans?

The Guru Responded:

Slugs. They
always did.
"""
IDA = Entry(
    line=3,
    on=date(2025, 3, 3),
    public_name="Ida",
    persona="The Guru",
    topic="Garden Advice",
    question="My roses have black spots.\n\nEvery year, from June on.",
    answer="Hi Ida\nPick up the leaves. All of\nthem.",
)
READER = Entry(
    line=17,
    on=date(2025, 3, 10),
    public_name="A reader",
    persona="The Guru",
    topic="Kitchen Garden Advice",
    question="Who ate my beans?",
    answer="Slugs. They\nalways did.",
)


def entry_text(day: str = "Mar 3rd, 2025", name: str = "Ida", question: str = "Roses?", answer: str = "Leaves.") -> str:
    head = f"{day}\n\n{asked_line(name, 'The Guru', 'Garden Advice')}"
    return f"{head}\n\n{question}\n\n{responded_line('The Guru')}\n\n{answer}\n"


def problems_of(text: str) -> list[tuple[int, str]]:
    return [(unreadable.line, unreadable.problem) for unreadable in read_entries(text)[1]]


def only_entry(text: str) -> Entry:
    entries, unreadable = read_entries(text)
    assert unreadable == []
    assert len(entries) == 1
    return entries[0]


# Dates


@pytest.mark.parametrize(
    "line",
    [
        "Jan 11th, 2014",
        "January 11th, 2014",
        "Jan. 11, 2014",
        "jan 11 2014",
        "JANUARY 11, 2014",
        "11 January 2014",
        "11th Jan, 2014",
        "11. Jan 2014",
        "2014-01-11",
        "  Jan\t11th,   2014  ",
        "Jan\u00a011th, 2014",
    ],
)
def test_a_date_in_many_forms(line: str) -> None:
    assert read_date(line) == date(2014, 1, 11)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Jan",
        "January 2014",
        "Jan 32nd, 2014",
        "Feb 30th, 2014",
        "Feb 29th, 2015",
        "2014-13-01",
        "2014-1-1",
        "11/01/2014",
        "Jab 11th, 2014",
        "Ja 11th, 2014",
        "Janus 11th, 2014",
        "Jan 11th, 14",
        "Jan 11th, 0000",
        "Jan 11th, 2014.",
        "Jan 11th, 2014 was a Saturday",
        "Posted on Jan 11th, 2014",
    ],
)
def test_no_date(line: str) -> None:
    assert read_date(line) is None


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Sep 1st, 2025", date(2025, 9, 1)),
        ("Sept 2nd, 2025", date(2025, 9, 2)),
        ("Sept. 3rd, 2025", date(2025, 9, 3)),
        ("May 31st, 2025", date(2025, 5, 31)),
        ("Mar 31st, 2025", date(2025, 3, 31)),
        ("Jun 30th, 2025", date(2025, 6, 30)),
        ("Jul 30th, 2025", date(2025, 7, 30)),
        ("Feb 29th, 2024", date(2024, 2, 29)),
    ],
)
def test_months_that_are_easily_taken_for_others(line: str, day: date) -> None:
    assert read_date(line) == day


@given(
    st.dates(min_value=date(1000, 1, 1)),
    st.sampled_from(
        [
            "{month} {day}{th}, {year}",
            "{month_name} {day}{th}, {year}",
            "{month_name} {day}, {year}",
            "{day} {month_name} {year}",
            "{day}{th} {month}, {year}",
        ]
    ),
)
def test_every_day_that_a_column_prints_is_read_back(day: date, pattern: str) -> None:
    assert read_date(format_date(day, pattern)) == day
    assert read_date(day.isoformat()) == day


@given(st.text())
def test_no_line_breaks_the_reading_of_dates(line: str) -> None:
    assert read_date(line) is None or any(character.isdigit() for character in line)


# Entries


def test_a_file_with_two_entries() -> None:
    assert read_entries(LETTERS) == ([IDA, READER], [])


def test_windows_line_ends_change_nothing() -> None:
    assert read_entries(LETTERS.replace("\n", "\r\n")) == ([IDA, READER], [])


def test_blank_lines_are_not_needed() -> None:
    dense = "Mar 3rd, 2025\nIda asked The Guru for the following Garden Advice:\nRoses?\nThe Guru Responded:\nLeaves."
    entry = only_entry(dense)
    assert (entry.line, entry.on, entry.question, entry.answer) == (2, date(2025, 3, 3), "Roses?", "Leaves.")


def test_spaces_of_an_old_page_change_nothing() -> None:
    text = entry_text().replace("Ida asked", "\u00a0 Ida  asked").replace("Responded:", "responded: ")
    entry = only_entry(text)
    assert (entry.public_name, entry.persona) == ("Ida", "The Guru")


def test_what_stands_before_the_first_date_belongs_to_nobody() -> None:
    assert only_entry(f"Ask The Guru\n\nHome | Archive\n\n{entry_text()}").question == "Roses?"


def test_texts_keep_their_lines_and_their_inner_blank_lines() -> None:
    entry = only_entry(entry_text(question="One\nand two.\n\n\nThree.", answer="  - a\n  - b\n\nEnd."))
    assert entry.question == "One\nand two.\n\n\nThree."
    assert entry.answer == "  - a\n  - b\n\nEnd."


def test_a_date_inside_a_text_is_text() -> None:
    entry = only_entry(entry_text(question="It began on\n\nFeb 1st, 2025\n\nand went on.", answer="By\nMar 1st, 2025"))
    assert "Feb 1st, 2025" in entry.question
    assert entry.answer == "By\nMar 1st, 2025"


def test_words_of_the_headings_inside_a_line_are_text() -> None:
    question = "I asked The Guru for the following Garden Advice: none. My wife responded: dig."
    assert only_entry(entry_text(question=question)).question == question


def test_a_second_answer_stays_in_the_first() -> None:
    answer = "Leaves.\n\nIda wrote again:\n\nThank you.\n\nThe Guru Responded:\n\nMy pleasure."
    assert only_entry(entry_text(answer=answer)).answer == answer


def test_somebody_else_who_responded_does_not_begin_the_answer() -> None:
    question = "I called the nursery.\n\nThe nursery responded:\n\nNot our roses."
    assert only_entry(entry_text(question=question)).question == question


def test_a_line_like_a_heading_inside_an_answer_is_text() -> None:
    answer = "Leaves.\n\nMy aunt asked me for the following reason:\n\nShe had none.\n\nGood luck."
    assert only_entry(entry_text(answer=answer)).answer == answer


def test_a_byte_order_mark_changes_nothing() -> None:
    assert only_entry("\ufeff" + entry_text()).on == date(2025, 3, 3)


def test_other_personas_and_long_names() -> None:
    text = entry_text(name="Anne-Marie & Søren (from Århus)").replace("The Guru", "Doctor Knee")
    entry = only_entry(text)
    assert (entry.public_name, entry.persona) == ("Anne-Marie & Søren (from Århus)", "Doctor Knee")


# What cannot be read is told, and the rest is read


def test_a_file_without_an_entry() -> None:
    entries, (unreadable,) = read_entries("Dear sirs,\nplease find attached")
    assert entries == []
    assert (unreadable.line, unreadable.problem, unreadable.text) == (1, "no-entry", "Dear sirs,")
    assert problems_of("") == [(1, "no-entry")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (entry_text(day="Somewhen"), (3, "no-date")),
        (entry_text(day="Feb 30th, 2025"), (3, "no-date")),
        (entry_text().replace("The Guru Responded:", "The Guru was silent."), (3, "no-answer")),
        (entry_text(question="  "), (3, "blank")),
        (entry_text(answer="\n \n"), (3, "blank")),
    ],
)
def test_each_problem_has_its_code_and_line(text: str, problem: tuple[int, str]) -> None:
    entries, (unreadable,) = read_entries(text)
    assert entries == []
    assert (unreadable.line, unreadable.problem) == problem
    assert unreadable.text == "Ida asked The Guru for the following Garden Advice:"


def test_one_bad_entry_spoils_no_other() -> None:
    bad = entry_text(name="Bob", answer="")
    entries, unreadable = read_entries(entry_text() + "\n" + bad + "\n" + entry_text(name="Cy"))
    assert [entry.public_name for entry in entries] == ["Ida", "Cy"]
    assert [one.text for one in unreadable] == ["Bob asked The Guru for the following Garden Advice:"]
    assert all(entry.answer == "Leaves." for entry in entries)


def test_a_wrapped_heading_is_read_or_told() -> None:
    wrapped = entry_text(name="Bob").replace("following Garden", "following\nGarden")
    entries, unreadable = read_entries(entry_text() + "\n" + wrapped)
    assert len(entries) + len(unreadable) == 2


@given(st.text(st.characters() | st.sampled_from("\n\n :"), max_size=400))
def test_no_text_breaks_the_reading(text: str) -> None:
    entries, unreadable = read_entries(text)
    assert entries or unreadable


WORDS = st.lists(st.sampled_from(["roses", "May", "2025", "asked", "The Guru", "is", "gone."]), min_size=1).map(
    " ".join
)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=4).map("\n\n".join)


@given(
    st.lists(
        st.tuples(
            st.dates(min_value=date(1900, 1, 1)), WORDS.map(lambda name: name[:60].strip()), PARAGRAPHS, PARAGRAPHS
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_in_the_form_is_read_back(letters: list[tuple[date, str, str, str]]) -> None:
    text = "\n".join(
        entry_text(format_date(day, "{month} {day}{th}, {year}"), f"N. {name}", question, answer)
        for day, name, question, answer in letters
    )
    entries, unreadable = read_entries(text)
    assert unreadable == []
    assert [(entry.on, entry.question, entry.answer) for entry in entries] == [
        (day, question, answer) for day, _, question, answer in letters
    ]
    assert all(entry.line <= len(text.splitlines()) for entry in entries)


def test_the_sample_letters_are_in_the_form() -> None:
    samples = Path(__file__).parents[2] / "samples"
    entries, unreadable = read_entries((samples / "letters.txt").read_text(encoding="utf-8"))
    assert unreadable == []
    assert len(entries) == 18
    assert {entry.persona for entry in entries} == {"The Guru"}
    assert {entry.topic for entry in entries} == {
        "Physiotherapy Advice",
        "Running Advice",
        "Back Care Advice",
        "Desk Advice",
    }
    days = [entry.on for entry in entries]
    assert days == sorted(set(days))


AGAIN = """\
Jan 11th, 2014

Becky asked The Guru for the following Running Advice:

May I run?

The Guru Responded:

Not yet.

Becky wrote again:

That line is a part of the answer: no date stands above it.

Feb 1st, 2014

Becky wrote again:

Now?

The Other Guru Responded:

Yes.

Mar 1st, 2014

Becky wrote again:

And fast?

The Guru Responded:

No.
"""


def test_what_was_written_again_belongs_to_the_letter_above_it() -> None:
    (ida, becky, _), problems = read_entries(f"{IDAS}\n{AGAIN}\n{LETTERS[LETTERS.index('Mar 10th') :]}")
    assert problems == []
    assert ida.later == ()
    assert becky.answer.endswith("no date stands above it.")
    assert [(one.on.month, one.persona, one.question, one.answer) for one in becky.later] == [
        (2, "The Other Guru", "Now?", "Yes."),
        (3, "The Guru", "And fast?", "No."),
    ]


IDAS = LETTERS[: LETTERS.index("Mar 10th")].strip("\n") + "\n"


def test_what_nobody_answered_or_somebody_else_wrote_stays_in_the_text() -> None:
    for odd in (AGAIN.replace("Responded:\n\nNo.", "said no."), AGAIN.replace("Becky wrote", "Bo wrote")):
        (entry,), _ = read_entries(odd)
        assert len(entry.later) == (1 if "said no." in odd else 0)
        assert "And fast?" in (entry.later[-1].answer if entry.later else entry.answer)
