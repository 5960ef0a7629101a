"""Which typed addresses are taken, what they become on the wire, and how a page shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.address import BadAddress, is_wire_address, mask, normalise_address, same_address


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("becky@example.org", "becky@example.org"),
        ("  becky@example.org\u00a0", "becky@example.org"),
        ("Becky.Thatcher@EXAMPLE.org", "Becky.Thatcher@example.org"),
        ("Postmaster@example.org", "Postmaster@example.org"),
        ("becky+column@example.org", "becky+column@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("bob@bücher.example", "bob@xn--bcher-kva.example"),
        ("bob@BÜCHER.example", "bob@xn--bcher-kva.example"),
        ("bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
        ("bob@faß.example", "bob@xn--fa-hia.example"),
        ("bob@例え.テスト", "bob@xn--r8jz45g.xn--zckzah"),
        ("bob@example。org", "bob@example.org"),
        ("guru@column.example", "guru@column.example"),
        ("guru@clinic.example", "guru@clinic.example"),
        ("guru@clinic.test", "guru@clinic.test"),
        ("guru@mail.localhost", "guru@mail.localhost"),
        ("guru@office.local", "guru@office.local"),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ],
)
def test_an_address_is_taken_and_becomes_its_wire_form(typed: str, wire: str) -> None:
    assert normalise_address(typed) == wire
    assert normalise_address(wire) == wire


@pytest.mark.parametrize(
    ("problem", "typed"),
    [
        ("missing", ""),
        ("missing", "   "),
        ("no-at", "becky"),
        ("no-at", "becky＠example.org"),
        ("two-ats", "becky@example@org"),
        ("two-ats", "becky@example.org,tom@example.org"),
        ("two-ats", '"a@b"@example.org'),
        ("bad-domain", "becky@"),
        ("bad-domain", "becky@example"),
        ("bad-domain", "becky@localhost"),
        ("bad-domain", "becky@example..org"),
        ("bad-domain", "becky@.example.org"),
        ("bad-domain", "becky@example.org."),
        ("bad-domain", "becky@-example.org"),
        ("bad-domain", "becky@my_host.example"),
        ("bad-domain", "becky@192.0.2.1"),
        ("bad-domain", "becky@printer.invalid"),
        ("bad-domain", "becky@" + "x" * 64 + ".example"),
        ("bad-domain", "becky@=?utf-8?q?b=C3=BCcher?=.example"),
        ("bad-domain", "becky@💩\u200d.example"),
        ("non-ascii-local", "böb@example.org"),
        ("non-ascii-local", "bоb@example.org"),  # a Cyrillic о
        ("too-long", "x" * 65 + "@example.org"),
        ("too-long", "becky@" + "x." * 130 + "org"),
        ("too-long", "x" * 64 + "@" + "ü." * 25 + "example"),
        ("too-long", "x" * 100_000),
        ("malformed", "@example.org"),
        ("malformed", ".becky@example.org"),
        ("malformed", "becky..t@example.org"),
        ("malformed", "becky @example.org"),
        ("malformed", '"becky"@example.org'),
        ("malformed", '"becky t"@example.org'),
        ("malformed", "becky(work)@example.org"),
        ("malformed", "becky@example.org(work)"),
        ("malformed", "becky@[192.0.2.1]"),
        ("malformed", "Becky <becky@example.org>"),
        ("malformed", "<becky@example.org>"),
        ("malformed", "becky@example.org, tom"),
        ("malformed", "becky@example.org\n"),
        ("malformed", "becky@example.org\r\nBcc:tom"),
        ("malformed", "becky\x00@example.org"),
        ("malformed", "becky@example.org\x85"),
        ("malformed", "becky@exam\u2028ple.org"),
        ("malformed", "becky\udc80@example.org"),
        ("malformed", "=?utf-8?q?becky?=@example.org"),
    ],
)
def test_an_address_is_refused_with_its_problem(problem: str, typed: str) -> None:
    with pytest.raises(BadAddress) as refused:
        normalise_address(typed)
    assert refused.value.problem == problem
    assert isinstance(refused.value, ValueError)


@given(st.text() | st.from_regex(r"[^@]{1,20}@[^@]{1,20}\.[a-z]{2,5}", fullmatch=True))
def test_whatever_is_typed_becomes_a_wire_address_or_a_problem(typed: str) -> None:
    try:
        wire = normalise_address(typed)
    except BadAddress:
        return
    assert is_wire_address(wire)
    assert normalise_address(wire) == wire


def test_an_address_is_the_same_in_another_case() -> None:
    assert same_address("becky@example.org", "Becky@Example.ORG")
    assert not same_address("becky@example.org", "becky+1@example.org")
    assert not same_address("becky@example.org", "becky@example.com")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("tom@example.org", "t…m@example.org"),
        ("becky.thatcher@example.org", "b…r@example.org"),
        ("al@example.org", "a…@example.org"),
        ("x@example.org", "…@example.org"),
        ("no address", "…"),
        ("", "…"),
    ],
)
def test_a_masked_address_hides_the_local_part(address: str, shown: str) -> None:
    assert mask(address) == shown
