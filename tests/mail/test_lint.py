"""One good message, and for each rule the one change that breaks it and nothing else."""

from base64 import encodebytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.lint import FORBIDDEN_HEADERS, Envelope, lint_outgoing

ENVELOPE = Envelope("bounce-1@column.example", "becky@example.org")

HEADER = b"""\
From: =?utf-8?q?The_G=C3=BCr=C3=BC?= <guru@column.example>
To: becky@example.org
Reply-To: "The Guru" <q-1@column.example>
Subject: =?utf-8?q?Your_kn=C3=A9e?=
Date: Sun, 01 Mar 2026 09:30:00 +0000
Message-ID: <m1.abc@column.example>
References: <m0.abc@column.example>
 <m00.abc@column.example>
Auto-Submitted: auto-generated
Precedence: bulk
List-ID: The column <digest.column.example>
List-Unsubscribe: <https://column.example/u/t1>,
 <mailto:u-t1@column.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Help: <https://column.example/>
List-Post: NO
Feedback-ID: 2026-W09:weekly:digest:0123456789ab
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_b1"

"""
BODY = b"""\
--=_b1
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Rest the kn=C3=A9e.
--=_b1
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+UmVzdC48L3A+
--=_b1--
"""
GOOD = (HEADER + BODY).replace(b"\n", b"\r\n")
PLAIN = b'Content-Type: text/plain; charset="utf-8"'
LONG_WORD = b"=?utf-8?q?" + b"x" * 64 + b"?="
LARGE_HTML = encodebytes(b"<p>" + b"x" * 105_000).strip()


def rules(message: bytes, envelope: Envelope = ENVELOPE) -> list[str]:
    return [violation.rule for violation in lint_outgoing(message, envelope)]


def changed(old: bytes, new: bytes) -> bytes:
    """The good message with one change; \\n stands for CRLF."""
    old, new = (text.replace(b"\n", b"\r\n") for text in (old, new))
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_the_good_message_breaks_no_rule() -> None:
    assert lint_outgoing(GOOD, ENVELOPE) == []


WIRE = {
    "bare-cr": GOOD.replace(b"Rest the", b"Rest\rthe"),
    "bare-lf": GOOD.replace(b"Rest the", b"Rest\nthe"),
    "nul": GOOD.replace(b"Rest the", b"Rest\x00the"),
    "eight-bit": GOOD.replace(b"=C3=A9e.", b"\xc3\xa9e."),
    "line-too-long": GOOD.replace(b" <m00.abc@column.example>", b" <" + b"x" * 999 + b"@column.example>"),
    "last-line-open": GOOD.removesuffix(b"\r\n"),
}

_SIGNED = (
    "from:from:to:subject:date:message-id:reply-to:in-reply-to:references:list-id:list-unsubscribe"
    ":list-unsubscribe-post:mime-version:content-type"
)


def _dkim(names: str, extra: str = "") -> bytes:
    return f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; {extra}h={names}; bh=x; b=y\n".encode()


HEADERS = [
    ("header-missing", b"Date: Sun, 01 Mar 2026 09:30:00 +0000\n", b""),
    ("header-missing", b"Subject: =?utf-8?q?Your_kn=C3=A9e?=\n", b""),
    ("header-missing", b"Message-ID: <m1.abc@column.example>\n", b""),
    ("header-missing", b"From: =?utf-8?q?The_G=C3=BCr=C3=BC?= <guru@column.example>\n", b""),
    ("header-missing", b"To: becky@example.org\n", b""),
    ("header-missing", b"MIME-Version: 1.0\n", b""),
    ("header-missing", b'Content-Type: multipart/alternative; boundary="=_b1"\n', b""),
    *(
        ("header-repeated", line, line + line)
        for line in (
            b"From: =?utf-8?q?The_G=C3=BCr=C3=BC?= <guru@column.example>\n",
            b"To: becky@example.org\n",
            b'Reply-To: "The Guru" <q-1@column.example>\n',
            b"Subject: =?utf-8?q?Your_kn=C3=A9e?=\n",
            b"Date: Sun, 01 Mar 2026 09:30:00 +0000\n",
            b"Message-ID: <m1.abc@column.example>\n",
            b"References: <m0.abc@column.example>\n <m00.abc@column.example>\n",
            b"Auto-Submitted: auto-generated\n",
            b"Precedence: bulk\n",
            b"List-ID: The column <digest.column.example>\n",
            b"List-Unsubscribe: <https://column.example/u/t1>,\n <mailto:u-t1@column.example>\n",
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n",
            b"MIME-Version: 1.0\n",
            b'Content-Type: multipart/alternative; boundary="=_b1"\n',
        )
    ),
    ("header-repeated", b"MIME-Version", b"cc: a@x.org\nCC: a@x.org\nMIME-Version"),
    ("header-unknown", b"MIME-Version", b"X-Priority: 1\nMIME-Version"),
    ("header-unknown", b"Content-Transfer-Encoding: base64", b"X-Part: 1\nContent-Transfer-Encoding: base64"),
    *(("header-forbidden", b"MIME", name.encode() + b": evil@x.org\nMIME") for name in FORBIDDEN_HEADERS),
    ("header-malformed", b"MIME-Version", b"Bcc evil@x.org\nMIME-Version"),
    ("header-malformed", b"MIME-Version", b"Precedence : bulk\nMIME-Version"),
    ("header-malformed", b"Precedence: bulk\n", b"Precedence: bulk\n \t\n"),
    ("header-malformed", b"From: =?utf-8?q?The_G=C3=BCr", b" folded\nFrom: =?utf-8?q?The_G=C3=BCr"),
    ("header-control", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?a=0ABcc=3A_evil=40x=2Eorg?="),
    ("header-control", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?UTF-8?B?YQpCY2M6IGV2aWxAeC5vcmc=?="),
    ("header-control", b"=?utf-8?q?The_G=C3=BCr=C3=BC?=", b"=?utf-8?q?a=0D=0ABcc?="),
    ("header-control", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?a=E2=80=A8b?="),
    ("header-control", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?a=C2=85b?="),
    ("header-control", b"=?utf-8?q?Your_kn=C3=A9e?=", b"a\x1bb"),
    ("header-control", b"The column", b"The\x7fcolumn"),
    ("encoded-word-misplaced", b"The column <", b"=?utf-8?q?C=C3=B6l?= <"),
    ("encoded-word-misplaced", b"<m0.abc@column.example>", b"=?utf-8?q?=3Cm0?="),
    ("encoded-word-misplaced", b"To: becky@example.org", b"To: becky@=?utf-8?q?b=C3=BCcher?=.example"),
    ("encoded-word-misplaced", b"<q-1@column.example>", b"<=?utf-8?q?q?=@column.example>"),
    ("encoded-word-misplaced", b'"The Guru"', b'"The =?utf-8?q?G=C3=BCr=C3=BC?= "'),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"a=?utf-8?q?Your_kn=C3=A9e?="),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?Your_kn=C3=A9e?=s"),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?Your kn=C3=A9e?="),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?Your_kn=C3?= =?utf-8?q?=A9e?="),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?Your_kn=C3=A9e"),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?Your_kn=Ce?="),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?b?a?="),
    ("encoded-word-malformed", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?x-unknown?q?Your_knee?="),
    ("encoded-word-too-long", b"=?utf-8?q?Your_kn=C3=A9e?=", LONG_WORD),
    ("encoded-word-line", b"=?utf-8?q?Your_kn=C3=A9e?=", b"=?utf-8?q?a?= " * 6 + b"=?utf-8?q?b?="),
    (
        "mailbox-malformed",
        b"=?utf-8?q?The_G=C3=BCr=C3=BC?= <guru@column.example>",
        b"guru@column.example, a@x.org",
    ),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b'"The Guru <q-1@column.example>'),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b"a@x.org <q-1@column.example>"),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b"<a@x.org> <q-1@column.example>"),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b"Us: q-1@column.example;"),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b'"q 1"@column.example'),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b"q-1@column.example (The Guru)"),
    ("mailbox-malformed", b'"The Guru" <q-1@column.example>', b""),
    ("mailbox-malformed", b"To: becky@example.org", b"To: becky@example.org, a@x.org"),
    ("mailbox-malformed", b"MIME-Version", b"Sender: a@b@x.org\nMIME-Version"),
    ("mailbox-malformed", b"MIME-Version", b"Cc: a@x.org, b@x.org\nMIME-Version"),
    ("to-not-recipient", b"To: becky@example.org", b"To: tom@example.org"),
    ("date-malformed", b"09:30:00 +0000", b"09:30:00 GMT"),
    ("date-malformed", b"09:30:00 +0000", b"09:30:00"),
    ("date-malformed", b"09:30:00 +0000", b"24:30:00 +0000"),
    ("date-malformed", b"Sun, 01 Mar 2026", b"Mon, 01 Mar 2026"),
    ("date-malformed", b"Sun, 01 Mar 2026", b"Sun, 31 Feb 2026"),
    ("date-malformed", b"Sun, 01 Mar 2026", b"Sun, 01 M\xc3r 2026".replace(b"\xc3", b"a ")),
    ("date-malformed", b"Sun, 01 Mar 2026 09:30:00 +0000", b"2026-03-01T09:30:00Z"),
    ("message-id-malformed", b"<m1.abc@column.example>", b"m1.abc@column.example"),
    ("message-id-malformed", b"<m1.abc@column.example>", b"<m1.abc>"),
    ("message-id-malformed", b"<m1.abc@column.example>", b"<m1@abc@column.example>"),
    ("message-id-malformed", b"<m1.abc@column.example>", b"<m1 abc@column.example>"),
    ("message-id-malformed", b"<m1.abc@column.example>", b"<m1@column.example> <m2@column.example>"),
    ("message-id-domain", b"<m1.abc@column.example>", b"<m1.abc@localhost>"),
    ("mime-version", b"MIME-Version: 1.0", b"MIME-Version: 2.0"),
    ("auto-submitted", b"auto-generated", b"yes"),
    ("precedence", b"bulk", b"first-class"),
    ("list-id", b"The column <digest.column.example>", b"The column"),
    ("list-unsubscribe", b"<https://column.example/u/t1>", b"<http://column.example/u/t1>"),
    ("list-unsubscribe", b"<https://column.example/u/t1>,\n ", b""),
    ("list-unsubscribe", b"\n <mailto:u-t1@column.example>", b"<mailto:u-t1@column.example>"),
    ("list-unsubscribe-post", b"List-Unsubscribe=One-Click", b"List-Unsubscribe=one-click"),
    ("list-post", b"List-Post: NO", b"List-Post: <mailto:column@column.example>"),
    ("list-help", b"<https://column.example/>", b"https://column.example/"),
    ("feedback-id", b"2026-W09:weekly:digest:0123456789ab", b"becky@example.org"),
    ("list-header-missing", b"List-Post: NO\n", b""),
    ("list-header-missing", b"Feedback-ID: 2026-W09:weekly:digest:0123456789ab\n", b""),
    ("list-header-missing", b"Auto-Submitted: auto-generated\n", b""),
    ("list-header-outside-list", b"List-ID: The column <digest.column.example>\n", b""),
    ("dkim-unsigned", b"MIME-Version", _dkim("from:to:subject") + b"MIME-Version"),
    ("dkim-unsigned", b"MIME-Version", _dkim(_SIGNED.removeprefix("from:")) + b"MIME-Version"),
    ("dkim-unsigned", b"MIME-Version", _dkim(_SIGNED.replace(":list-unsubscribe-post", "")) + b"MIME-Version"),
    ("dkim-signature", b"MIME-Version", _dkim(_SIGNED, extra="l=9; ") + b"MIME-Version"),
    ("list-unsubscribe-pair", b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", b""),
    (
        "list-unsubscribe-pair",
        b"List-Unsubscribe: <https://column.example/u/t1>,\n <mailto:u-t1@column.example>\n",
        b"",
    ),
]

BODIES = [
    ("content-type-malformed", b'multipart/alternative; boundary="=_b1"', b"multipart"),
    ("content-type-malformed", b'boundary="=_b1"', b'boundary="=_b1'),
    ("content-type-malformed", b'boundary="=_b1"', b'boundary="=_b1"; boundary="=_b2"'),
    ("content-type-unexpected", b"multipart/alternative;", b"multipart/mixed;"),
    ("content-type-unexpected", b'multipart/alternative; boundary="=_b1"', b"text/html"),
    ("transfer-encoding", b"Content-Transfer-Encoding: quoted-printable", b"Content-Transfer-Encoding: 8bit"),
    ("transfer-encoding", b"MIME-Version", b"Content-Transfer-Encoding: base64\nMIME-Version"),
    ("boundary-malformed", b'; boundary="=_b1"', b""),
    ("boundary-malformed", b'boundary="=_b1"', b'boundary="=_b1 "'),
    ("boundary-malformed", b'boundary="=_b1"', b'boundary="' + b"x" * 71 + b'"'),
    ("boundary-open", b"--=_b1--\n", b""),
    ("boundary-in-part", b"Content-Transfer-Encoding: base64", b"Content-Language: x=_b1"),
    ("text-outside-parts", b"\n--=_b1\n" + PLAIN, b"\nhidden\n--=_b1\n" + PLAIN),
    ("text-outside-parts", b"--=_b1--\n", b"--=_b1--\nhidden\n"),
    ("text-outside-parts", b"--=_b1--\n", b"--=_b1--\n--=_b1--\n"),
    ("alternative-parts", b"text/html", b"text/plain"),
    ("alternative-parts", b"text/html", b"text/calendar"),
    ("alternative-parts", b"--=_b1--\n", b"--=_b1\n" + PLAIN + b"\n\nmore\n--=_b1--\n"),
    ("encoded-body-line", b"Rest the kn", b"x" * 80),
    ("encoded-body-line", b"PHA+UmVzdC48L3A+", b"PHA+" * 20),
    ("encoded-body-malformed", b"the kn=C3=A9e", b"kn=E"),
    ("encoded-body-malformed", b"PHA+UmVzdC48L3A+", b"PHA+*"),
    ("encoded-body-malformed", b"PHA+UmVzdC48L3A+", b"PHA+U"),
    ("charset", b"the kn=C3=A9e", b"kn=E9e"),
    ("charset", PLAIN, b"Content-Type: text/plain; charset=us-ascii"),
    ("charset", PLAIN, b"Content-Type: text/plain; charset=utf-7"),
    ("text-blank", b"Rest the kn=C3=A9e.", b" =20=09"),
    ("html-too-large", b"PHA+UmVzdC48L3A+", LARGE_HTML),
]


@pytest.mark.parametrize(("rule", "message"), WIRE.items(), ids=WIRE)
def test_broken_lines_are_found(rule: str, message: bytes) -> None:
    assert message != GOOD
    assert rules(message) == [rule]


@pytest.mark.parametrize("line_end", [b"", b"\r\n"])
def test_a_message_that_is_all_header_is_found(line_end: bytes) -> None:
    header = GOOD.partition(b"\r\n\r\n")[0] + line_end
    found = rules(header.replace(b'multipart/alternative; boundary="=_b1"', b"text/plain"))
    assert found == [*([] if line_end else ["last-line-open"]), "header-open", "text-blank"]


@pytest.mark.parametrize(("rule", "old", "new"), HEADERS)
def test_a_broken_header_is_found_and_nothing_else(rule: str, old: bytes, new: bytes) -> None:
    assert rules(changed(old, new)) == [rule]


@pytest.mark.parametrize(("rule", "old", "new"), BODIES)
def test_a_broken_body_is_found_and_nothing_else(rule: str, old: bytes, new: bytes) -> None:
    assert rules(changed(old, new)) == [rule]


@pytest.mark.parametrize(
    ("rule", "envelope"),
    [
        *(
            ("envelope-sender", ENVELOPE._replace(sender=address))
            for address in (
                "bounce",
                "bounce@bücher.example",
                "bounce@x.org\r\nDATA",
                "x" * 65 + "@x.org",
                "a@b@c.org",
            )
        ),
        ("envelope-sender", ENVELOPE._replace(sender="b@" + "x." * 127 + "xx")),
        ("to-not-recipient", ENVELOPE._replace(recipient="tom@example.org")),
    ],
)
def test_a_broken_envelope_is_found(rule: str, envelope: Envelope) -> None:
    assert rules(GOOD, envelope) == [rule]


@pytest.mark.parametrize("recipient", ["", "becky", "böb@example.org", "becky@bücher.example", "<becky@example.org>"])
def test_a_broken_recipient_is_found(recipient: str) -> None:
    assert rules(GOOD, ENVELOPE._replace(recipient=recipient)) == ["envelope-recipient", "to-not-recipient"]


def test_a_mail_that_must_not_bounce_has_no_sender() -> None:
    assert rules(GOOD, ENVELOPE._replace(sender="")) == ["list-without-return"]
    personal = GOOD[: GOOD.index(b"Precedence")] + GOOD[GOOD.index(b"MIME-Version") :]
    assert rules(personal, ENVELOPE._replace(sender="")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: =?utf-8?q?Your_kn=C3=A9e?=", b"Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0ABcc=3F=3D?="),
        (b"Subject: =?utf-8?q?Your_kn=C3=A9e?=", b"subject:Your\n\tknee"),
        (b"To: becky@example.org", b'To: "Thatcher, Becky \\"B\\" <a@x.org>" <becky@example.org>'),
        (b"To: becky@example.org", b"To: Becky Thatcher\n <becky@example.org>"),
        (b"<m1.abc@column.example>", b"<m1.abc@Column.Example>"),
        (b"auto-generated", b"auto-replied; owner-email=x"),
        (b"Sun, 01 Mar 2026 09:30:00 +0000", b"Sun, 1 Mar 2026 09:30:00 -0330"),
        (b'boundary="=_b1"', b'boundary="=_b1"; charset=utf-8'),
        (b"Content-Transfer-Encoding: quoted-printable\n\nRest the kn=C3=A9e.", b"\nRest."),
    ],
)
def test_what_is_unusual_but_right_breaks_no_rule(old: bytes, new: bytes) -> None:
    assert rules(changed(old, new)) == []


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.text('=?":;<>@-\r\n \tab\\').map(str.encode), st.text(), st.integers(0, len(GOOD)))
def test_any_bytes_may_come_in(octets: bytes, address: str, at: int) -> None:
    lint_outgoing(octets, Envelope(address, address))
    lint_outgoing(GOOD[:at] + octets + GOOD[at:], ENVELOPE)
    assert lint_outgoing(GOOD[:at], ENVELOPE) or at == len(GOOD)


@pytest.mark.parametrize("unit", [b'"\\', b"=?", b"=?utf-8?q?", b"<", b"(", b"a: b\r\n", b"\r\n ", b"\r\n\r\n", b"\r"])
@pytest.mark.parametrize("before", [b"", b"From: ", b'Reply-To: "\\"', b"List-ID: ", b"Content-Type: a/b"])
def test_a_large_hostile_message_takes_no_long_time(before: bytes, unit: bytes) -> None:
    assert lint_outgoing(before + unit * 100_000, ENVELOPE)


def test_many_different_headers_take_no_long_time() -> None:
    message = b"".join(b"X-%d: a\r\n" % number for number in range(50_000))
    assert rules(message).count("header-unknown") == 50_000
