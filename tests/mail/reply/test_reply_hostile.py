"""Mail that was written to hurt: each is read, or refused by name, and twice as much takes about twice as long."""

import time

import pytest

from app.mail.reply import read_reply
from app.mail.reply.decode import decode_mail
from tests.mail.reply.test_reply_properties import holds_together

HTML = b"Content-Type: text/html\n\n"
TEXT = b"Content-Type: text/plain\n\n"
UNITS = {
    "parentheses": (TEXT, b"("),
    "one line": (TEXT, b"word "),
    "quoted lines": (TEXT, b"> quoted\n"),
    "flowed": (b"Content-Type: text/plain; format=flowed\n\n", b"> x \n"),
    "base64": (b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n", b"A=\n"),
    "quoted-printable": (b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n", b"=3D=\n"),
    "subject": (b"Subject: ", b"Re: "),
    "encoded words": (b"Subject: ", b"=?utf-8?q?a?= "),
    "divisions": (HTML, b"<div>"),
    "closed before opened": (HTML + b"<div>" * 150, b"</section>"),
    "tables": (HTML, b"<table><tr><td>x<td>y"),
    "rows": (HTML + b"<table>", b"<tr><td>x<td>y"),
    "lists": (HTML, b"<ul><li>x"),
    "block quotes": (HTML, b"<blockquote>x"),
    "quotes": (HTML, b"<blockquote type=cite>x</blockquote>y"),
    "headers": (HTML, b"<div style='border-top:solid #E1E1E1 1pt;padding:3pt'>a: b<br>c: d</div>"),
    "outlook": (HTML, b"<div id=divRplyFwdMsg>a: b</div>"),
    "signatures": (HTML, b"<div class=gmail_signature>x</div>"),
    "bold": (HTML, b"<b>x"),
    "links": (HTML, b"<a href=http://x.test/>y</a> "),
    "attributes": (HTML + b"<a ", b"x=1 "),
    "odd quotes": (HTML, b"<a '<b \"' "),
    "comments": (HTML, b"<!-- x"),
    "declarations": (HTML, b"<!x"),
    "styles": (HTML, b"<style>x"),
    "numbers": (HTML + b"&#", b"9"),
    "references": (HTML, b"&amp;&"),
}


@pytest.mark.parametrize(("head", "unit"), UNITS.values(), ids=UNITS)
def test_decoding_grows_with_the_mail_and_not_faster(head, unit):
    """Twice the mail in at most 2.5 times the time; the clock of a busy machine gets three attempts."""
    half, whole = (head + unit * (size // len(unit)) for size in (50_000, 100_000))
    assert any(_time(whole) <= 2.5 * _time(half) + 0.02 for _ in range(3))


def _time(raw: bytes) -> float:
    start = time.process_time()
    decode_mail(raw)
    return time.process_time() - start


@pytest.mark.parametrize(("head", "unit"), UNITS.values(), ids=UNITS)
def test_hostile_mail_is_read(head, unit):
    assert holds_together(read_reply(head + unit * (20_000 // len(unit))))


BOUNDARIES = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(1_000))


@pytest.mark.parametrize(
    "raw",
    [
        BOUNDARIES,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
        b"Content-Type: message/rfc822\n\n" * 100_000,
        TEXT + b"x\n" * 200_000,
        HTML + b"<b>x</b>" * 60_000,
        b'Content-Type: text/plain\nContent-Disposition: attachment; filename="' + b";" * 100_000 + b'"\n\nx',
        TEXT + b"x" * 13_000_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(200))
        + b"x\n" * 200_000,
    ],
    ids=[
        "nested parts",
        "many parts",
        "nested mails",
        "many lines",
        "many tags",
        "many parameters",
        "much text",
        "nested parts of many lines",
    ],
)
def test_what_is_beyond_the_limits_is_unreadable_by_name_and_at_once(raw):
    start = time.process_time()
    reply = read_reply(raw)
    assert reply.outcome == "unreadable"
    assert not reply.segments
    assert time.process_time() - start < 2


def test_a_sent_mail_beyond_the_limits_is_as_good_as_none():
    assert read_reply(TEXT + b"Rest it.", sent=BOUNDARIES).published() == "Rest it."
