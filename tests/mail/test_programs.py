"""Replies as mail programs write them: genuine MIME, each with its own shape, and no word of hers lost."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.programs import Program, compose_reply
from app.mail.programs.lines import flow, wrap

TOKEN = "q-3f8k2m9xw7c1d5v0@column.example"
ASKED_AT = datetime(2014, 1, 9, 20, 16, tzinfo=UTC)
ANSWERED_AT = datetime(2014, 1, 11, 9, 5, 7, tzinfo=timezone(timedelta(hours=-5)))
QUESTION = """\
Dear Guru,

Becky asks for Physiotherapy Advice:

    I have started running again after two years and now the outside of
    my left knee hurts – mostly when I go down the stairs.

    Should I stop running altogether until it’s gone, or may I go on?

Simply reply to this mail. Your answer will be published under your name.
"""
QUESTION_HTML = (
    '<!DOCTYPE html>\n<html><head><style>p { margin: 0 }</style></head>\n<body style="color: black">\n'
    "<p>Dear Guru,</p>\n<blockquote>Should I stop running altogether?</blockquote>\n</body></html>\n"
)
ANSWER = """\
Hello Becky,

it’s most likely your iliotibial band – runners know it well… Rest it for a week or two, \
cool it after every walk, and begin with short distances; two kilometres on level ground are plenty \
for the first days.
From then on add ten per cent a week, no more.
> 2 of 10 on the pain scale means: stop for the day.
.
& <b>never</b> run "through" it; see https://example.org/a/very/long/address/that/no/program/may/break/anywhere/at/all
    for the stretches.

Your Guru"""
SIGNATURE = "Anna Guru\nPhysiotherapist, 14 High Street"


def question_mail(**headers: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    named = {
        "From": "Ask The Guru <column@guru.example>",
        "Reply-To": f"Ask The Guru <{TOKEN}>",
        "To": "Anna Guru <anna@expert.example>",
        "Subject": "Becky asks for Physiotherapy Advice",
        "Date": "Thu, 09 Jan 2014 20:16:00 +0000",
        "Message-ID": "<m2.3f8k@column.example>",
        "References": "<m0.3f8k@column.example> <m1.3f8k@column.example>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in named.items():
        if value:
            mail[name] = value
    mail.set_content(QUESTION)
    mail.add_alternative(QUESTION_HTML, subtype="html")
    return mail.as_bytes()


def reply(
    program: Program,
    text: str = ANSWER,
    *,
    signature: str | None = None,
    original: bytes | None = None,
    sender_name: str = "Anna Guru",
    at: datetime = ANSWERED_AT,
) -> tuple[str, bytes]:
    return compose_reply(
        program,
        original=original or question_mail(),
        sender_name=sender_name,
        sender="anna@expert.example",
        text=text,
        at=at,
        signature=signature,
    )


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def unflowed(text: str) -> str:
    """RFC 3676 backwards, quote marks kept."""
    paragraphs, open_ended = [""], False
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        content = line[marks:].removeprefix(" ")
        paragraphs[-1:] = [paragraphs[-1] + content] if open_ended else [paragraphs[-1], line[:marks] + content]
        open_ended = content.endswith(" ") and content != "-- "
    return "\n".join(paragraphs[1:])


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    text = part.get_content().replace("\r\n", "\n")
    return unflowed(text) if part.get_param("format") == "flowed" else text


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def seen(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style.*?</style>", " ", markup, flags=re.DOTALL)))


def text_parts(mail: EmailMessage) -> Iterator[str]:
    yield plain(mail)
    if mail.is_multipart():
        yield seen(html(mail))


def in_order(words: list[str], text: str) -> bool:
    rest = iter(text.split())
    return all(word in rest for word in words)


def holds(part: str, text: str, program: Program) -> bool:
    """All her words in order, and nothing between them but the quotes that she answers line by line."""
    unbroken = " ".join(text.split()) in " ".join(part.split())
    return unbroken or (program == Program.INLINE and in_order(text.split(), part))


def defects(mail: EmailMessage) -> list[object]:
    found: list[object] = []
    for part in mail.walk():
        found += [*part.defects, *(each for header in part.values() for each in header.defects)]
    return found


every_program = pytest.mark.parametrize("program", Program)
top_posting = pytest.mark.parametrize("program", [each for each in Program if each not in ("thunderbird", "inline")])


@every_program
@pytest.mark.parametrize("signature", [None, SIGNATURE])
@pytest.mark.parametrize("text", [ANSWER, "Rest it.", "É un po’ – 日本語 ✓", ""])
def test_genuine_mime(program: Program, signature: str | None, text: str) -> None:
    recipient, raw = reply(program, text, signature=signature)
    mail = parsed(raw)
    assert defects(mail) == []
    assert recipient == TOKEN == mail["To"].addresses[0].addr_spec
    assert mail["From"].addresses[0].addr_spec == "anna@expert.example"
    assert mail["Date"].datetime == ANSWERED_AT
    assert mail["MIME-Version"].major == 1
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@every_program
@pytest.mark.parametrize("signature", [None, SIGNATURE])
def test_every_word_in_order(program: Program, signature: str | None) -> None:
    mail = parsed(reply(program, signature=signature)[1])
    for text in text_parts(mail):
        assert holds(text, ANSWER, program)


@every_program
def test_lines_that_transports_misread(program: Program) -> None:
    lines = plain(parsed(reply(program)[1])).split("\n")
    assert "> 2 of 10 on the pain scale means: stop for the day." in lines
    assert "." in lines
    assert any(line.startswith("From then on") for line in lines)
    assert "    for the stretches." in lines


@every_program
@pytest.mark.parametrize("spaced", ["a  b\tc  d", "Il coûte 10\xa0€ – « cher »…", "e\u0301 \u202fx"])
def test_spacing_that_is_hers(program: Program, spaced: str) -> None:
    assert spaced in plain(parsed(reply(program, spaced)[1])).split("\n")


@every_program
def test_line_ends_of_a_web_form(program: Program) -> None:
    mail = parsed(reply(program, ANSWER.replace("\n", "\r\n"))[1])
    assert all(in_order(ANSWER.split(), text) for text in text_parts(mail))


@every_program
def test_a_word_longer_than_smtp_allows(program: Program) -> None:
    word = "x" * 1500
    mail = parsed(raw := reply(program, f"See {word} there")[1])
    assert defects(mail) == []
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert all(in_order(["See", word, "there"], text) for text in text_parts(mail))


@every_program
def test_threading(program: Program) -> None:
    mail = parsed(reply(program)[1])
    assert mail["In-Reply-To"] == "<m2.3f8k@column.example>"
    assert mail["References"].split() == [f"<m{n}.3f8k@column.example>" for n in range(3)]
    assert mail["Subject"] == "Re: Becky asks for Physiotherapy Advice"


@every_program
def test_first_reply_of_a_thread(program: Program) -> None:
    mail = parsed(reply(program, original=question_mail(References=""))[1])
    assert mail["References"] == mail["In-Reply-To"] == "<m2.3f8k@column.example>"


@every_program
def test_original_without_message_id(program: Program) -> None:
    mail = parsed(reply(program, original=question_mail(References="", Message_ID=""))[1])
    assert "References" not in mail
    assert "In-Reply-To" not in mail
    assert defects(mail) == []


@every_program
@pytest.mark.parametrize("subject", ["Re: Your question", "RE: Your question", "re: Frage – Übung"])
def test_re_is_not_doubled(program: Program, subject: str) -> None:
    assert parsed(reply(program, original=question_mail(Subject=subject))[1])["Subject"] == subject


@every_program
@pytest.mark.parametrize("subject", ["Übung – Größe…", "x" * 300, "word " * 60 + "end", "=?odd?= subject"])
def test_subjects_that_need_care(program: Program, subject: str) -> None:
    mail = parsed(reply(program, original=question_mail(Subject=subject))[1])
    assert mail["Subject"] == f"Re: {subject}"
    assert defects(mail) == []


@every_program
@pytest.mark.parametrize(
    "name", ["", "Guru, Anna", 'Anna "the" Guru', "Änne Gürü", "Dr. A. Guru", "a\r\nBcc: b@c.example"]
)
def test_her_name(program: Program, name: str) -> None:
    mail = parsed(reply(program, sender_name=name)[1])
    assert mail["From"].addresses[0].display_name == " ".join(name.split())
    assert mail["Bcc"] is None
    assert defects(mail) == []


@every_program
def test_recipient_without_reply_to(program: Program) -> None:
    recipient, raw = reply(program, original=question_mail(Reply_To=""))
    assert recipient == parsed(raw)["To"].addresses[0].addr_spec == "column@guru.example"


def test_nobody_to_reply_to() -> None:
    with pytest.raises(ValueError, match="nobody to reply to"):
        reply(Program.GMAIL, original=b"Subject: hello\r\n\r\nhello\r\n")


@every_program
@pytest.mark.parametrize(
    "original",
    [
        b"From: column@guru.example\nSubject: ?\n\nOnly text\n",
        b"From: column@guru.example\nContent-Type: text/html\n\n<body><p>Only &amp;<br>text</p></body>",
        b"From: column@guru.example\nDate: yesterday\n\n",
        b"From: column@guru.example\nDate: Thu, 9 Jan 2014 20:16:00 -0000\n\n> earlier\n>> before\n-- \nX\n",
    ],
)
def test_poor_originals(program: Program, original: bytes) -> None:
    mail = parsed(reply(program, original=original)[1])
    assert defects(mail) == []
    assert all(in_order(ANSWER.split(), text) for text in text_parts(mail))


MESSAGE_IDS = {
    Program.GMAIL: r"<CA\+[\w-]{47}@mail\.gmail\.com>",
    Program.OUTLOOK: r"<(AM9PR\d\dMB\d{4})[0-9A-F]{25}@\1\.eurprd04\.prod\.outlook\.com>",
    Program.APPLE_MAIL: r"<[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}@expert\.example>",
    Program.THUNDERBIRD: r"<[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@expert\.example>",
    Program.PLAIN69: r"<[\w-]{16}@expert\.example>",
    Program.INLINE: r"<[\w-]{16}@expert\.example>",
}


@every_program
def test_message_id(program: Program) -> None:
    first, second = (str(parsed(reply(program)[1])["Message-ID"]) for _ in range(2))
    assert re.fullmatch(MESSAGE_IDS[program], first)
    assert first != second


def quoted_lines(mark: str = "> ", blank: str = "> ") -> str:
    return "\n".join(mark + line if line else blank for line in QUESTION.strip("\n").split("\n"))


@top_posting
def test_her_text_stands_on_top_with_the_signature_below_it(program: Program) -> None:
    text = plain(parsed(reply(program, "Rest it.", signature=SIGNATURE)[1]))
    assert text.startswith(f"Rest it.\n\n-- \n{SIGNATURE}\n\n")


def test_gmail() -> None:
    mail = parsed(reply(Program.GMAIL)[1])
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(part["Content-Transfer-Encoding"] == "quoted-printable" for part in mail.iter_parts())
    assert all(part.get_param("charset") == "UTF-8" for part in mail.iter_parts())
    text, markup = plain(mail), html(mail)
    # by her clock, five hours behind the column's; U+202F before PM
    attribution = "\n\nOn Thu, Jan 9, 2014 at 3:16\u202fPM Ask The Guru <column@guru.example> wrote:\n\n"
    assert text.endswith(attribution + quoted_lines(blank=">") + "\n")
    assert all(len(line) <= 76 for line in text.split("\n") if "https:" not in line)
    assert markup.startswith('<div dir="ltr"><div>Hello Becky,</div><div><br></div>')
    assert '</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On ' in markup
    assert (
        'wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        'border-left:1px solid rgb(204,204,204);padding-left:1ex"><p>Dear Guru,</p>'
    ) in markup
    assert "<body" not in markup
    assert "DOCTYPE" not in markup


def test_gmail_wraps_a_long_attribution_before_the_address() -> None:
    original = question_mail(From="Ask The Guru of the Clinic <column@guru-of-the-clinic.example>")
    text = plain(parsed(reply(Program.GMAIL, original=original)[1]))
    head = "\nOn Thu, Jan 9, 2014 at 3:16\u202fPM Ask The Guru of the Clinic <\n"
    assert f"{head}column@guru-of-the-clinic.example> wrote:\n\n" in text


def test_gmail_signature_in_html() -> None:
    markup = html(parsed(reply(Program.GMAIL, signature=SIGNATURE)[1]))
    assert '<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature"' in markup


@pytest.mark.parametrize(
    ("text", "charset", "encoding"),
    [
        ("plain", "Windows-1252", "quoted-printable"),  # the quoted question has typographic signs
        ("Größe", "Windows-1252", "quoted-printable"),
        ("日本語", "utf-8", "base64"),
    ],
)
def test_outlook_takes_the_narrowest_charset(text: str, charset: str, encoding: str) -> None:
    mail = parsed(reply(Program.OUTLOOK, text)[1])
    for part in mail.iter_parts():
        assert part.get_param("charset") == charset
        assert part["Content-Transfer-Encoding"] == encoding
    assert f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' in html(mail)


def test_outlook() -> None:
    mail = parsed(reply(Program.OUTLOOK)[1])
    assert mail["Thread-Topic"] == "Becky asks for Physiotherapy Advice"
    assert mail["Date"].datetime.utcoffset() == timedelta(0)
    assert plain(mail).endswith(
        "\n\n________________________________\n"
        "From: Ask The Guru <column@guru.example>\n"
        "Sent: Thursday, January 9, 2014 3:16 PM\n"
        "To: Anna Guru <anna@expert.example>\n"
        f"Subject: Becky asks for Physiotherapy Advice\n\n{QUESTION}"
    )
    markup = html(mail)
    assert '<div class="elementToProof" style="' in markup
    assert (
        '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font '
    ) in markup
    assert (
        "<b>From:</b> Ask The Guru &lt;column@guru.example&gt;<br>\n"
        "<b>Sent:</b> Thursday, January 9, 2014 3:16 PM<br>\n"
    ) in markup
    assert markup.index("divRplyFwdMsg") < markup.index("<p>Dear Guru,</p>")


def test_apple_mail() -> None:
    raw = reply(Program.APPLE_MAIL)[1]
    mail = parsed(raw)
    assert mail["X-Mailer"].startswith("Apple Mail (2.")
    assert b"Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(" in raw
    attribution = "> On Jan 9, 2014, at 15:16, Ask The Guru <column@guru.example> wrote:"
    assert plain(mail).rstrip("\n").endswith(f"\n\n{attribution}\n> \n{quoted_lines()}")
    # soft line ends stand after a space, and no line begins with the mark of a mailbox file
    assert b"after every walk, and =\r\nbegin with short" in raw
    assert b"\r\n=46rom then on" in raw
    markup = html(mail)
    assert '<blockquote type="cite"><div>On Jan 9, 2014, at 15:16, Ask The Guru &lt;<a href=' in markup
    assert '<br class="Apple-interchange-newline"><div><p>Dear Guru,</p>' in markup


def test_thunderbird() -> None:
    raw = reply(Program.THUNDERBIRD, signature=SIGNATURE)[1]
    mail = parsed(raw)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_param("format") == "flowed"
    assert (mail["Content-Transfer-Encoding"], mail["Content-Language"]) == ("8bit", "en-GB")
    text = mail.get_content().replace("\r\n", "\n")
    assert text.startswith(f"On 1/9/14 15:16, Ask The Guru wrote:\n{quoted_lines(blank='>')}\n\nHello Becky,\n\n")
    assert text.endswith(f"\n\nYour Guru\n\n-- \n{SIGNATURE}\n")
    # RFC 3676: flowed lines end in a space, and what would be misread is stuffed with one
    assert "runners know it well… Rest it \nfor a week" in text
    assert "\n From then on" in text
    assert "\n > 2 of 10" in text
    assert "\n     for the stretches." in text
    assert all(len(line) <= 78 for line in text.split("\n") if "https:" not in line)


def test_thunderbird_keeps_quoted_lines_as_long_as_they_were() -> None:
    original = b"From: column@guru.example\n\n" + b"word " * 40 + b"\n>> older\n-- \nThe column\n"
    text = parsed(reply(Program.THUNDERBIRD, original=original)[1]).get_content().replace("\r\n", "\n")
    assert f"wrote:\n> {'word ' * 39}word\n>>> older\n> -- \n> The column\n\nHello" in text


def test_plain69() -> None:
    mail = parsed(reply(Program.PLAIN69)[1])
    assert (mail.get_content_type(), mail["Content-Disposition"]) == ("text/plain", "inline")
    hers, quote = plain(mail).split("\n\nOn Thu, Jan 09, 2014 at 08:16:00PM +0000, Ask The Guru wrote:\n")
    assert quote == quoted_lines() + "\n"
    assert all(len(line) <= 69 for line in hers.split("\n") if "https:" not in line)
    # every newline that she typed is a hard break
    assert "\n.\n" in hers
    assert hers.endswith("\n    for the stretches.\n\nYour Guru")


@pytest.mark.parametrize(
    ("text", "charset", "encoding"),
    [("Rest", "us-ascii", None), ("Größe", "iso-8859-1", "8bit"), ("it’s", "utf-8", "8bit")],
)
@pytest.mark.parametrize("program", [Program.PLAIN69, Program.INLINE])
def test_mutt_takes_the_narrowest_charset(program: Program, text: str, charset: str, encoding: str | None) -> None:
    mail = parsed(reply(program, text, original=b"From: a@guru.example\n\nHm?\n")[1])
    assert mail.get_param("charset") == charset
    assert mail["Content-Transfer-Encoding"] == encoding


def test_inline() -> None:
    text = plain(parsed(reply(Program.INLINE, "First.\n\nSecond,\nsecond.\n\nThird.\n\nFourth.", signature="Anna")[1]))
    assert text == (
        "On Thu, Jan 09, 2014 at 08:16:00PM +0000, Ask The Guru wrote:\n"
        "> Dear Guru,\n> \n> Becky asks for Physiotherapy Advice:\n> \n"
        ">     I have started running again after two years and now the outside of\n"
        ">     my left knee hurts – mostly when I go down the stairs.\n"
        "\nFirst.\n\n"
        ">     Should I stop running altogether until it’s gone, or may I go on?\n"
        "\nSecond,\nsecond.\n\n"
        "> Simply reply to this mail. Your answer will be published under your name.\n"
        "\nThird.\n\nFourth.\n\n-- \nAnna\n"
    )


def test_inline_under_a_question_that_is_not_set_in() -> None:
    original = b"From: a@guru.example\n\nOne?\n\nTwo?\n\nThree?\n"
    text = plain(parsed(reply(Program.INLINE, "First.\n\nSecond.", original=original)[1]))
    assert text.partition("wrote:\n")[2] == "> One?\n\nFirst.\n\n> Two?\n\nSecond.\n\n> Three?\n"


typed = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(" >.-\n"), max_size=400)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(" >.-"), max_size=400)


@given(lines, st.integers(1, 90))
def test_wrapping_keeps_every_word(line: str, width: int) -> None:
    rows = wrap(line, width)
    assert " ".join(rows).split() == line.split()
    assert all(len(row) <= width or " " not in row.strip(" ") for row in rows)


@given(lines)
def test_flowing_keeps_every_word(line: str) -> None:
    assert unflowed("\n".join(flow(line))).split() == line.split()


@every_program
@settings(max_examples=40, deadline=None)
@given(text=typed)
def test_any_text_survives(program: Program, text: str) -> None:
    mail = parsed(reply(program, text)[1])
    assert defects(mail) == []
    assert all(holds(part, text, program) for part in text_parts(mail))
