"""What our border wrote becomes pass, none or fail; what others wrote becomes nothing."""

import pytest

from app.domain.authentication import Authentication, AuthResult, Pinned
from app.mail.alignment import is_aligned
from app.mail.authenticate import Border

AUTHOR = "guru@expert.test"
US = "mx.column.test"
RECEIVED = f"Received: from mx.expert.test (1.2.3.4) by {US} (Postfix) with ESMTP"
RIG = (  # as opendmarc, its SPF, and opendkim wrote them for one genuine mail
    f"Authentication-Results: {US}; dmarc=pass (p=quarantine dis=none) header.from=expert.test",
    f"Authentication-Results: {US}; spf=pass smtp.mailfrom=expert.test",
    f'Authentication-Results: {US};\r\n\tdkim=pass (2048-bit key; unprotected) header.d=expert.test header.b="xY"',
)


def judged(*head: str, hosts: tuple[str, ...] = (), author: str = AUTHOR) -> Authentication:
    return Border((US,), hosts)("\r\n".join([*head, f"From: {author}", "", "words"]).encode(), author)


def of(*results: str, author: str = AUTHOR) -> AuthResult:
    return judged(*(f"Authentication-Results: {US}; {result}" for result in results), RECEIVED, author=author).result


def test_three_fields_of_ours_are_one_result() -> None:
    found = judged(*RIG, RECEIVED)
    assert found == Authentication(AuthResult.PASS, ("expert.test",), "expert.test")


@pytest.mark.parametrize(
    ("results", "result"),
    [
        (["dkim=pass header.d=expert.test"], "pass"),
        (["dkim=pass header.d=mail.expert.test"], "pass"),
        (["dkim=pass header.i=@expert.test"], "pass"),
        (["spf=pass smtp.mailfrom=bounce@mail.expert.test"], "pass"),
        (["dmarc=pass header.from=expert.test"], "pass"),
        (["dmarc=none header.from=expert.test", "dkim=pass header.d=expert.test"], "pass"),
        (["dmarc=pass"], "none"),
        (["dmarc=pass header.from=evil.test"], "none"),
        (["dmarc=bestguesspass header.from=expert.test"], "none"),
        (["dkim=pass header.d=evil.test"], "none"),
        (["dkim=pass"], "none"),
        (["spf=pass smtp.mailfrom=x@evil.test"], "none"),
        (['spf=pass smtp.mailfrom="x@expert.test"@evil.test'], "none"),
        (['dkim=pass header.i="x@expert.test"@evil.test'], "none"),
        (["dkim=pass header.i=header.d=expert.test"], "none"),
        (["spf=pass smtp.mailfrom=x@expert.test y@evil.test"], "none"),
        (['spf=pass smtp.mailfrom="x@evil.test"@expert.test'], "pass"),
        (["spf=pass smtp.helo=expert.test"], "none"),
        (["spf=fail smtp.mailfrom=expert.test", "dmarc=none header.from=expert.test"], "none"),
        (["none"], "none"),
        ([], "none"),
        (["dkim=temperror header.d=expert.test"], "none"),
        (["dkim=permerror (bad key) header.d=expert.test"], "none"),
        (['dkim=fail reason="key not found in DNS" header.d=expert.test'], "none"),
        (["dkim=fail (no key for signature) header.d=expert.test"], "none"),
        (
            ['dkim=fail reason="key not found in DNS" header.d=expert.test', "dmarc=fail header.from=expert.test"],
            "none",
        ),
        (["dkim=fail header.d=expert.test"], "none"),
        (['dkim=fail reason="signature verification failed" header.d=expert.test'], "fail"),
        (["dkim=fail (body hash did not verify) header.d=expert.test"], "fail"),
        (["dkim=fail (body hash did not verify) header.d=evil.test"], "none"),
        (["dkim=fail (bad signature) header.d=expert.test", "dkim=pass header.d=expert.test"], "pass"),
        (["dmarc=fail (p=none) header.from=expert.test"], "fail"),
        (["dmarc=fail header.from=expert.test", "dmarc=pass header.from=expert.test"], "fail"),
        (["dkim=pass header.d=expert.test", "dmarc=fail header.from=expert.test"], "fail"),
    ],
)
def test_results_are_weighed(results: list[str], result: str) -> None:
    assert of(*results) == result


@pytest.mark.parametrize(
    "head",
    [
        [RECEIVED, *RIG],
        [*(field.replace(US, "mx.evil.test") for field in RIG), RECEIVED],
        [*(field.replace("Authentication-Results", "X-Authentication-Results") for field in RIG), RECEIVED],
        [f"X: {RIG[0]}", RECEIVED],
    ],
    ids=["below Received", "of another border", "another field", "inside another field"],
)
def test_what_is_not_ours_says_nothing(head: list[str]) -> None:
    assert judged(*head).result is AuthResult.NONE


def test_a_border_that_writes_below_its_own_received_is_named_by_its_hosts() -> None:
    """Gmail and Exchange do; a Received line of anybody else ends what is trusted."""
    inner = f"Received: by inner.column.test with LMTP; {US}"
    assert judged(inner, RECEIVED, *RIG, hosts=("inner.column.test", US)).result is AuthResult.PASS
    assert judged(inner, RECEIVED, *RIG, hosts=("inner.column.test",)).result is AuthResult.NONE
    assert judged(RECEIVED.replace(US, "mx.evil.test"), *RIG, hosts=(US,)).result is AuthResult.NONE


def test_a_length_limit_of_her_own_signature_is_seen() -> None:
    limited = "DKIM-Signature: v=1; d=expert.test; s=x;\r\n l=120; bh=l=; b=x"
    assert judged(*RIG, RECEIVED, limited).has_length_limit
    assert not judged(*RIG, RECEIVED, limited.replace("l=120; ", "")).has_length_limit
    assert not judged(*RIG, RECEIVED, limited.replace("expert.test", "list.test")).has_length_limit


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("expert.co.uk", "mail.expert.co.uk", True),
        ("a.expert.co.uk", "b.expert.co.uk", True),
        ("a.co.uk", "b.co.uk", False),
        ("co.uk", "expert.co.uk", False),
        ("one.github.io", "two.github.io", False),
        ("Expert.Co.UK.", "expert.co.uk", True),
        ("bücher.de", "xn--bcher-kva.de", True),
        ("expert.test", "mail.expert.test", True),
        ("a.test", "b.test", False),
        ("test", "expert.test", False),
        ("xexpert.test", "expert.test", False),
        ("", "", False),
        ("a b.expert.co.uk", "expert.co.uk", False),
        ("expert.co.uk\0", "expert.co.uk", False),
    ],
)
def test_alignment_is_by_organisation(one: str, other: str, aligned: bool) -> None:
    assert is_aligned(one, other) is is_aligned(other, one) is aligned


@pytest.mark.parametrize(
    "found",
    [
        Authentication(AuthResult.NONE),
        Authentication(AuthResult.PASS, ("a.example", "b.example"), "a.example", has_length_limit=True),
        Authentication(AuthResult.UNCHECKED),
    ],
)
def test_a_row_holds_all_of_it(found: Authentication) -> None:
    assert Authentication.read(found.wire()) == found


SIGNED = Authentication(AuthResult.PASS, ("a.example",))
SENT = Authentication(AuthResult.PASS, (), "a.example")


@pytest.mark.parametrize(
    ("known", "found", "met"),
    [
        ("", SENT, True),
        ("spf", SENT, True),
        ("spf", SIGNED, True),
        ("none", SENT, True),
        ("dkim=a.example", SIGNED, True),
        ("dkim=a.example", SENT, False),
        ("dkim=b.example", SIGNED, False),
        ("dkim=b.example dkim=a.example", SIGNED, True),
        ("dkim=a.example spf", SENT, True),
    ],
)
def test_a_mail_must_be_as_strong_as_what_is_pinned(known: str, found: Authentication, met: bool) -> None:
    assert Pinned.read(known).is_met_by(found) is met


def test_only_a_stronger_one_raises_it_and_only_her_word_widens_it() -> None:
    assert Pinned().after(SENT).wire() == "spf"
    assert Pinned.read("spf").after(SIGNED).wire() == "dkim=a.example"
    assert Pinned.read("dkim=a.example").after(SENT).wire() == "dkim=a.example"
    assert Pinned.read("dkim=b.example").after(SIGNED).wire() == "dkim=b.example"
    assert Pinned.read("dkim=b.example").widened(SIGNED).wire() == "dkim=a.example dkim=b.example"
    assert Pinned().after(Authentication(AuthResult.NONE)).wire() == ""
    assert Pinned().widened(Authentication(AuthResult.NONE)).wire() == "none"
    assert Pinned.read("none").after(SIGNED).wire() == "dkim=a.example"
    assert Pinned.read("dkim=b.example").widened(Authentication(AuthResult.NONE)).wire() == "dkim=b.example"
    assert Pinned.read("dkim=b.example").widened(SENT).wire() == "dkim=b.example spf"
