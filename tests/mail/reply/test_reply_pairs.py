"""Pairs of a quoted passage and the answer to it."""

from app.mail.reply import extract_text, published_text, read_reply
from tests.mail.reply.reply_mails import FOOT, INTRO, LEAD, QUESTION, SENT, SENT_TEXT, mail, marked, wrap

FIRST, SECOND = (marked(wrap(part, 70)) for part in QUESTION[1:])
HEAD = "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:"


def test_two_answered_passages_are_shown_each_above_its_answer():
    text = f"{HEAD}\n{FIRST}\n\nThat is the kneecap.\n\n{SECOND}\n\nWell done.\n"
    pairs = f"> {QUESTION[1]}\n\nThat is the kneecap.\n\n> {QUESTION[2]}\n\nWell done."
    assert published_text(mail(text), sent=SENT) == pairs
    assert extract_text(text, "text") == pairs


def test_one_answer_below_the_quote_shows_none():
    text = f"{HEAD}\n{FIRST}\n\nThat is the kneecap.\n"
    assert published_text(mail(text), sent=SENT) == extract_text(text, "text") == "That is the kneecap."


def test_an_answer_above_and_one_below_the_whole_quote_show_none():
    text = f"Rest it.\n\n{HEAD}\n{marked(SENT_TEXT)}\n\nAnd ice it.\n"
    assert published_text(mail(text), sent=SENT) == extract_text(text, "text") == "Rest it.\n\nAnd ice it."


def test_an_answer_above_and_one_below_a_passage_show_it():
    text = f"A word first.\n\n{SECOND}\n\nWell done.\n"
    shown = f"A word first.\n\n> {QUESTION[2]}\n\nWell done."
    assert published_text(mail(text), sent=SENT) == extract_text(text, "text") == shown


def test_a_passage_that_nothing_answers_is_cut():
    text = f"A word first.\n\n{FIRST}\n\nThat is the kneecap.\n\n{SECOND}\n"
    assert QUESTION[2] not in published_text(mail(text), sent=SENT)


def test_of_our_letter_only_the_passage_itself_is_shown():
    quote = marked(f"{INTRO}\n\n{LEAD}\n\n{QUESTION[1]}")
    text = f"{HEAD}\n{quote}\n\nThat is the kneecap.\n\n{SECOND}\n\nWell done.\n"
    shown = published_text(mail(text), sent=SENT)
    assert QUESTION[1] in shown
    assert INTRO[:20] not in shown and LEAD not in shown


def test_an_address_or_a_token_of_ours_is_never_shown():
    text = f"A word first.\n\n{marked(FOOT)}\n\nI read it.\n\n{SECOND}\n\nWell done.\n"
    assert "token" not in published_text(mail(text), sent=SENT)


def test_nothing_of_a_letter_that_was_sent_back_is_shown():
    sent = mail(f"The editor writes:\n\n    A word about shoes, please?\n\n> Rest it.\n\n{SENT_TEXT}")
    text = f"{marked('A word about shoes, please?')}\n\nBuy new ones.\n\n{SECOND}\n\nWell done.\n"
    assert published_text(mail(text), sent=sent) == "Buy new ones.\n\nWell done."


def test_her_own_quote_directly_below_her_text_is_hers():
    text = f"As the book says\n> rest is best\n\nand I agree.\n\n{HEAD}\n{FIRST}\n"
    assert extract_text(text, "text") == "As the book says\n> rest is best\n\nand I agree."


def test_a_shown_passage_is_still_known_as_a_quote():
    text = f"{HEAD}\n{FIRST}\n\nThat is the kneecap.\n\n{SECOND}\n\nWell done.\n"
    shown = [one for one in read_reply(mail(text), sent=SENT).segments if one.reason == "answered-passage"]
    assert [one.kind for one in shown] == ["quote", "quote"]
    assert all(one.is_published for one in shown)
