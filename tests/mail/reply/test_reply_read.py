import pytest

from app.mail.reply import SegmentKind, published_text, read_reply
from tests.mail.reply.reply_mails import (
    FOOT,
    INTRO,
    LEAD,
    QUESTION,
    SENT,
    SENT_TEXT,
    SHAPES,
    mail,
    marked,
    wrap,
)

ANSWER = (
    "Hi Becky\n\nThe soreness comes from your kneecap, and it is far more common than you think. Stop running "
    "for two weeks and do stability work.\n\nThen start to run again."
)


def read(text: str, *, sent: bytes | None = SENT) -> str:
    return published_text(mail(text), sent=sent)


def cut(text: str, *, sent: bytes | None = SENT) -> list[tuple[str, str]]:
    return [(segment.reason, segment.text.strip()) for segment in read_reply(mail(text), sent=sent).cut]


# What each mail program makes of a reply.


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_exactly_her_words_are_published(shape):
    assert published_text(shape(ANSWER), sent=SENT) == ANSWER


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "s_nail"])
def test_and_without_the_sent_mail_too_where_the_program_marks_its_quote(name):
    assert published_text(SHAPES[name](ANSWER)) == ANSWER


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_is_not_published_is_cut_with_a_reason(shape):
    reply = read_reply(shape(ANSWER), sent=SENT)
    assert {segment.kind for segment in reply.cut} <= {
        SegmentKind.QUOTE,
        SegmentKind.ATTRIBUTION,
        SegmentKind.SIGNATURE,
    }
    assert all(segment.reason and 0 < segment.confidence <= 1 for segment in reply.segments)


def test_a_mail_as_a_partition():
    reply = read_reply(mail("Yes.\n\nOn 9 Jan 2014 Ask The Guru wrote:\n> Hi there,\n>\n-- \nThe Guru\n"), sent=SENT)
    assert [(segment.kind, segment.reason, segment.text) for segment in reply.segments] == [
        ("answer", "new-text", "Yes.\n\n"),
        ("attribution", "attribution-line", "On 9 Jan 2014 Ask The Guru wrote:\n"),
        ("quote", "same-as-sent", "> Hi there,\n>\n"),
        ("signature", "signature-delimiter", "-- \nThe Guru\n"),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n \n", f"{marked(SENT_TEXT)}\n", f"On 9 Jan 2014 Guru wrote:\n{marked(SENT_TEXT)}"]
)
def test_a_reply_with_nothing_new_is_empty(text):
    assert read_reply(mail(text), sent=SENT).is_empty


def test_an_empty_text_has_no_segments():
    assert read_reply(b"", sent=SENT).segments == ()


# Answers between, below and inside the quote.


def test_inline_answers_are_published_in_order():
    first, second, third = (marked(wrap(part, 70)) for part in QUESTION)
    text = f"First a word.\n\n{first}\nHello Becky.\n{second}\n\nRest it.\n\n{third}\nNot yet!\n"
    assert read(text) == f"First a word.\n\nHello Becky.\n\n> {QUESTION[1]}\n\nRest it.\n\n> {QUESTION[2]}\n\nNot yet!"


def test_answers_typed_into_an_unmarked_quote_are_published():
    head = "From: Ask The Guru\nSent: Thursday\nTo: The Guru\nSubject: Becky asks\n\n"
    first = f"See below.\n\n{head}{INTRO}\n\n{LEAD}\n\n{QUESTION[1]}\nRest it.\n"
    assert (
        read(f"{first}{QUESTION[2]}\n\nNot yet!\n\n{FOOT}\n\nGood luck.\n")
        == f"See below.\n\n> {QUESTION[1]}\n\nRest it.\n\n> {QUESTION[2]}\n\nNot yet!\n\nGood luck."
    )


def test_a_line_that_she_changed_inside_the_quote_is_published_whole():
    assert read(f"{marked(LEAD)}\n> I have decided not to run. Good!\n") == "> I have decided not to run. Good!"


def test_a_quote_of_which_she_deleted_half_is_still_a_quote():
    assert (
        read(f"Rest it.\n\n> two days after the run. The soreness was\n> [...]\n{marked(QUESTION[2])}\n") == "Rest it."
    )


def test_text_below_the_quote_is_published():
    assert (
        read(f"Rest it.\n\nOn 9 Jan 2014 Ask The Guru wrote:\n{marked(SENT_TEXT)}\n\nAnd ice it.")
        == "Rest it.\n\nAnd ice it."
    )


def test_words_that_the_client_wrapped_out_of_the_marks_are_quote():
    quoted = marked(SENT_TEXT).replace("delete it, both are fine.", "delete it,\nboth are fine.")
    assert read(f"Rest it.\n\n{quoted}") == "Rest it."


def test_a_url_that_comes_back_in_two_lines_is_quote():
    quoted = marked(f"{LEAD}\n\n{FOOT}").replace("publish?from", "\npublish?from")
    assert read(f"Rest it.\n\n{quoted}") == "Rest it."


# What only looks like a quote.


def test_words_of_the_question_in_her_own_sentence_are_hers():
    text = "You have had knee discomfort from two days after the run, and that tells me that it is the kneecap."
    assert read(text) == text


def test_even_when_they_fill_a_whole_wrapped_line():
    text = "What you say, that you\nhave had knee discomfort from two days after the run\nis how it begins."
    assert read(text).split() == text.split()


SENTENCES = [("You say that you\n", ""), ("", "\nis how it begins."), ("So you\n", "\nnow")]


@pytest.mark.parametrize(("before", "after"), SENTENCES)
def test_even_below_an_unmarked_quote(before, after):
    head = "From: Ask The Guru\nSent: Thursday\nTo: The Guru\nSubject: Becky asks\n\n"
    answer = f"{before}have had knee discomfort from two days after the run{after}"
    assert read(f"{head}{INTRO}\n\n{answer}\n\n{FOOT}\n").split() == answer.split()


def test_a_short_answer_that_stands_in_the_question_is_hers():
    assert read("heat\n\nor leave it") == "heat\n\nor leave it"


@pytest.mark.parametrize(
    "line",
    [
        "> 6 kg",
        "On Tuesday he wrote:",
        "On 9 January 2014 somebody wrote:",
        "From: the older one, and to: the younger one",
        "Sent from my local shop",
        "-- not a signature",
        "Subject: knees",
        "From time to time it is the hip.",
        "-----Original Message-----",
        "To: run\nor not to: run",
    ],
)
@pytest.mark.parametrize("place", ["Rest it.\n\n{}\n\nThen run.", "{}\n\nThen run.", "Rest it.\n{}"])
def test_prose_that_looks_like_mail_is_hers(line, place):
    text = place.format(line)
    assert read(text).split() == text.split()


def test_a_rule_between_two_sections_cuts_nothing():
    text = "Rest it.\n\n---\n\nThen run.\n\n-----\n\nGood luck."
    assert read(text) == text


def test_a_marked_line_is_quote_when_we_do_not_know_what_we_sent():
    assert read("Rest it.\n\n> anything", sent=None) == "Rest it."


def test_a_marked_line_that_we_never_sent_is_published_and_doubtful():
    (segment,) = [
        one for one in read_reply(mail("Carry\n> 6 kg\nThen run."), sent=SENT).segments if one.kind == "unknown"
    ]
    assert (segment.text, segment.reason) == ("> 6 kg\n", "not-in-sent")
    assert segment.confidence <= 0.5


def test_a_line_that_an_mbox_has_marked_is_hers():
    assert read(">From here it is easy.", sent=None) == ">From here it is easy."


# Attribution lines.


@pytest.mark.parametrize(
    "line",
    [
        "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:",
        "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <\nq@column.test> wrote:",
        "On Thu, Jan 9, 2014\nat 8:16 PM Ask The Guru\n<q@column.test>\nwrote:",
        "On 09/01/2014 20:16, Ask The Guru wrote:",
        "Am 09.01.14 um 20:16 schrieb Ask The Guru:",
        "Am Do., 9. Jan. 2014 um 20:16 Uhr schrieb Ask The Guru <\nq@column.test>:",
        "Le jeu. 9 janv. 2014 à 20:16, Ask The Guru <q@column.test> a écrit :",
        "Le 09/01/2014 à 20:16, Ask The Guru a écrit\xa0:",
        "El jue, 9 ene 2014 a las 20:16, Ask The Guru (<q@column.test>) escribió:",
        "Em qui., 9 de jan. de 2014 às 20:16, Ask The Guru <q@column.test> escreveu:",
        "Il giorno gio 9 gen 2014 alle ore 20:16 Ask The Guru <q@column.test> ha scritto:",
        "Op do 9 jan. 2014 om 20:16 schreef Ask The Guru <q@column.test>:",
        "Ask The Guru <q@column.test> wrote:",
        "Ask The Guru schrieb am 09.01.2014 um 20:16:",
        "- Le 2014-01-09 20:16, Ask The Guru a écrit :",
        "2014-01-09 20:16 GMT+01:00 Ask The Guru <q@column.test>:",
        "Ask The Guru <q@column.test> 于2014年1月9日周四 20:16写道：",
        "чт, 9 янв. 2014 г. в 20:16, Ask The Guru <q@column.test> пишет:",
    ],
)
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_attributions_above_a_quote_are_cut(line, sent):
    text = f"Rest it.\n\n{line}\n\n{marked(SENT_TEXT)}\n"
    assert read(text, sent=sent) == "Rest it."
    assert ("attribution-line", line) in cut(text, sent=sent)


def test_her_sentence_directly_above_an_attribution_stays():
    text = f"It is\nthe kneecap.\nOn 9 Jan 2014 Ask The Guru\n<q@column.test> wrote:\n{marked(SENT_TEXT)}"
    assert read(text) == "It is\n\nthe kneecap."


@pytest.mark.parametrize("line", ["As I wrote to anna@expert.test:", "Of the 2 things in 2013 he wrote:"])
def test_her_own_words_that_lead_to_a_quote_stay(line):
    assert read(f"Rest it.\n\n{line}\n{marked(SENT_TEXT)}") == f"Rest it.\n\n{line}"


def test_her_sentence_above_a_name_stays():
    text = f"On the knee I say 2 things.\nAsk The Guru <q@column.test> wrote:\n{marked(SENT_TEXT)}"
    assert "On the knee I say 2 things." in read(text)


def test_words_of_hers_on_the_line_of_an_attribution_stay():
    assert "Rest it." in read(f"Rest it. On 9 Jan 2014, q@column.test wrote:\n{marked(SENT_TEXT)}")


def test_an_attribution_inside_the_marks_is_one():
    line = "> On Jan 9, 2014, at 20:16, Ask The Guru <q@column.test>\n> wrote:\n>"
    assert cut(f"Rest it.\n\n{line}\n{marked(SENT_TEXT)}")[0] == ("attribution-line", line)


# The header block of Outlook.

HEADERS = {
    "en": "From: Ask The Guru <q@column.test>\nSent: Thursday\nTo: The Guru\nSubject: Becky asks",
    "en, bold": "*From:* Ask The Guru\n*Date:* Thursday\n*To:* The Guru\n*Cc:* Anna\n*Subject:* Becky asks",
    "en, long": "From: Ask The Guru\nSent: Thursday\nTo: <guru@expert.test>;\n  <anna@expert.test>\nSubject: x",
    "de": "Von: Ask The Guru\nGesendet: Donnerstag, 9. Januar 2014\nAn: The Guru\nBetreff: Becky asks",
    "fr": "De : Ask The Guru\nEnvoyé : jeudi 9 janvier 2014\nÀ : The Guru\nObjet : Becky asks",
    "es": "De: Ask The Guru\nEnviado: jueves\nPara: The Guru\nAsunto: Becky asks",
    "it": "Da: Ask The Guru\nInviato: giovedì\nA: The Guru\nOggetto: Becky asks",
    "nl": "Van: Ask The Guru\nVerzonden: donderdag\nAan: The Guru\nOnderwerp: Becky asks",
    "ru": "От: Ask The Guru\nОтправлено: четверг\nКому: The Guru\nТема: Becky asks",
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("above", ["", "________________________________\n", "-----Original Message-----\n", "\n"])
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_a_header_block_and_the_quote_below_it_are_cut(headers, above, sent):
    text = f"Rest it.\n\n{above}{headers}\n\nA letter from Becky\n\n{INTRO}\n\n{LEAD}\n\n{QUESTION[1]}\n"
    assert read(text, sent=sent) == "Rest it."


@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_two_headers_are_no_block(sent):
    text = "From: the older one\n\nSubject: knees\n\nRest it."
    assert read(text, sent=sent).split() == text.split()


def test_a_block_above_something_that_we_never_sent_is_kept():
    text = f"{HEADERS['en']}\n\nSomebody else wrote this."
    assert read(text).split() == text.split()


def test_a_forwarded_mail_is_cut_and_named():
    text = f"Look.\n\n---------- Forwarded message ---------\n{HEADERS['en']}\n\nSomebody else wrote this."
    assert [reason for reason, _ in cut(text, sent=None)] == ["header-block", "forwarded-message"]


# Signatures and the lines of telephones.


@pytest.mark.parametrize("delimiter", ["-- ", "--", "--\xa0"])
def test_a_signature_is_cut(delimiter):
    text = f"Rest it.\n\n{delimiter}\nThe Guru\nChartered physiotherapist\nTuesdays to Fridays, by appointment\n"
    assert read(text) == "Rest it."


def test_a_signature_above_the_quote_is_cut():
    assert read(f"Rest it.\n\n-- \nThe Guru\n\nOn 9 Jan 2014 Guru wrote:\n{marked(SENT_TEXT)}") == "Rest it."


def test_much_prose_below_a_delimiter_is_answer():
    prose = "\n".join(["This line of prose is long enough that no signature would have it."] * 4)
    assert read(f"Rest it.\n-- \n{prose}").split()[-4:] == prose.split()[-4:]


def test_a_long_paragraph_in_one_line_below_a_delimiter_is_answer():
    text = "Rest it.\n\n-- \n" + "This prose goes on for a while, as answers do. " * 8
    assert read(text).split() == text.split()


def test_one_line_of_prose_below_a_bare_dash_is_answer():
    text = "Rest it.\n\n--\n\nThis line of prose is long enough that no signature would have it."
    assert read(text).split() == text.split()


@pytest.mark.parametrize("mark", ["P.S. Drink.", "PS: Drink.", "PS\nDrink.", "p.s. drink"])
def test_a_postscript_below_a_signature_is_answer(mark):
    assert read(f"Rest it.\n\n-- \nThe Guru\n\n{mark}").split() == f"Rest it. {mark}".split()


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from my telephone",
        "Sent from my Samsung Galaxy S21 5G",
        "Sent from my iPhone.",
        "Get Outlook for iOS",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Sent from Mail for Windows 10",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Enviado do meu iPhone",
    ],
)
def test_the_line_of_a_telephone_at_the_end_is_cut(line):
    assert read(f"Rest it.\n\n{line}\n\nOn 9 Jan 2014 Guru wrote:\n{marked(SENT_TEXT)}") == "Rest it."
    assert cut(f"Rest it.\n\n{line}") == [("device-line", line)]


@pytest.mark.parametrize("text", ["Sent from my iPhone\n\nRest it.", "It says Sent from my iPhone", "Sent from my Mum"])
def test_anywhere_else_it_is_hers(text):
    assert read(text) == text


# The page.


def test_wrapped_answers_flow_again():
    assert published_text(SHAPES["mutt"](ANSWER), sent=SENT) == ANSWER


def test_line_ends_of_a_flowed_mail_are_her_own():
    text = f"{wrap(ANSWER.split(chr(10))[2], 70)}".replace("\n", " \n") + "\nand this is the next line.\n"
    raw = mail(text, params="; format=flowed")
    assert published_text(raw).endswith("stability work.\n\nand this is the next line.")


def test_a_list_in_html_comes_out_as_a_list():
    raw = mail("<p>Do this:</p><ul><li>rest</li><li>ice</li></ul>", content_type="text/html")
    assert published_text(raw) == "Do this:\n\n- rest\n- ice"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_reply_to_something_else_loses_nothing_of_hers(shape):
    other = mail("Our weekly letter, which shares no passage with the question.")
    assert read_reply(shape(ANSWER), sent=other).published().find("Stop running for two weeks") >= 0
