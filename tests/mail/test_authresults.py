"""Authentication-Results as real software writes it, and as nobody should."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.authresults import LONGEST_VALUE, read_results

OPENDKIM = 'mx.column.test; dkim=fail reason="key not found in DNS" (2048-bit key) header.d=expert.test header.b="ab=c"'
GMAIL = (
    "mx.google.com; dkim=pass header.i=@expert.test header.s=x header.b=AbC; spf=pass (google.com: domain of"
    " guru@expert.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=guru@expert.test;"
    " dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=expert.test"
)


def test_opendkims_reason_and_comment_are_read() -> None:
    results = read_results(OPENDKIM)
    assert results is not None
    (dkim,) = results.results
    assert (results.authserv_id, dkim.method, dkim.result) == ("mx.column.test", "dkim", "fail")
    assert "key not found in dns" in dkim.reason
    assert dkim.properties == {"header.d": "expert.test", "header.b": "ab=c"}


def test_three_results_in_one_field() -> None:
    results = read_results(GMAIL)
    assert results is not None
    assert [(r.method, r.result) for r in results.results] == [("dkim", "pass"), ("spf", "pass"), ("dmarc", "pass")]
    assert results.results[1].properties["smtp.mailfrom"] == "guru@expert.test"
    assert results.results[2].properties["header.from"] == "expert.test"


@pytest.mark.parametrize(
    ("value", "authserv_id", "methods"),
    [
        ("mx.example 1; none", "mx.example", []),
        ("mx.example/1 ; DKIM/1 = Pass header.d = a.example", "mx.example/1", ["dkim"]),
        ("(we) mx.example (us); spf=pass", "mx.example", ["spf"]),
        ('"mx.example"; spf=pass', "mx.example", ["spf"]),
        ("mx.example; spf=pass; ; =; dkim; dkim=; dkim=none", "mx.example", ["spf", "dkim"]),
        ("mx.example; x=(a; dkim=pass); spf=pass", "mx.example", ["spf"]),
        ('mx.example; spf=none smtp.mailfrom="a; dkim=pass"@b.example', "mx.example", ["spf"]),
        ("mx.example; spf=pass (open; dkim=pass", "mx.example", ["spf"]),
    ],
)
def test_what_can_be_read_is_read(value: str, authserv_id: str, methods: list[str]) -> None:
    results = read_results(value)
    assert results is not None
    assert results.authserv_id == authserv_id
    assert [result.method for result in results.results] == methods


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"x@victim.example"@evil.example', "@evil.example"),
        ('a"@victim.example"@evil.example', "@evil.example"),
        ('"a b"."x@victim.example"@evil.example', "@evil.example"),
        ("prvs=12=guru@expert.example", "prvs=12=guru@expert.example"),
        ("smtp.mfrom=x@victim.example@evil.example", "@evil.example"),
        ('"guru@expert.example"', "guru@expert.example"),
        ('x@"victim.example"', ""),
        ('"x@victim.example"evil', ""),
        ('"x@victim.example', ""),
        ('"victim.example"x', ""),
        ("x@victim.example y@evil.example", ""),
        ("victim.example @evil.example", ""),
        ("guru@expert.example smtp.helo=a.example", "guru@expert.example"),
        ("guru@expert.example (a comment)", "guru@expert.example"),
    ],
)
def test_the_domain_is_behind_the_last_at_sign_outside_quotes(written: str, read: str) -> None:
    results = read_results(f"mx.example; spf=pass smtp.mailfrom={written}; none")
    assert results is not None
    properties = results.results[0].properties
    assert properties["smtp.mailfrom"].endswith(read)
    assert bool(properties["smtp.mailfrom"]) == bool(read)
    assert "smtp.mfrom" not in properties


def test_a_name_in_a_value_is_no_property() -> None:
    results = read_results("mx.example; dkim=pass header.i=header.d=victim.example; spf=pass smtp.mailfrom=a@b.example")
    assert results is not None
    assert results.results[0].properties == {"header.i": "header.d=victim.example"}


@pytest.mark.parametrize("value", ["", " ", ";", "; dkim=pass", "(mx.example)", "x" * (LONGEST_VALUE + 1)])
def test_a_field_that_names_nobody_says_nothing(value: str) -> None:
    assert read_results(value) is None


@given(st.text(alphabet='ab.=;()"\\ \t@', max_size=300))
def test_any_text_can_be_read(value: str) -> None:
    read_results(value)


@pytest.mark.parametrize("unit", ["(", ")", '"', "\\", "a;", "a=b;", "a;b=(", "a=b c=d ", "a=b=", '"a" ', '"a"', "(\\"])
def test_it_takes_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        began = time.process_time()
        read_results((unit * length)[:length])
        return time.process_time() - began

    quarter = min(seconds(LONGEST_VALUE // 4) for _ in range(3))
    assert min(seconds(LONGEST_VALUE) for _ in range(3)) < 8 * quarter + 0.05, "16 times as long, where it is quadratic"
