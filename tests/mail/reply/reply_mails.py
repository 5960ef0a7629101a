"""Replies as mail programs shape them, in real bytes, to one question that we sent."""

import textwrap
from email.message import EmailMessage

QUESTION = [
    "Hi there,",
    (
        "I ran my first marathon two months ago and have had knee discomfort from two days after the run. "
        "The soreness was quite painful for the first few days, so I rested and applied deep heat etc. "
        "It’s really day to day life when I feel it – especially when I first wake up each morning."
    ),
    "I have decided not to run until it feels ok again – would love to hear your thoughts!",
]
INTRO = (
    "Hi Guru, just reply to this mail. What you write is the answer; leave the rest of this mail below it or "
    "delete it, both are fine."
)
LEAD = "Becky asked The Guru for the following Physiotherapy Advice:"
FOOT = "Read it later at https://guru.example/receipt/k7f2m9x4/publish?from=mail&token=0123456789abcdef0123456789"


def wrap(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


SENT_TEXT = "\n\n".join(
    ["A letter from Becky", wrap(INTRO, 70), LEAD, *(wrap(part, 70, "    ") for part in QUESTION), FOOT]
)
SENT_HTML = f"""<html><head><style>p {{ color: red }}</style></head><body><div>Just reply to this mail.</div>
<h1>A letter from Becky</h1><p>Hi Guru, <b>just reply</b>{INTRO.removeprefix("Hi Guru, just reply")}</p>
<table><tr><td><p>{LEAD}</p>{"".join(f"<p>{part}</p>" for part in QUESTION)}</td></tr></table>
<p>Read it later at <a href="https://guru.example/">{FOOT.removeprefix("Read it later at ")}</a></p>
</body></html>
"""


def mail(text: str, *, charset: str = "utf-8", content_type: str = "text/plain", params: str = "") -> bytes:
    head = (
        "From: The Guru <guru@expert.test>\r\nTo: q+412@column.test\r\nSubject: Re: Becky asks\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: {content_type}; charset={charset}{params}\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return head.encode() + text.replace("\n", "\r\n").encode(charset)


def sent_mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Ask The Guru <q+412@column.test>"
    message["To"] = "guru@expert.test"
    message["Subject"] = "Becky asks for Physiotherapy Advice"
    message.set_content(SENT_TEXT)
    message.add_alternative(SENT_HTML, subtype="html")
    return message.as_bytes()


SENT = sent_mail()


def marked(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def gmail(answer: str) -> bytes:
    """Top posting; the attribution is wrapped, the quote comes from the HTML part, wrapped again at 76."""
    quoted = [wrap(part, 74) for part in ["*A letter from Becky*", INTRO, LEAD, *QUESTION, FOOT]]
    attribution = "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <\nq+412-a-long-token@column.test> wrote:"
    return mail(f"{answer}\n\n{attribution}\n\n{marked(chr(10).join(quoted))}\n")


def outlook(answer: str) -> bytes:
    """Top posting; the quote is unmarked, each paragraph one line."""
    head = (
        f"{'_' * 32}\nFrom: Ask The Guru <q+412@column.test>\nSent: Thursday, 9 January 2014 "
        "20:16\nTo: The Guru <guru@expert.test>\nSubject: Becky asks for Physiotherapy Advice\n"
    )
    quoted = "\n\n".join(["A letter from Becky", INTRO, LEAD, *QUESTION, FOOT])
    return mail(f"{answer}\n\n{head}\n{quoted}\n")


def apple_mail(answer: str) -> bytes:
    """Top posting; the attribution is inside the quote."""
    attribution = "> On Jan 9, 2014, at 20:16, Ask The Guru <q+412@column.test> wrote:\n> \n"
    return mail(f"{answer}\n\n{attribution}{marked(SENT_TEXT)}\n")


def thunderbird(answer: str) -> bytes:
    """Bottom posting, format=flowed, a signature."""
    flowed = "\n".join(wrap(line, 70).replace("\n", " \n") for line in answer.split("\n"))
    quoted = marked(SENT_TEXT)
    text = f"On 09/01/2014 20:16, Ask The Guru wrote:\n{quoted}\n\n{flowed}\n\n-- \nThe Guru\nPhysiotherapist\n"
    return mail(text, params="; format=flowed")


def mutt(answer: str) -> bytes:
    """Top posting at 69 columns."""
    wrapped = "\n".join(wrap(line, 69) for line in answer.split("\n"))
    return mail(f"{wrapped}\n\nOn Thu, Jan 09, 2014 at 08:16:01PM +0000, Ask The Guru wrote:\n{marked(SENT_TEXT)}\n")


def s_nail(answer: str) -> bytes:
    """Bottom posting below a quote that is marked by tabs."""
    quoted = "\n".join(f"\t{line}" for line in SENT_TEXT.split("\n"))
    return mail(f"Ask The Guru <q+412@column.test> wrote:\n\n{quoted}\n\n{answer}\n")


def gmail_html(answer: str) -> bytes:
    """No plain part."""
    lines = "".join(f"<div>{line or '<br>'}</div>" for line in answer.split("\n"))
    text = f"""<div dir="ltr">{lines}</div><br><div class="gmail_quote"><div class="gmail_attr">On Thu, Jan 9,
2014 at 8:16 PM Ask The Guru &lt;<a href="mailto:q@column.test">q@column.test</a>&gt; wrote:<br></div>
<blockquote class="gmail_quote">{SENT_HTML}</blockquote></div>"""
    return mail(text, content_type="text/html")


def outlook_html(answer: str) -> bytes:
    lines = "".join(f"<p class=MsoNormal>{line or '&nbsp;'}<o:p></o:p></p>" for line in answer.split("\n"))
    text = f"""<html><head><style>p {{}}</style></head><body><div class=WordSection1>{lines}
<div style='border-top:solid'><p><b>From:</b> Ask The Guru &lt;q@column.test&gt;<br><b>Sent:</b> Thursday, 9 January
2014<br><b>To:</b> guru@expert.test<br><b>Subject:</b> Becky asks</p></div>
{SENT_HTML}</div></body></html>"""
    return mail(text, content_type="text/html")


SHAPES = {
    shape.__name__: shape for shape in (gmail, outlook, apple_mail, thunderbird, mutt, s_nail, gmail_html, outlook_html)
}
