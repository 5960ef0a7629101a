"""Forms of mail that could make a reader slow or large, from 100 KB to 10 MB: time for each byte, peak of memory.

    python -m bench.reply --growth [--form NAME]

Each mail is read in a fresh process (this module, called with a form and a size), with the sent mail known. A form
grows linearly when a byte of the largest mail that is read takes at most twice the time of one of the smallest; what
is beyond the limits of app/mail/reply/limits.py has to be refused within two seconds and 256 MB.
"""

import base64
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from app.mail.reply import read_reply

SIZES = (100_000, 1_000_000, 10_000_000)
MOST_SECONDS, MOST_MB, MOST_GROWTH = 2.0, 256, 2.0
NOISE = 0.05  # seconds, in which nothing can be told apart
PROSE = b"Keep the stairs; going down, your thighs are the brakes, and brakes can be trained at any age. "
WRAPPED = (
    b"Keep the stairs; going down, your thighs are the brakes, and\n"
    b"brakes can be trained at any age. Do not run until the knee\nfeels well again, and then only on soft ground.\n\n"
)
ATTRIBUTION = b"On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <column@guru.example> wrote:"
TEXT = b"Content-Type: text/plain; charset=utf-8\n\n"
HTML = b"Content-Type: text/html; charset=utf-8\n\n"
FLOWED = b"Content-Type: text/plain; charset=utf-8; format=flowed\n\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
LETTER = b"    My left knee creaks on the stairs, only on the way down. Should I worry, or oil it?\n"
SENT = TEXT + LETTER * 20
Form = Callable[[int], bytes]


def _repeated(head: bytes, unit: bytes) -> Form:
    return lambda size: head + unit * (size // len(unit))


def _encoded(head: bytes, unit: bytes) -> Form:
    head += b"Content-Transfer-Encoding: base64\n\n"
    return lambda size: head + base64.encodebytes(unit * (size * 3 // 4 // len(unit)))


def _nested(size: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(size // 52))


def _twice(size: int) -> bytes:
    plain, rich = PROSE * (size // 2 // len(PROSE)), (b"<p>" + PROSE) * (size // 2 // 98)
    head = b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
    return head + plain + b"\n--b\nContent-Type: text/html\n\n" + rich + b"\n--b--\n"


def _styles(size: int) -> bytes:
    return HTML + b"".join(b"<p style='margin:%dpx' class=c%d id=i%d>x</p>" % (i, i, i) for i in range(size // 46))


_UNITS = {
    "prose": (TEXT, PROSE * 20 + b"\n\n"),
    "wrapped": (TEXT, WRAPPED),
    "wrapped, one block": (TEXT, WRAPPED[:-1]),
    "quotes and answers": (TEXT, b"> " + PROSE[:60] + b"\n> more\n\nMy answer to this.\n\n"),
    "quoted lines": (TEXT, b"> " + PROSE[:60] + b"\n"),
    "short lines": (TEXT, b"ab\n"),
    "one line": (TEXT, b"word "),
    "one word": (TEXT, b"w"),
    "flowed": (FLOWED, b"> x \n"),
    "flowed, one paragraph": (FLOWED, b"words that go on \n"),
    "attributions": (TEXT, ATTRIBUTION + b"\n"),
    "attributions in one line": (TEXT, ATTRIBUTION + b" "),
    "attributions, wrapped": (TEXT, b"On Thu, Jan 9, 2014 at 8:16 PM\nAsk The Guru\n"),
    "attributions and quotes": (TEXT, ATTRIBUTION + b"\n> x\ny\n"),
    "headers": (TEXT, b"From: a@b.test\nSent: Monday 10:30\nTo: x\nSubject: y\n\n"),
    "recipients": (TEXT, b"To: a@b.test\n"),
    "cards": (TEXT, b"Anna Smith\nTel: 123456789\n\n"),
    "devices": (TEXT, b"Sent from my iPhone\n"),
    "disclaimers": (TEXT, b"confidential intended recipient in error\n"),
    "delimiters": (TEXT, b"-- \n"),
    "armours": (TEXT, b"-----BEGIN PGP SIGNED MESSAGE-----\n"),
    "quote marks in a line": (TEXT, b"> "),
    "addresses": (TEXT, b"a@"),
    "links": (TEXT, b"<https://example.com/> "),
    "ideographs": (TEXT, "膝が痛い。".encode()),
    "combining marks": (TEXT + b"a", "\u0301".encode()),
    "wrong charset": (TEXT, b"\xff"),
    "the letter again": (TEXT, LETTER),
    "the letter quoted": (TEXT, b"> " + LETTER.strip() + b"\n"),
    "HTML paragraphs": (HTML, b"<p><b>" + PROSE + b"</b>" + PROSE + b"</p>\n"),
    "HTML block quotes, open": (HTML, b"<blockquote type=cite>x"),
    "HTML block quotes, closed": (HTML, b"<blockquote type=cite>xyz</blockquote>y<br>"),
    "HTML tables, open": (HTML, b"<table><tr><td>x<td>y"),
    "HTML rows": (HTML + b"<table>", b"<tr><td>x</td><td>y</td></tr>"),
    "HTML cells": (HTML + b"<table><tr>", b"<td>x</td>"),
    "HTML divisions": (HTML, b"<div>"),
    "HTML bold": (HTML, b"<b>x</b>y"),
    "HTML lists": (HTML, b"<ul><li>x"),
    "HTML comments": (HTML, b"<!-- x"),
    "HTML brackets": (HTML, b"<"),
    "HTML quotes": (HTML + b"<a ", b"'"),
    "parts": (MIXED, b"--b\n\nx\n"),
    "nested mails": (b"", b"Content-Type: message/rfc822\n\n"),
    "boundaries that are none": (MIXED + b"--b\n\n", b"--c\n"),
    "quoted-printable": (b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n", b"=3D=\n"),
    "winmail": (b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\0\0", b"\x01\x90\x06\0\0\0\0\0\0\0\0"),
    "From of parentheses": (b"From: ", b"("),
    "encoded words": (b"Subject: ", b"=?utf-8?q?a?= "),
    "folded subject": (b"Subject: a", b"\n b"),
    "headers of the mail": (b"", b"X-A: b\n"),
    "parameters": (b"Content-Type: text/plain", b"; a*0=b"),
    "semicolons": (b'Content-Type: text/plain\nContent-Disposition: attachment; filename="', b";"),
}
_SIGNS = {f"runs of {name}": (TEXT, sign) for name, sign in [
    ("(", b"("), ("<", b"<"), (">", b">"), ("-", b"-"), ("_", b"_"), ("*", b"*"), (":", b":"), ("spaces", b" "),
    ("tabs", b"\t"), ("line ends", b"\n"), ("no-break spaces", b"\xc2\xa0"), ("NUL", b"\0"), ("digits", b"1"),
]}  # fmt: skip
FORMS: dict[str, Form] = {
    **{name: _repeated(head, unit) for name, (head, unit) in {**_UNITS, **_SIGNS}.items()},
    "base64 of text": _encoded(b"Content-Type: text/plain; charset=utf-8\n", PROSE + b"\n"),
    "base64 of line ends": _encoded(b"Content-Type: text/plain; charset=utf-8\n", b"\n"),
    "an attachment": _encoded(b"Content-Type: application/pdf\nContent-Disposition: attachment\n", b"%PDF xyz"),
    "nested parts": _nested,
    "plain and HTML": _twice,
    "HTML, each tag another": _styles,
}


def measure(form: str, size: int) -> dict[str, float | str]:
    """In a process of its own: seconds of CPU, peak of memory in MB, and the outcome."""
    argv = [sys.executable, "-m", "bench.growth", form, str(size)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    result: dict[str, float | str] = json.loads(done.stdout)
    return result


def growth(only: str | None = None) -> dict[str, dict[str, float | str]]:
    """Prints a line for each form; returns for each its worst figures, and "" or what is wrong with them."""
    found = {}
    for form in [only] if only else FORMS:
        runs = [measure(form, size) for size in SIZES]
        found[form] = _summary(runs)
        figures = "".join(f"{run['seconds']:8.2f} s{run['mb']:5.0f} MB {run['outcome']:12}" for run in runs)
        sys.stdout.write(f"{form:26}{figures} {found[form]['problem']}\n")
        sys.stdout.flush()
    return found


def _summary(runs: list[dict[str, float | str]]) -> dict[str, float | str]:
    seconds, peaks = [float(run["seconds"]) for run in runs], [float(run["mb"]) for run in runs]
    read = [s / size for s, size, run in zip(seconds, SIZES, runs, strict=True) if run["outcome"] != "unreadable"]
    is_told = len(read) > 1 and max(seconds) > NOISE
    factor = (read[-1] / read[0]) if is_told else 1.0
    problems = [
        "grows" if factor > MOST_GROWTH else "",
        "slow" if max(seconds) > MOST_SECONDS else "",
        "large" if max(peaks) > MOST_MB else "",
    ]
    return {"seconds": max(seconds), "mb": max(peaks), "factor": factor, "problem": " ".join(filter(None, problems))}


def main(form: str, size: int) -> None:
    raw = FORMS[form](size)
    began = time.process_time()
    reply = read_reply(raw, sent=SENT)
    reply.published()
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    sys.stdout.write(json.dumps({"seconds": round(spent, 3), "mb": round(peak), "outcome": reply.outcome}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
