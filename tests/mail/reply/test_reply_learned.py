"""A signature without a delimiter is learned from three mails, and cut only where it ends a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.reply import Reply, learn_signature, read_reply
from app.mail.reply.segment import SegmentKind
from tests.mail.reply.test_reply_properties import holds_together

HEAD = "Content-Type: text/plain; charset=utf-8\n\n"
SIGN_OFF = "Kind regards,\nAnna"
LINES = ("Senior physio", "The Clinic on the hill")
BLOCK = "\n".join(LINES)
QUOTE = "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:\n> Does it hurt?\n"
ANSWERS = ("Rest it for a week.", "Walk, and do not run.", "Cold water helps.")


def reply(text: str, signature: tuple[str, ...] = ()) -> Reply:
    return read_reply(f"{HEAD}{text}\n".encode(), signature=signature)


def learned_from(*endings: str) -> tuple[str, ...]:
    return learn_signature([reply(f"{text}\n\n{end}") for text, end in zip(ANSWERS, endings, strict=False)])


def cut(read: Reply) -> list[str]:
    return [segment.text.strip() for segment in read.cut if segment.reason == "learned-signature"]


def test_three_mails_teach_it():
    assert learned_from(BLOCK, BLOCK, BLOCK) == LINES


def test_two_mails_do_not():
    assert learned_from(BLOCK, BLOCK) == ()
    assert learned_from(BLOCK, BLOCK, "The Clinic") == ()


def test_the_same_answer_to_three_people_is_no_signature():
    """Its last paragraph, where no full stop ends it, looks like one; with other words above, it would be."""
    same = reply(f"{ANSWERS[0]}\n\nSwim, cycle and sleep")
    assert learn_signature([same] * 5) == ()
    assert learned_from(*["Swim, cycle and sleep"] * 3) == ("Swim, cycle and sleep",)


def test_the_sign_off_and_her_name_are_no_part_of_it():
    assert learned_from(*[f"{SIGN_OFF}\n{BLOCK}"] * 3) == LINES
    assert learned_from(*[SIGN_OFF] * 3) == ()


def test_it_is_seen_above_the_quote_and_above_the_line_of_a_telephone():
    assert learned_from(*[f"{BLOCK}\n\n{QUOTE}"] * 3) == LINES
    assert learned_from(*[f"{BLOCK}\n\nSent from my iPhone"] * 3) == LINES


def test_what_a_delimiter_cut_before_counts():
    assert learned_from(f"-- \n{BLOCK}", f"-- \n{BLOCK}", BLOCK) == LINES


@pytest.mark.parametrize(
    "ending",
    ["And do not give up on the stairs.", "See you!\nAnna", "The same paragraph\nends like this"],
    ids=["a sentence", "a greeting", "in the middle of a paragraph"],
)
def test_prose_that_comes_again_is_only_learned_as_whole_lines_below_a_gap(ending):
    learned = learned_from(*[f"So.\n{ending}"] * 3)
    assert learned in ((), ("So.", *ending.split("\n")))


def test_a_sentence_is_never_the_beginning_of_one():
    assert learned_from(*["Hope that helps you on your way!"] * 3) == ()


def test_eleven_lines_are_no_signature():
    assert learned_from(*["\n".join(f"Line {i}" for i in range(11))] * 3) == ()


def test_it_is_cut_and_listed_and_the_sign_off_stays():
    read = reply(f"Swim.\n\n{SIGN_OFF}\n{BLOCK}\n\n{QUOTE}", LINES)
    assert read.published() == f"Swim.\n\n{SIGN_OFF}"
    assert cut(read) == [BLOCK]


def test_a_postscript_below_it_stays_answer():
    read = reply(f"Swim.\n\n{SIGN_OFF}\n{BLOCK}\n\nP.S. And cycle.", LINES)
    assert read.published() == f"Swim.\n\n{SIGN_OFF}\n\nP.S. And cycle."


@pytest.mark.parametrize(
    "text",
    [
        f"Ask for these:\n{BLOCK}",
        f"{BLOCK}\n\nThey know what to do.",
        f"Swim.\n\n{LINES[0]}\nand more\n{LINES[1]}",
        BLOCK,
        f"Swim.\n\n{LINES[1]}",
    ],
    ids=["in a paragraph", "text below", "other lines between", "nothing else", "half of it"],
)
def test_elsewhere_the_same_lines_are_hers(text):
    assert not cut(reply(text, LINES))


def test_it_is_cut_in_html_too():
    html = f"Content-Type: text/html\n\n<p>Swim.</p><p>{'<br>'.join(LINES)}</p>".encode()
    assert read_reply(html, signature=LINES).published() == "Swim."


@given(st.lists(st.sampled_from([*LINES, "", "Swim.", "P.S. x", SIGN_OFF, "> x", "-- ", *QUOTE.split("\n")])))
def test_nothing_is_lost_whatever_stands_around_it(lines):
    plain, read = reply("\n".join(lines)), reply("\n".join(lines), LINES)
    assert holds_together(read)
    missing = [s for s in read.cut if s.reason == "learned-signature"]
    assert all(s.kind is SegmentKind.SIGNATURE for s in missing)
    assert plain.text == read.text
