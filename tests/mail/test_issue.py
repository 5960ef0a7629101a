"""An issue as a mail: what it says of itself, both parts, and what stays out when it grows too large."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from app.domain.digest import Issue
from app.domain.people import Expert, Topic
from app.domain.question import Answer, Question
from app.domain.subscription import Frequency
from app.domain.token import Signer
from app.mail.compose import Composer
from app.mail.links import Links
from app.mail.lint import Envelope, lint_outgoing
from app.mail.pattern import Pattern, header_lines
from tests.office import COLUMN, TEMPLATES

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINKS = Links(base_url="https://guru.example", mail_domain="column.example", signer=Signer((b"k" * 32,)))
COMPOSER = Composer(templates=TEMPLATES / "mail", column=COLUMN, links=LINKS)


def letter(
    number: int, text: str = "My knee hurts on the stairs.", answer: str = "Hi Becky\n\nRest **it** <b>."
) -> Question:
    question = Question(
        public_id=f"id{number}",
        public_name="Becky <b>",
        topic=Topic("Knee Advice", "knee-advice"),
        text=text,
        made_at=AT,
        form_key="k",
        fingerprint=None,
        published_at=AT,
        published_on=AT.date(),
        slug="knee",
    )
    question.answer = Answer(question, Expert("The Guru", None))
    question.answer.revise(answer, author="expert", at=AT).published_at = AT
    return question


def mail(*letters: Question, introduction: str = "") -> tuple[bytes, str, str]:
    issue = Issue(Frequency.WEEKLY, "2026-W47", 12, "Subject", AT, AT, AT, introduction=introduction)
    octets = COMPOSER.issue_pattern(issue, letters, subject="No. 12: knees", at=AT)
    unsubscribe, address = LINKS.unsubscribe(5), LINKS.unsubscribe_address(5)
    lines = header_lines(
        to="ann@reader.example", message_id="<k@column.example>", unsubscribe=unsubscribe, unsubscribe_address=address
    )
    raw = Pattern(octets, None, at=AT).fill(lines, {"unsubscribe": unsubscribe, "preferences": LINKS.preferences(5)})
    assert lint_outgoing(raw, Envelope("d-1@column.example", "ann@reader.example")) == []
    parsed = message_from_bytes(raw, policy=policy.default)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert text is not None
    assert html is not None
    return raw, text.get_content(), html.get_content()


def test_postmark_is_told_to_keep_the_message_id_and_what_to_report_back() -> None:
    composer = Composer(templates=TEMPLATES / "mail", column=COLUMN, links=LINKS, for_postmark=True)
    issue = Issue(Frequency.WEEKLY, "2026-W47", 12, "Subject", AT, AT, AT)
    octets = composer.issue_pattern(issue, [letter(1)], subject="No. 12: knees", at=AT)
    lines = header_lines(
        to="ann@reader.example",
        message_id=f"<{LINKS.copy_name(7, 'f' * 32)}@column.example>",
        unsubscribe=LINKS.unsubscribe(5),
        unsubscribe_address=LINKS.unsubscribe_address(5),
        for_postmark=True,
    )
    raw = Pattern(octets, None, at=AT).fill(
        lines, {"unsubscribe": "https://x.example/", "preferences": "https://x.example/"}
    )
    assert lint_outgoing(raw, Envelope("d-1@column.example", "ann@reader.example")) == []
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed["X-PM-KeepID"] == "true"
    assert LINKS.copies_named(parsed["X-PM-Metadata-mailbag"]) == [(7, "f" * 32)]
    assert parsed["Message-ID"] == f"<{parsed['X-PM-Metadata-mailbag']}@column.example>"


def test_it_says_what_it_is_and_how_to_leave() -> None:
    raw, text, html = mail(letter(1))
    header = raw.partition(b"\r\n\r\n")[0].decode()
    for line in (
        "List-ID: Ask The Guru <digest.column.example>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Post: NO",
        "Precedence: bulk",
        "Auto-Submitted: auto-generated",
    ):
        assert f"\r\n{line}\r\n" in header
    assert "\r\nFeedback-ID: 2026-W47:weekly:digest:" in header
    for part in (text, html):
        assert LINKS.unsubscribe(5) in part
        assert LINKS.preferences(5) in part
        assert "No. 12" in part
        assert "One letter this week" in part


def test_both_parts_have_the_same_letters_and_what_people_wrote_is_escaped() -> None:
    _, text, html = mail(
        letter(1), letter(2, text="A shoe, and <i>what</i> comes of it?"), introduction="Dear <u>all</u>,"
    )
    for words in ("My knee hurts on the stairs.", "A shoe, and", "The Guru Responded:"):
        assert words in text
        assert words in html
    assert "Becky <b> asked" in text
    assert "Becky &lt;b&gt; asked" in html
    assert "Dear &lt;u&gt;all&lt;/u&gt;," in html
    assert "<i>" not in html
    assert "Hi Becky Rest" not in text  # the greeting is no gist


@pytest.mark.parametrize(("count", "left_out"), [(3, False), (200, True)])
def test_it_stays_below_what_mail_programs_hide(count: int, left_out: bool) -> None:
    _, text, html = mail(*(letter(n, answer="word " * 200) for n in range(count)))
    assert len(html.encode()) <= 102 * 1024
    assert ("more letters, on the page" in html) is left_out
    assert ("more letters, on the page" in text) is left_out
    assert LINKS.unsubscribe(5) in html


@pytest.mark.parametrize(
    ("texts", "subject"),
    [
        (["My knee hurts."], "No. 3: My knee hurts"),
        (["My knee hurts.", "Why? I ask."], "No. 3: My knee hurts – Why?"),
        (["One.", "Two.", "Three.", "Four."], "No. 3: One – Two – Three"),
        (
            ["My left knee creaks on the stairs, only on the way down."] * 2,
            "No. 3: My left knee creaks on the stairs – My left knee creaks on the stairs",
        ),
        (
            ["Well, my shoulder has hurt ever since I painted the ceiling of the hall with a brush."] * 2,
            "No. 3: Well, my shoulder has hurt ever since… – Well, my shoulder has hurt ever since…",
        ),
    ],
)
def test_its_subject_is_what_the_letters_begin_with(texts: list[str], subject: str) -> None:
    assert COMPOSER.issue_subject(3, [letter(n, text=text) for n, text in enumerate(texts)]) == subject
