"""Tables and lists: the names that columns may have, every usual form of a file, and what is told of a bad row."""

import json
from datetime import date

import pytest

from app.usecases.importing import Defaults
from app.usecases.importing.sources import Form, form_of
from tests.usecases.importing.reading import read

ROWS = [
    ["Published on", "Name", "Category", "Question", "Answer", "Permalink"],
    ["2014-01-11", "Zoë", "Running Advice", "My heel, it hurts.\nA lot.", 'Roll it "kindly".', "/heel"],
    ["Feb 2nd, 2014", "", "", "And my neck?", "<p>Stand <b>up</b>.</p>", ""],
]


def table(between: str = ",", ends: str = "\n") -> str:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in ROWS]
    return ends.join(between.join(row) for row in quoted) + ends


@pytest.mark.parametrize(
    "raw",
    [
        table().encode(),
        table(";", "\r\n").encode("utf-8-sig"),
        table("\t", "\r\n").encode("cp1252"),
    ],
    ids=["comma", "semicolon-bom", "tab-windows"],
)
def test_a_table_is_read_as_spreadsheets_write_it(raw: bytes) -> None:
    letters, skipped = read(raw, Form.TABLE, Defaults("", "Neck Advice"))
    assert skipped == []
    first, second = letters
    assert (first.on, first.public_name, first.topic) == (date(2014, 1, 11), "Zoë", "Running Advice")
    assert first.question.replace("\r", "") == "My heel, it hurts.\nA lot."
    assert (first.answer, first.old_addresses) == ('Roll it "kindly".', ("/heel",))
    assert (second.public_name, second.persona, second.topic) == ("A reader", "The Guru", "Neck Advice")
    assert second.answer == "Stand **up.**"


def test_a_bad_row_is_told_with_its_line_and_the_others_come_in() -> None:
    raw = "date,question,answer\n11/01/14,q,a\n2014-01-11,,a\n2014-01-12,q, \n\n2014-02-30,q,a\n2014-01-13,q,a\n"
    letters, skipped = read(raw.encode(), Form.TABLE)
    assert [letter.on.day for letter in letters] == [13]
    assert skipped == [(2, "bad-date"), (3, "no-question"), (4, "no-answer-here"), (6, "bad-date")]


def test_a_table_without_the_columns_that_a_letter_needs_is_told() -> None:
    assert read(b"when,what\n1,2\n", Form.TABLE)[1] == [(1, "no-columns")]
    assert read(b"", Form.TABLE)[1] == [(1, "no-columns")]
    assert read(b"date,question,answer\n2014-01-11,q,\x00\xff\n", Form.TABLE)[1] == []


def test_the_line_ends_of_an_old_macintosh_are_line_ends() -> None:
    letters, skipped = read(table(ends="\r").encode(), Form.TABLE)
    assert [letter.on.month for letter in letters] == [1, 2]
    assert skipped == []


def test_the_last_octet_of_a_file_is_not_lost() -> None:
    (letter,), _ = read("date,question,answer\n2014-01-11,Heel?,Roll it in the café".encode("cp1252"), Form.TABLE)
    assert letter.answer == "Roll it in the café"


@pytest.mark.parametrize(
    ("head", "line"),
    [(b"", 1), (b"date,question,answer,more\n2014-01-11,q,a,\n2014-01-12,q,a,", 3)],
    ids=["at-once", "later"],
)
@pytest.mark.parametrize("endless", [b"x", b"x,"], ids=["cell", "row"])
def test_a_table_is_told_from_where_it_has_no_end(head: bytes, line: int, endless: bytes) -> None:
    raw = head + endless * 6_000_000 + b"\n2014-01-13,q,a,\n"
    letters, skipped = read(raw, Form.TABLE)
    assert [letter.on.day for letter in letters] == [11] * (line - 1 > 0)
    assert skipped == [(line, "not-csv")]


ONE = {"published_on": "2014-01-11", "asker": "Zoë", "topic": "Running Advice", "question": "Heel?", "answer": "Roll."}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE, ONE | {"asker": "Al"}]),
        json.dumps({"letters": [ONE, ONE | {"asker": "Al"}], "next": None, "title": "x"}, indent=2),
        json.dumps({"title": "x", "letters": [ONE, ONE | {"asker": "Al"}]}, ensure_ascii=False),
        json.dumps(ONE) + "\n" + json.dumps(ONE | {"asker": "Al"}) + "\n",
        "\ufeff" + json.dumps([ONE, ONE | {"asker": "Al"}]),
    ],
    ids=["array", "ours", "title-first", "lines", "bom"],
)
def test_a_list_is_read_in_every_usual_form(text: str) -> None:
    letters, skipped = read(text.encode(), Form.LIST)
    assert skipped == []
    assert [letter.public_name for letter in letters] == ["Zoë", "Al"]


def test_a_long_list_is_read_in_pieces() -> None:
    many = [ONE | {"asker": f"Al {n}", "answer": "words " * 9_000} for n in range(60)]
    letters, skipped = read(json.dumps(many, indent=1).encode(), Form.LIST)
    assert (len(letters), skipped) == (60, [])
    assert letters[59].place.line > 400


def test_a_bad_item_is_told_and_a_broken_file_too() -> None:
    raw = json.dumps([ONE, 7, ONE | {"published_on": 3}, ONE | {"answer": "\ud800"}], indent=1)
    letters, skipped = read(raw.encode(), Form.LIST)
    assert len(letters) == 1
    assert skipped == [(9, "not-a-letter"), (10, "bad-date"), (17, "not-json")]
    letters, skipped = read(json.dumps([ONE, ONE]).encode()[:-30], Form.LIST)
    assert (len(letters), skipped) == (1, [(1, "not-json")])
    for hostile in (
        b"[" * 100_000,
        b'[{"q": ' + b"1" * 5000 + b"}]",
        b"{}",
        b"",
        b"\xff\xfe[",
        b'{"a":' * 50_000,
        b"null",
    ):
        assert read(hostile, Form.LIST)[1], hostile[:9]


@pytest.mark.parametrize(
    ("head", "suffix", "form"),
    [
        (b'<?xml version="1.0"?>\n<!-- x --><rss version="2.0">', ".xml", Form.WORDPRESS),
        (b'<?xml version="1.0"?>\n<rss>', ".txt", Form.WORDPRESS),
        (b"From guru@clinic.example Sat Jan 11 10:00:00 2014\nFrom: x", "", Form.MAILBOX),
        (b"From the beginning it hurt.\n", ".txt", Form.TEXT),
        (b"PK\x03\x04", ".txt", Form.ARCHIVE),
        (b"PK\x05\x06", "", Form.ARCHIVE),
        (b"<html>", ".HTM", Form.PAGE),
        (b"date,question", ".csv", Form.TABLE),
        (b"[", ".json", Form.LIST),
        (b"Jan 11th, 2014", ".md", Form.TEXT),
    ],
)
def test_the_form_of_a_file_is_known_by_how_it_begins_else_by_its_name(head: bytes, suffix: str, form: Form) -> None:
    assert form_of(head, suffix) == form


@pytest.mark.parametrize("rest", [b"", b"\n2014-01-13,q,a"])
def test_a_quotation_mark_without_its_second_swallows_no_letter(rest: bytes) -> None:
    letters, skipped = read(b'date,question,answer\n2014-01-11,q,a\n2014-01-12,"q,a' + rest, Form.TABLE)
    assert ([letter.on.day for letter in letters], skipped) == ([11], [(3, "not-csv")])
