"""A list of subscribers comes in and goes out: consent is recorded, bad lines are told, nobody is brought back."""

import io
from datetime import date

import pytest

from app.domain.roster import Line, inert, read_roster
from app.domain.subscription import SuppressionReason
from app.usecases import suppressing
from app.usecases.enlisting import Consent, Enlisted, count, enlist, export
from app.usecases.unsubscribing import leave
from tests.office import Office
from tests.readers import READER, office_reader, reader_id, subscribe, view

OLD_SITE = Consent("the old website", date(2024, 5, 31))


def lines(text: str) -> list[Line]:
    return list(read_roster(io.StringIO(text)))


def put(office: Office, text: str, consent: Consent = OLD_SITE, *, dry_run: bool = False) -> Enlisted:
    return enlist(office.mailbag, lines(text), consent, dry_run=dry_run)


def take_off(office: Office, address: str) -> None:
    leave(office.mailbag, office.mailbag.links.unsubscribe(reader_id(office, address)).rpartition("/")[2], how="link")


def numbers(report: Enlisted) -> tuple[int, ...]:
    return report.new, report.known, report.left, report.suppressed, report.twice, report.bad


def test_a_list_of_addresses_with_its_consent(office: Office) -> None:
    assert numbers(put(office, f"Email Address\n{READER}\nOtto@Reader.example\n")) == (2, 0, 0, 0, 0, 0)
    reader = view(office, "otto@reader.example")
    assert (reader.state, reader.frequency, reader.takes_all) == ("confirmed", "weekly", True)
    assert reader.consent_source == "the old website"
    found = office_reader(office, READER)
    assert found is not None
    assert found.confirmed_at is not None
    assert found.confirmed_at.date() == date(2024, 5, 31)
    assert office.bells == [], "nobody gets a mail because of it"


def test_each_line_may_say_more_than_the_whole(office: Office) -> None:
    text = f"address;topics;frequency;consented_on;source\n{READER};Physiotherapy;daily;2023-01-02T08:00:00Z;a fair\n"
    assert numbers(put(office, text)) == (1, 0, 0, 0, 0, 0)
    reader = view(office)
    assert (reader.frequency, reader.topics, reader.consent_source) == ("daily", ["Physiotherapy Advice"], "a fair")


def test_again_changes_nothing_and_nobody_is_brought_back(office: Office) -> None:
    subscribe(office, "left@reader.example")
    take_off(office, "left@reader.example")
    with office.mailbag.database.write() as tx:
        suppressing.suppress(office.mailbag, tx, "bad@reader.example", SuppressionReason.COMPLAINT)
    text = f"{READER}\nleft@reader.example\nbad@reader.example\n{READER.upper()}\n"
    assert numbers(put(office, text, dry_run=True)) == (1, 0, 1, 1, 1, 0)
    assert office_reader(office, READER) is None
    assert numbers(put(office, text)) == (1, 0, 1, 1, 1, 0)
    assert numbers(put(office, text)) == (0, 1, 1, 1, 1, 0)
    assert view(office, "left@reader.example").state == "unsubscribed"
    assert office_reader(office, "bad@reader.example") is None


def test_bad_lines_are_told_and_the_others_taken(office: Office) -> None:
    text = "address,frequency,topics,date\nx,,,\na@r.example,hourly,,\nb@r.example,,Cooking,\nc@r.example,,,May\n"
    text += "d@r.example,,,2999-01-01\n,weekly,,\n\ne@r.example,,,\n"
    report = put(office, text)
    assert [(line.number, str(line.problem)) for line in report.told] == [
        (2, "bad-address"),
        (3, "unknown-frequency"),
        (4, "unknown-topic"),
        (5, "bad-date"),
        (6, "future-date"),
        (7, "no-address"),
    ]
    assert report.new == 1
    without = put(office, "address\nf@r.example\n", Consent())
    assert [str(line.problem) for line in without.told] == ["no-date"]
    assert [str(line.problem) for line in put(office, "f@r.example\n", Consent(on=date(2024, 1, 1))).told] == [
        "no-source"
    ]


def test_what_goes_out_can_come_in(office: Office) -> None:
    put(office, f"address,topics,frequency\n{READER},Physiotherapy Advice,daily\nleft@reader.example,,\n")
    take_off(office, "left@reader.example")
    (line,) = export(office.mailbag, everybody=False)
    assert (line["address"], line["topics"], line["consented_on"]) == (READER, "Physiotherapy Advice", "2024-05-31")
    everybody = list(export(office.mailbag, everybody=True))
    assert [one["state"] for one in everybody] == ["confirmed", "unsubscribed"]
    text = ",".join(line) + "\n" + ",".join(f'"{cell}"' for cell in line.values()) + "\n"
    assert numbers(put(office, text, Consent())) == (0, 1, 0, 0, 0, 0)
    states, frequencies, suppressed = count(office.mailbag)
    assert (dict(states), dict(frequencies), suppressed) == ({"confirmed": 1, "unsubscribed": 1}, {"daily": 1}, 0)


def test_a_list_without_a_head_is_addresses() -> None:
    assert [line.cells["address"] for line in lines("a@x.example\nb@x.example")] == ["a@x.example", "b@x.example"]
    assert lines("") == []


def test_the_line_that_is_told_is_the_one_in_the_file() -> None:
    text = 'address,note\na@x.example,"two\nlines"\n\nb@x.example,\n'
    assert [line.number for line in lines(text)] == [2, 5]
    assert [line.number for line in lines('"a@x.example","two\nlines"\nb@x.example,\n')] == [1, 3]


def test_a_quotation_mark_without_its_second_is_told_with_its_line(office: Office) -> None:
    text = f'address,note\n{READER},\nanna@reader.example,"{"x," * 100_000}\nzoe@reader.example,\n'
    report = put(office, text)
    assert numbers(report) == (1, 0, 0, 0, 0, 1), "what stands above is taken"
    assert [(line.number, str(line.problem)) for line in report.told] == [(3, "no-end")]


@pytest.mark.parametrize("rest", ["", "zoe@reader.example,\n" * 2])
def test_a_quotation_mark_near_the_end_swallows_nothing(rest: str) -> None:
    found = lines(f'address,note\nann@x.example,\nbob@x.example,"a friend\n{rest}')
    assert [(line.number, line.is_readable) for line in found] == [(2, True), (3, False)]


def test_a_head_without_end_is_told(office: Office) -> None:
    report = put(office, f'"{"x" * 200_000}\n{READER}\n')
    assert [(line.number, str(line.problem)) for line in report.told] == [(1, "no-end")]


@pytest.mark.parametrize(
    "address", ["=1+1@r.example", "+49@r.example", "-a@r.example", "'=a@r.example", "'a@r.example"]
)
def test_no_cell_is_a_formula_and_each_comes_in_as_it_was(office: Office, address: str) -> None:
    put(office, f'address,source\n"{inert(address)}","=1+1"\n')
    (line,) = export(office.mailbag, everybody=False)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())
    text = ",".join(line) + "\n" + ",".join(f'"{cell}"' for cell in line.values()) + "\n"
    (read,) = read_roster(io.StringIO(text))
    assert (read.address(), read.source("")) == (address, "=1+1")
