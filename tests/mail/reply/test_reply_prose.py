"""What only looks like mail: nothing of it may be lost, with and without the sent mail."""

import pytest

from app.mail.reply import published_text
from tests.mail.reply.reply_mails import QUESTION, SENT, mail, marked, wrap

PROSE = [
    "On Tuesday he wrote:",
    "On 9 May at 10:30 he wrote:",
    "On day 3 at 7:30 she wrote to the club, and I wrote:",
    "On weeks 2 and 3 mail anna@clinic.test how it goes:",
    "As I wrote to anna@clinic.test:",
    "Am Montag schrieb er mir:",
    "Le lundi 3 il a écrit:",
    "I told Anna <anna@clinic.test> what I wrote:",
    "From: the older one, to: the younger one",
    "From: the older one",
    "To: run or not to run",
    "Subject: knees",
    "Date: any day will do",
    "From Monday to Friday: rest",
    "Sent from my local shop",
    "Sent from my Mum with love",
    "Get ice for the knee",
    "Von meinem Balkon gesendet",
    "Via the stairs: no",
    "-- and so on",
    "---",
    "- rest",
    "-rest",
    "* * *",
    "P.S. Drink water.",
    "PS: Drink water.",
    "Best",
    "Original message of the knee: stop.",
    "Forwarded to a surgeon, most people stop running.",
    "Reply to your body above all.",
    "Tel: ask your doctor",
    "1. Rest it",
    "2 pm: ice",
    "2014 was a good year for knees:",
    "5 kg",
    "10:30 walk, 11:30 rest",
    "Anna Smith",
    "www.knees.test",
    "Call me on +44 1632 960417",
    "This is confidential between you and your doctor.",
    "Do not delete the app, and notify your coach.",
    "In a message dated long ago he writes:",
]
PLACES = {
    "above": "{}\n\nRest it for a while.\n\nThen run.",
    "between": "Rest it for a while.\n\n{}\n\nThen run.",
    "within": "Rest it for a while, says he, and\n{}\nthen run.",
    "below": "Rest it for a while.\n\nThen run, and mind:\n{}",
}


@pytest.mark.parametrize("line", PROSE)
@pytest.mark.parametrize("place", ["above", "between", "within", "below"])
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_no_word_of_prose_is_lost(line, place, sent):
    text = PLACES[place].format(line)
    assert published_text(mail(text), sent=sent).split() == text.split()


@pytest.mark.parametrize("line", PROSE)
def test_nor_above_and_below_a_quote(line):
    quote = f"On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:\n{marked(QUESTION[1])}"
    text = PLACES["between"].format(line)
    for sent in (SENT, None):
        assert published_text(mail(f"{text}\n\n{quote}\n"), sent=sent).split() == text.split()
        assert published_text(mail(f"{quote}\n\n{text}\n"), sent=sent).split() == text.split()


@pytest.mark.parametrize("width", [40, 55, 72])
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_nor_in_hard_wrapped_paragraphs_made_of_such_lines(width, sent):
    long = "Take your time with it, walk on soft ground, and stop whenever the knee says so, at once."
    text = "\n\n".join(wrap(f"{long} {line} {long}", width) for line in PROSE if not line.startswith((">", "-", "*")))
    assert published_text(mail(text), sent=sent).split() == text.split()


SECTIONS = [
    "First, rest.\n\n---\n\nSecond, walk.\n\n-----\n\nThird, run.",
    "First, rest.\n\n____________\n\nSecond, walk on soft ground for a week or two.",
    "Pick one:\n-- ice\n-- heat\n-- both, one after the other",
    "Pick one:\n\n-ice\n-heat\n\nThen run.",
    "Call the clinic:\n\nAnna Smith\nTel: +44 1632 960417\nanna@clinic.test",
    "Read these:\n\nwww.knees.test\nwww.hips.test",
    "Useful Pages\nwww.knees.test",
    "See\n\nKnee Clinic\n12 High Street\n\nand ask for Anna.",
    "It happened on Monday.\nOn Tuesday, 3 May, at 10:30 it was\nwrote the doctor: swollen.",
    "Carry no more than\n> 6 kg\nin the first week.",
    "Carry this:\n> 6 kg",
    "Run the tool once more.\n\nWhen it was scanned by two programs, your disk is clean, virenfrei, sans virus.",
    "You sent a confidential letter to a third party.\n\nNotify the sender, delete your copy, and mind liability.",
    "Dieser Brief ist vertraulich und nur für den Empfänger bestimmt, sagt das Gericht, wenn er versehentlich ankommt.",
    "Carry this:\n> 6 kg\n\nThen run.",
    "He said it like this\n> rest is best\n\nand I agree.",
    "Hello Becky,\n\nRest it.\n\nKind regards,\nThe Guru",
    "Rest it.\n\nThe Guru",
    "Rest it.\n\n- The Guru",
    "From: a knee\nTo: a hip\n\nDear hip, it is me, the knee.",
]


@pytest.mark.parametrize("text", SECTIONS)
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_rules_lists_addresses_and_names_in_an_answer_stay(text, sent):
    marks = [word for word in text.split() if word != ">"]
    assert [word for word in published_text(mail(text), sent=sent).split() if word != ">"] == marks


@pytest.mark.parametrize(
    "signature", ["-- \nThe Guru", "--\nThe Guru\nPhysiotherapist", "-- \nThe Guru\n\nSent from my iPhone"]
)
@pytest.mark.parametrize("postscript", ["P.S. Drink water.", "PS: Drink water.\nAnd tea."])
def test_a_postscript_below_a_signature_is_answer(signature, postscript):
    text = f"Rest it.\n\n{signature}\n\n{postscript}\n"
    assert published_text(mail(text)).split() == f"Rest it. {postscript}".split()
