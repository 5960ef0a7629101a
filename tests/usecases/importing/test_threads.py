"""A mailbox: a mail and its first reply are a letter; what is private in it stays in it."""

import re
import time
from datetime import date

from app.mail.programs import Program, compose_reply
from app.usecases.importing import Cut, Defaults, Names
from app.usecases.importing.sources import Form
from tests.office import NOON
from tests.usecases.importing.reading import read

QUESTION = (
    b"From: Rebecca Smith <becky@asker.example>\r\nTo: guru@clinic.example\r\nSubject: My knee\r\n"
    b"Message-ID: <q1@asker.example>\r\nDate: Fri, 10 Jan 2014 09:00:00 +0000\r\n\r\n"
    b"My knee hurts when I walk down the stairs.\r\n\r\nFrom time to time it clicks. What can I do?\r\n"
    b"-- \r\nRebecca Smith, 01234 567890\r\n"
)
ANSWER = "Hi Becky\n\nRest it for a week, then walk. It is far more common than you think."


def box(*mails: bytes) -> bytes:
    """mboxrd: a mark before each, and lines that look like one quoted."""
    marked = []
    for mail in mails:
        lines = mail.replace(b"\r\n", b"\n").split(b"\n")
        body = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
        marked.append(b"From MAILER-DAEMON Sat Jan 11 10:00:00 2014\n" + body + b"\n\n")
    return b"".join(marked)


def reply(text: str = ANSWER, program: Program = Program.PLAIN69, original: bytes = QUESTION) -> bytes:
    """What the expert's program made of it."""
    return compose_reply(
        program, original=original, sender_name="The Guru", sender="guru@clinic.example", text=text, at=NOON
    )[1]


def test_a_sender_that_nobody_can_read_costs_no_other_mail() -> None:
    hostile = QUESTION.replace(b"Rebecca Smith <becky@asker.example>", b"From: " * 8_000).replace(b"q1@", b"q2@")
    (letter,), _ = read(box(hostile, QUESTION, reply()), defaults=Defaults("", "Knee Advice"))
    assert letter.answer.startswith("Hi Becky")


def test_a_mail_and_its_reply_are_a_letter_of_the_day_of_the_reply() -> None:
    (letter,), skipped = read(box(QUESTION, reply()), defaults=Defaults("", "Knee Advice"))
    assert skipped == []
    assert (letter.on, letter.topic, letter.persona) == (date(2026, 11, 22), "Knee Advice", "The Guru")
    assert letter.public_name == "Rebecca", "a mail was private: of a name the first is enough"
    assert letter.question == (
        "My knee hurts when I walk down the stairs.\n\nFrom time to time it clicks. What can I do?"
    )
    assert letter.answer == ANSWER
    assert letter.asked_at is not None
    assert letter.asked_at.day == 10
    assert letter.cut[Cut.QUOTED] > 60, "the signature with the telephone, and the quoted question"


def test_how_much_of_a_name_is_printed_is_asked() -> None:
    for names, printed in ((Names.FULL, "Rebecca Smith"), (Names.NONE, "A reader")):
        (letter,), _ = read(box(QUESTION, reply()), defaults=Defaults("", "", names))
        assert letter.public_name == printed
    for shown, printed in ((b'"Smith, Rebecca"', "Rebecca"), (b"", "A reader"), (b"becky@asker.example", "A reader")):
        asked = QUESTION.replace(b"Rebecca Smith <", shown + b" <", 1)
        (letter,), _ = read(box(asked, reply(original=asked)))
        assert letter.public_name == printed


def test_the_order_in_the_file_does_not_matter_and_later_mails_are_told() -> None:
    thanks = QUESTION.replace(b"q1@", b"q2@").replace(b"Subject: My", b"In-Reply-To: <q1@asker.example>\r\nSubject: My")
    (letter,), skipped = read(box(reply(), thanks, QUESTION))
    assert skipped == []
    assert letter.answer == ANSWER
    assert letter.cut[Cut.MORE_MAILS] == 1


def test_a_letter_that_names_an_address_of_the_thread_is_not_printed() -> None:
    _, skipped = read(box(QUESTION, reply("Write to Becky@Asker.example, she knows more than I do.")))
    assert skipped == [(1, "holds-address")]


def test_what_is_no_letter_is_told_with_its_line() -> None:
    machine = QUESTION.replace(b"q1@", b"m@").replace(
        b"Subject: My knee", b"Auto-Submitted: auto-replied\r\nSubject: x"
    )
    _, skipped = read(box(QUESTION, machine, reply(original=machine)))
    assert [problem for _, problem in skipped] == ["no-reply", "by-machine"]
    assert skipped[1][0] == 15
    assert read(b"no mails here", Form.MAILBOX)[1] == [(1, "no-mails")]
    undated = reply().replace(b"Date:", b"X-Date:")
    assert read(box(QUESTION, undated))[1][0][1] == "bad-date"


def test_a_mail_that_nobody_wrote_by_the_rules_does_not_end_the_reading() -> None:
    answer = reply()
    odd = QUESTION.replace(b"Subject: My knee", b"Subject: =?utf-8?b?a?=")
    (letter,), _ = read(box(odd, answer))
    assert letter.place.item == "=?utf-8?b?a?="
    late = re.sub(rb"(?m)^Date: .*?(?=\r?$)", b"Date: Fri, 31 Dec 9999 23:59:59 -1200", answer)
    assert read(box(QUESTION, late))[1][0][1] == "bad-date"


def test_a_line_that_begins_like_a_mark_and_does_not_end_is_passed_over() -> None:
    began = time.process_time()
    (letter,), _ = read(box(QUESTION) + b"\nFrom " + b"a" * 60_000 + b"\n\n" + box(reply()))
    assert letter.answer == ANSWER
    assert time.process_time() - began < 5


def test_mails_that_answer_each_other_in_a_ring_end() -> None:
    one = QUESTION.replace(b"Subject:", b"In-Reply-To: <q2@asker.example>\r\nSubject:")
    two = one.replace(b"q1@", b"q3@").replace(b"q2@", b"q1@").replace(b"q3@", b"q2@")
    letters, skipped = read(box(one, two))
    assert len(letters) + len(skipped) >= 1


def test_the_same_thread_has_the_same_key() -> None:
    answer = reply()
    (first,), _ = read(box(QUESTION, answer))
    (second,), _ = read(box(answer, QUESTION))
    assert first.key == second.key
