"""Question and answer told apart: stars of bold in a letter, and texts that are built to take long."""

import time

import pytest

from app.usecases.importing.exchange import exchange_in, plain


@pytest.mark.parametrize(
    ("markdown", "printed"),
    [
        ("My **left** knee *really* hurts", "My left knee really hurts"),
        ("**Stiff *and* sore**", "Stiff *and* sore"),
        ("2 * 3 * 4, a*b*c, 5** and **", "2 * 3 * 4, a*b*c, 5** and **"),
        ("**one** two** **three**", "one two** three"),
        ("**not over\nlines**", "**not over\nlines**"),
        ("***all***", "***all***"),
        ("see [this](https://x.example/a) and [https://x.example](https://x.example)",
         "see this (https://x.example/a) and https://x.example"),
    ],
)  # fmt: skip
def test_a_letter_is_printed_without_bold(markdown: str, printed: str) -> None:
    assert plain(markdown) == printed


@pytest.mark.parametrize("piece", ["**a ", "*a ", "**a* ", "[a](", "**", "> "])
def test_what_opens_and_never_closes_costs_no_more_than_other_words(piece: str) -> None:
    began = time.process_time()
    plain(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "line", [f"{'#' * 200_000} {'#' * 200_000}", "Q:" + " " * 100_000, "answer from " + "x" * 100_000]
)
def test_a_line_that_is_nearly_a_label_costs_no_more_than_another(line: str) -> None:
    began = time.process_time()
    exchange_in(line, "A title")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["Q: My knee?\nA: Rest it.", "> My knee?\n\nRest it."])
@pytest.mark.parametrize(("title", "above"), [("Sore joints", 11), ("My  knee?", 0), ("", 0)])
def test_a_title_that_is_printed_nowhere_is_counted(text: str, title: str, above: int) -> None:
    found = exchange_in(text, title)
    assert found is not None
    assert (found.question, found.above) == ("My knee?", above)
