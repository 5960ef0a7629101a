"""Twice the text may take twice the time: no form of mail may do worse."""

import time

import pytest

from app.mail.reply.align import SentText
from app.mail.reply.segments import segment
from tests.mail.reply.reply_mails import SENT_TEXT

LINES = 400
UNITS = {
    "prose": "Rest the knee for two weeks, he wrote: ",
    "brackets": "<" * 50 + "\n",
    "parentheses": "(((( ",
    "rules": "-----\n",
    "dates": "On 9 May 2014 at 10:30\n",
    "addresses": "<a@b.test> 10:30 2014\n",
    "headers": "From: a@b.test\nTo: x\n",
    "quote": "> a\nb\n",
    "cards": "Anna Smith\nTel: 123456789\n\n",
    "names": "-Anna\n\n",
    "delimiters": "--\n\n",
    "devices": "Sent from my iPhone\n",
    "blanks": "\n",
    "footers": "____\nmailing list a@b.test\n",
    "disclaimers": "confidential intended recipient in error\n",
}


def seconds(text: str, sent: SentText | None) -> float:
    times = []
    for _ in range(3):
        before = time.process_time()
        segment(text, sent)
        times.append(time.process_time() - before)
    return min(times)


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("is_sent_known", [True, False], ids=["sent", "not sent"])
def test_time_grows_with_the_text(unit, is_sent_known):
    sent = SentText([SENT_TEXT]) if is_sent_known else None
    once, four_times = seconds(unit * LINES, sent), seconds(unit * (4 * LINES), sent)
    assert four_times < 6 * once + 0.05  # quadratic would be 16
