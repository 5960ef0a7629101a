"""What she does to the quote: mends it, takes words out, types into it. The sent mail is known."""

import pytest

from app.mail.reply import extract_text, published_text, read_reply
from tests.mail.reply.reply_mails import FOOT, INTRO, LEAD, QUESTION, SENT, mail, marked, wrap

HEAD = "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:"
BLOCK = (
    "From: Ask The Guru <q@column.test>\nSent: Thursday, 9 January 2014 20:16\n"
    "To: The Guru <guru@expert.test>\nSubject: Becky asks"
)
ANSWER = "It is the kneecap, and it goes away."


def with_marks(*paragraphs: str, width: int = 70) -> bytes:
    quote = "\n>\n".join(marked(wrap(part, width)) for part in paragraphs)
    return mail(f"{ANSWER}\n\n{HEAD}\n{quote}\n")


def without_marks(*paragraphs: str, width: int = 999) -> bytes:
    quote = "\n\n".join(wrap(part, width) for part in paragraphs)
    return mail(f"{ANSWER}\n\n{BLOCK}\n\n{quote}\n")


def hers(raw: bytes) -> str:
    return read_reply(raw, sent=SENT).without_passages().published()


@pytest.fixture(params=[with_marks, without_marks])
def quoted(request):
    return request.param


@pytest.mark.parametrize("width", [30, 55, 72, 999])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("discomfort", "diskomfort"),  # mended
        ("It’s really", "Its realy"),
        ("have had knee discomfort from two", "… from two"),  # taken out
        (" for the first few days", ""),
        ("marathon", "Marathon!!"),
        ("it – especially", "it, especially"),
    ],
)
def test_words_that_she_mended_or_took_out_are_no_answer(quoted, old, new, width):
    edited = QUESTION[1].replace(old, new)
    assert edited != QUESTION[1]
    assert hers(quoted(LEAD, edited, QUESTION[2], width=width)) == ANSWER


@pytest.mark.parametrize("typed", ["NO!", "That is the kneecap.", "[Anna: wait a week, then see me]", "Yes, rest it."])
@pytest.mark.parametrize("after", ["two months ago", "first few days, ", "I feel it", "each morning."])
def test_words_that_she_typed_into_a_line_are_her_answer(quoted, typed, after):
    edited = QUESTION[1].replace(after, f"{after} {typed}", 1)
    shown = hers(quoted(INTRO, LEAD, edited, QUESTION[2], FOOT)).split()
    assert [word for word in shown if word != "–"] == f"{ANSWER} {typed}".split()


@pytest.mark.parametrize("width", [40, 60, 72])
def test_what_her_program_broke_off_below_them_is_quote(width):
    first, rest = QUESTION[1].split("The soreness", 1)
    quote = f"{marked(wrap(first, width))}\nNO!\n{wrap('The soreness' + rest, width)}\n{marked(QUESTION[2])}"
    assert hers(mail(f"{HEAD}\n{quote}\n")) == "NO!"


def test_the_same_word_twice_is_once_hers(quoted):
    edited = QUESTION[2].replace("decided not to", "decided NOT! not to")
    assert hers(quoted(LEAD, QUESTION[1], edited, FOOT)) == f"{ANSWER}\n\nNOT!"


def test_a_short_passage_between_two_answers_is_quote():
    rest = QUESTION[1].split(". ", 1)[1]
    sent = mail(f"{LEAD}\n\n    Is it the shoes?\n\n    {rest}\n\n{FOOT}\n")
    raw = mail(f"{BLOCK}\n\n{LEAD}\n\nYes.\n\nIs it the shoes?\n\nNo.\n\n{rest}\n\nIt heals.\n")
    assert read_reply(raw, sent=sent).without_passages().published() == "Yes.\n\nNo.\n\nIt heals."


@pytest.mark.parametrize("text", ["So {}, and that is it.", "{}: that is what you write.", "You write “{}”, I know."])
@pytest.mark.parametrize("quote", [with_marks, without_marks])
def test_a_sentence_of_hers_around_words_of_ours_is_hers(text, quote):
    sentence = text.format("I ran my first marathon two months ago and have had knee discomfort")
    raw = quote(LEAD, QUESTION[1], QUESTION[2]).replace(ANSWER.encode(), sentence.encode())
    assert hers(raw).split() == sentence.split()


@pytest.mark.parametrize("first", ["It’s", "The", "I"])
def test_a_first_word_that_comes_next_in_ours_is_hers(first):
    """The sent mail goes on with that word."""
    before, after = QUESTION[1].split(first, 1) if first != "I" else ("", QUESTION[1])
    assert after
    text = f"{HEAD}\n{marked(LEAD)}\n>\n{marked(before)}\n{first} will be over in a week, I think.\n"
    assert hers(mail(text)) == f"{first} will be over in a week, I think."


def test_a_name_of_ours_below_her_sign_off_is_hers():
    html = (
        f"<p>{ANSWER}</p><p>Take care,</p><p>The Guru</p><div id=divRplyFwdMsg><b>From:</b> Ask The Guru "
        f"&lt;q@column.test&gt;<br><b>Sent:</b> Thursday<br><b>To:</b> guru@expert.test</div><p>{LEAD}</p>"
        f"<p>{QUESTION[1]}</p><p>Rest it.</p><p>Take care,</p><p>The Guru</p><p>{QUESTION[2]}</p>"
    )
    shown = hers(mail(html, content_type="text/html"))
    assert shown.split() == f"{ANSWER} Take care, The Guru Rest it. Take care, The Guru".split()


def test_a_sign_off_does_not_take_the_quote_with_it():
    edited = QUESTION[1].replace("first few days", "first few days NO!")
    raw = with_marks(LEAD, edited, QUESTION[2]).replace(ANSWER.encode(), f"{ANSWER}\n\nKind regards,\nAnna".encode())
    assert hers(raw).split() == f"{ANSWER} Kind regards, Anna NO!,".split()


def test_two_answers_in_the_two_versions_of_a_mail_are_both_shown():
    quote = f"{LEAD}\n\n{QUESTION[1]}"
    html = f"<p>Run on, softly.</p><div id=divRplyFwdMsg>{BLOCK.replace(chr(10), '<br>')}</div><p>{quote}</p>"
    html = html.replace("<q@column.test>", "").replace("<guru@expert.test>", "guru@expert.test")
    parts = [
        f"Content-Type: text/plain; charset=utf-8\n\nRest the knee.\n\n{BLOCK}\n\n{quote}\n",
        f"Content-Type: text/html; charset=utf-8\n\n{html}\n",
    ]
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    raw = (
        f"From: guru@expert.test\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n{body}".encode()
    )
    for sent in (SENT, None):
        reply = read_reply(raw, sent=sent)
        assert reply.published() == "Run on, softly.\n\nRest the knee."
        assert reply.segments[-1].reason == "other-version"
        assert "".join(one.text for one in reply.segments) == reply.text


LOOKALIKES = [
    "Le lundi, il a écrit :",
    "Le 3 mai à 10:30, il m’a écrit ceci :",
    "Am 3. Mai um 10:30 schrieb mir mein Arzt dazu:",
    "On 3 May at 10:30 my own doctor wrote to me:",
    "El lunes me escribió:",
    "Il lunedì mi ha scritto:",
    "Op maandag schreef hij mij:",
    "W poniedziałek napisał mi:",
    "В понедельник он написал мне:",
    "De : vos vieilles chaussures",
    "Von: den alten Schuhen zu den neuen",
    "Objet : la patience, à tout âge",
    "An: alle mit Knieschmerzen. Betreff: Geduld.",
    "Von meinem Balkon gesendet",
    "Envoyé de mon jardin",
    "Inviato dal mio giardino",
    "Verzonden vanaf mijn balkon",
    "Message d'origine incertaine",
    "Weitergeleitet hat es mein Arzt:",
]


@pytest.mark.parametrize("line", LOOKALIKES)
@pytest.mark.parametrize("width", [36, 52, 72])
def test_no_word_of_prose_in_other_languages_is_lost(line, width):
    long = "Prenez votre temps, und gehen Sie auf weichem Boden, y descanse, e non corra troppo presto."
    text = "\n\n".join([wrap(f"{long} {line} {long}", width), line, wrap(long, width)])
    quote = f"{HEAD}\n{marked(wrap(QUESTION[1], 70))}"
    for sent in (SENT, None):
        assert published_text(mail(f"{text}\n"), sent=sent).split() == text.split()
        assert published_text(mail(f"{text}\n\n{quote}\n"), sent=sent).split() == text.split()
    assert extract_text(text, "text").split() == text.split()
