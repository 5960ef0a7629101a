"""Every mail that Mailbag sends, composed from its templates: fit to be sent, whole, and with nobody's address."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import html5lib
import pytest

from app.domain.column import Column, Intake, Publication
from app.domain.mail import Delivery, DeliveryKind, Reason
from app.domain.people import Asker, Editor, Expert, SignIn, Topic
from app.domain.question import Answer, Assignment, Question
from app.domain.subscription import Choice, Subscriber
from app.domain.token import Signer
from app.mail.compose import WIDTH, Composer
from app.mail.links import Links
from app.mail.lint import lint_outgoing
from app.mail.reply import Reply, Segment, SegmentKind

TEMPLATES = Path(__file__).parents[2] / "templates/mail"
NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
ASKER, EXPERT, EDITOR = "marcus.private@reader.example", "guru.private@clinic.example", "anna@desk.example"
QUESTION = (
    "Dear Guru,\n\nBy three in the afternoon the right side of my neck feels like a coat hanger that somebody has "
    "left the coat on. I have tried a cushion & two chairs, a <b>standing</b> desk and {{ 7*7 }} stretches.\n"
    "My wife says “sit up”. Is that {% raw %} advice?\n\nMarcus"
)
ANSWER = (
    'Hi Marcus\n\nIt isn’t the chair: if x < y && y > z, then "z" is the coat\'s hook. {{ column.title }}\n\n'
    "- Put the laptop on books.\n- Get up every half hour.\n\nKeep the receipt for the third chair…"
)
COLUMN = Column(
    title="Ask The Guru",
    tagline="Physiotherapy advice, answered by letter",
    persona="The Guru",
    noun="Advice",
    date_format="{month} {day}{th}, {year}",
    time_zone=ZoneInfo("Europe/Berlin"),
    disclaimer="General advice; it cannot replace being seen.",
    caution="If something is suddenly much worse, do not write: call.",
    intake=Intake.EDITOR_ASSIGNS,
    publication=Publication.EDITOR_APPROVES,
    prints_passages=False,
    hold=timedelta(hours=1),
    time_to_answer=timedelta(days=4),
    time_to_confirm=timedelta(days=3),
    consent_version="1",
)
LINKS = Links(base_url="https://guru.example", mail_domain="guru.example", signer=Signer((b"k" * 32,)))
CUT = (
    (SegmentKind.ATTRIBUTION, "attribution-line", "\nOn Fri, Feb 20, 2026, Ask The Guru wrote:\n"),
    (SegmentKind.QUOTE, "same-as-sent", "> By three in the afternoon the right side of my neck\n"),
    (SegmentKind.SIGNATURE, "signature-delimiter", "-- \nThe Guru\nTuesdays & Fridays <by appointment>\n"),
    (SegmentKind.TAGLINE, "device-line", "Sent from my {{ telephone }}\n"),
    (SegmentKind.DISCLAIMER, "a-code-of-next-year", "This mail is confidential.\n"),
)


def reply_of(*parts: tuple[SegmentKind, str, str]) -> Reply:
    segments, start = [], 0
    for kind, reason, text in parts:
        segments.append(Segment(kind, start, start + len(text), text, reason, 0.9))
        start += len(text)
    return Reply("".join(text for _, _, text in parts), tuple(segments), flowed=True)


def usual_reply(answer: str = ANSWER) -> Reply:
    return reply_of((SegmentKind.ANSWER, "new-text", answer + "\n"), *CUT)


@cache
def composer_for(column: Column) -> Composer:
    return Composer(templates=TEMPLATES, column=column, links=LINKS)


@dataclass
class Case:
    """The rows behind one mail, as the use cases leave them."""

    delivery: Delivery
    facts: dict[str, Any]
    column: Column = COLUMN

    @property
    def question(self) -> Question:
        assert self.delivery.question is not None
        return self.delivery.question

    def compose(self) -> bytes:
        composer = composer_for(self.column)
        raw = composer.compose(self.delivery, at=NOW, **self.facts)
        assert lint_outgoing(raw, composer.envelope(self.delivery)) == []
        return raw

    def mail(self) -> "Mail":
        return Mail(self.compose())


class Mail:
    def __init__(self, raw: bytes) -> None:
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.message = message
        self.subject = str(message["Subject"])
        self.text, self.html = (str(part.get_content()).replace("\r\n", "\n") for part in message.iter_parts())
        self.shown = " ".join(html5lib.parse(self.html, namespaceHTMLElements=False).itertext())

    @property
    def everything(self) -> str:
        return "\n".join([*(f"{name}: {value}" for name, value in self.message.items()), self.text, self.html])


def answered_question(question_text: str = QUESTION, answer: str = ANSWER) -> Question:
    topic = Topic("Desk Advice", "desk", id=1)
    question = Question(
        public_id="m4rc5s",
        public_name="Marcus",
        topic=topic,
        text=question_text,
        made_at=NOW - timedelta(days=2),
        form_key="form",
        fingerprint=None,
        asker=Asker(ASKER, id=1),
        id=412,
    )
    expert = Expert("The Guru", EXPERT, [topic], id=1)
    assignment = Assignment(question, expert, made_at=NOW, due_at=datetime(2026, 2, 24, 9, 30, tzinfo=UTC), id=5)
    question.assignments.append(assignment)
    question.answer = Answer(question=question, expert=expert, id=3)
    question.answer.revise(answer, author="expert", at=NOW).published_at = NOW
    return question


def case_of(kind: DeliveryKind, question_text: str = QUESTION, answer: str = ANSWER) -> Case:
    question = answered_question(question_text, answer)
    to_expert = kind in (
        *(DeliveryKind.QUESTION, DeliveryKind.SENT_BACK, DeliveryKind.RECEIPT),
        *(DeliveryKind.WAS_IT_YOU, DeliveryKind.COULD_NOT_READ),
    )
    delivery = Delivery(
        kind=kind,
        address=EXPERT if to_expert else ASKER,
        message_id="<f2k7@guru.example>",
        occasion="once",
        made_at=NOW,
        due_at=NOW,
        question=question,
        id=77,
    )
    _FINISH.get(kind, lambda _: None)(delivery)
    a_reply = {"reply": usual_reply(answer), "author": "the.guru@home.example", "received_at": NOW}
    facts: dict[DeliveryKind, dict[str, Any]] = {
        DeliveryKind.RECEIPT: a_reply,
        DeliveryKind.WAS_IT_YOU: a_reply,
        DeliveryKind.COULD_NOT_READ: {"reason": Reason.ATTACHMENT_ONLY},
        DeliveryKind.SUBSCRIBE: {"choice": Choice(), "topics": [], "experts": [], "questions": [question]},
    }
    return Case(delivery, facts.get(kind, {}))


def _assigned(delivery: Delivery) -> None:
    assert delivery.question is not None
    delivery.assignment = delivery.question.assignments[0]


def _sent_back(delivery: Delivery) -> None:
    _assigned(delivery)
    assert delivery.assignment is not None
    delivery.assignment.note = "Which stretch is it? Readers in <Leeds> & {{ York }} ask."


def _published(delivery: Delivery) -> None:
    publish(delivery.question)


def _declined(delivery: Delivery) -> None:
    assert delivery.question is not None
    delivery.question.decline_reason = "This one needs eyes & hands, not a column."


def _sign_in(delivery: Delivery) -> None:
    delivery.question = None
    delivery.address = EDITOR
    delivery.sign_in = SignIn(Editor("Anna", EDITOR, id=1), NOW, NOW + timedelta(minutes=30), id=9)


def _subscribing(delivery: Delivery) -> None:
    delivery.subscriber = Subscriber(ASKER, NOW, new_address="marcus.new@reader.example", id=6)


def _was_it_you(delivery: Delivery) -> None:
    delivery.inbound_id = 5


_FINISH: dict[DeliveryKind, Callable[[Delivery], None]] = {
    DeliveryKind.QUESTION: _assigned,
    DeliveryKind.SENT_BACK: _sent_back,
    DeliveryKind.ANSWERED: _published,
    DeliveryKind.DECLINED: _declined,
    DeliveryKind.SIGN_IN: _sign_in,
    DeliveryKind.WAS_IT_YOU: _was_it_you,
    DeliveryKind.COULD_NOT_READ: _assigned,
    DeliveryKind.SUBSCRIBE: _subscribing,
    DeliveryKind.MOVE_FROM: _subscribing,
    DeliveryKind.MOVE_TO: _subscribing,
}


def publish(question: Question | None) -> None:
    assert question is not None
    question.published_at, question.published_on, question.slug = NOW, date(2026, 2, 20), "by-three"


ALL = list(DeliveryKind)
SUBJECTS = {
    DeliveryKind.CONFIRM: "Press once, and your letter is posted",
    DeliveryKind.QUESTION: "Marcus asks for Desk Advice",
    DeliveryKind.SENT_BACK: "An editor asks about your answer to Marcus",
    DeliveryKind.RECEIPT: "Got it. Your answer to Marcus goes to an editor first",
    DeliveryKind.ANSWERED: "The Guru has answered you",
    DeliveryKind.DECLINED: "Your letter: we cannot answer this one",
    DeliveryKind.SIGN_IN: "Your link to the desk of Ask The Guru",
    DeliveryKind.WAS_IT_YOU: "Was that you?",
    DeliveryKind.COULD_NOT_READ: "We could not read your answer to Marcus",
    DeliveryKind.SUBSCRIBE: "Press once, and the letters come",
    DeliveryKind.MOVE_FROM: "Shall your letters go to another address?",
    DeliveryKind.MOVE_TO: "Press once, and your letters come here",
}
QUESTION_WHOLE = (DeliveryKind.QUESTION, DeliveryKind.SENT_BACK, DeliveryKind.RECEIPT, DeliveryKind.COULD_NOT_READ)
ANSWER_WHOLE = (DeliveryKind.SENT_BACK, DeliveryKind.RECEIPT, DeliveryKind.ANSWERED)
LINKED = {
    DeliveryKind.CONFIRM: lambda case: LINKS.confirm(case.question),
    DeliveryKind.ANSWERED: lambda case: LINKS.page(case.question),
    DeliveryKind.SIGN_IN: lambda case: LINKS.sign_in(case.delivery.sign_in),
    DeliveryKind.SUBSCRIBE: lambda case: LINKS.subscribe(case.delivery),
    DeliveryKind.MOVE_FROM: lambda case: LINKS.move(case.delivery),
    DeliveryKind.MOVE_TO: lambda case: LINKS.move(case.delivery),
    DeliveryKind.WAS_IT_YOU: lambda case: LINKS.was_it_you(case.delivery.inbound_id),
}


def assert_contains_words(words: str, text: str) -> None:
    """All of them, in their order, whatever the line ends, list and quote marks between them."""
    pattern = r"[\s>|-]+".join(re.escape(word) for word in words.split() if word != "-")
    assert re.search(pattern, text), f"{words!r} is not in {text!r}"


# Each kind of mail


@pytest.mark.parametrize("kind", ALL)
def test_subject_reply_address_and_recipient(kind: DeliveryKind) -> None:
    case = case_of(kind)
    mail = case.mail()
    assert mail.subject == SUBJECTS[kind]
    assert mail.message["Reply-To"].addresses[0].addr_spec == LINKS.reply_address(case.delivery)
    assert mail.message["To"].addresses[0].addr_spec == case.delivery.address
    assert mail.message["From"].addresses[0].addr_spec == "column@guru.example"


@pytest.mark.parametrize("kind", ALL)
def test_the_text_is_narrow(kind: DeliveryKind) -> None:
    lines = case_of(kind).mail().text.splitlines()
    assert [line for line in lines if len(line) > WIDTH and "https://" not in line] == []
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("kind", ALL)
def test_paragraphs_stand_apart(kind: DeliveryKind) -> None:
    text = case_of(kind).mail().text
    assert "\n\n\n" not in text
    assert text.count("\n\n") >= 3


@pytest.mark.parametrize("kind", ALL)
def test_nobody_elses_address_is_in_it(kind: DeliveryKind) -> None:
    case = case_of(kind)
    everything = case.mail().everything
    for address in {ASKER, EXPERT, EDITOR} - {case.delivery.address}:
        assert address not in everything


@pytest.mark.parametrize("kind", QUESTION_WHOLE)
def test_the_question_is_whole(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    assert_contains_words(QUESTION, mail.text)
    assert_contains_words(QUESTION, mail.shown)


@pytest.mark.parametrize("kind", ANSWER_WHOLE)
def test_the_answer_is_whole(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    assert_contains_words(ANSWER, mail.text)
    assert_contains_words(ANSWER, mail.shown)


@pytest.mark.parametrize("kind", [DeliveryKind.CONFIRM, DeliveryKind.ANSWERED, DeliveryKind.DECLINED])
def test_the_asker_is_reminded_of_her_letter_by_its_opening(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    opening = "By three in the afternoon the right side of my neck feels like a coat hanger"
    assert_contains_words(opening, mail.text)
    assert_contains_words(opening, mail.shown)
    assert "two chairs" not in mail.shown


@pytest.mark.parametrize("kind", QUESTION_WHOLE)
def test_the_line_of_the_column_leads_the_question(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    line = "Marcus asked The Guru for the following Desk Advice:"
    assert line in mail.text.splitlines()
    assert line in mail.shown


@pytest.mark.parametrize("kind", LINKED)
def test_the_link_stands_on_a_line_of_its_own(kind: DeliveryKind) -> None:
    case = case_of(kind)
    mail = case.mail()
    link = LINKED[kind](case)
    assert f"  {link}" in mail.text.splitlines()
    assert f'href="{link}"' in mail.html


@pytest.mark.parametrize("kind", ALL)
def test_the_html_part_asks_for_nothing_from_outside(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    root = html5lib.HTMLParser(strict=True).parse(mail.html)
    tags = {element.tag.rpartition("}")[2] for element in root.iter() if isinstance(element.tag, str)}
    assert not tags & {"img", "script", "link", "iframe", "object", "form", "video", "svg"}
    assert "url(" not in mail.html
    assert "@import" not in mail.html
    assert root.get("lang") == "en"


@pytest.mark.parametrize("kind", ALL)
def test_an_html_part_has_a_title_a_heading_and_a_preheader(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    root = html5lib.parse(mail.html, namespaceHTMLElements=False)
    assert root.findtext("head/title") == mail.subject
    assert root.findtext(".//h1")
    hidden = root.find("body/div")
    assert hidden is not None
    assert "display:none" in hidden.get("style", "")
    assert len("".join(hidden.itertext()).split("\u2007")[0]) > 20


# What people typed stays what they typed


@pytest.mark.parametrize("kind", QUESTION_WHOLE)
def test_markup_of_people_is_only_text(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    assert "<b>standing</b>" in mail.text
    assert "&lt;b&gt;standing&lt;/b&gt;" in mail.html
    assert "<b>standing" not in mail.html
    assert "{{ 7*7 }}" in mail.text
    assert "{{ 7*7 }}" in mail.html


@pytest.mark.parametrize("kind", ANSWER_WHOLE)
def test_signs_of_the_answer_are_escaped_in_html_only(kind: DeliveryKind) -> None:
    mail = case_of(kind).mail()
    assert "x < y && y > z" in mail.text
    assert "x &lt; y &amp;&amp; y &gt; z" in mail.html
    assert "{{ column.title }}" in mail.shown


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not DeliveryKind.SIGN_IN])
def test_a_name_is_only_a_name(kind: DeliveryKind) -> None:
    case = case_of(kind)
    case.question.public_name = "{{ 70*7 }} <Tom> & 'Jo'"
    mail = case.mail()
    assert "<Tom>" not in mail.html
    assert "490" not in mail.subject + mail.text
    unnamed = (DeliveryKind.DECLINED, DeliveryKind.MOVE_FROM, DeliveryKind.MOVE_TO)
    assert ("{{ 70*7 }} <Tom> & 'Jo'" in mail.text) is (kind not in unnamed)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "text",
    ["'" * 20_000, "😀" * 20_000, "a\n\n" * 6_666, "a\n" * 10_000, "膝" * 20_000, "word " * 4_000],
    ids=["apostrophes", "emoji", "paragraphs", "lines", "ideographs", "words"],
)
def test_a_letter_of_any_size_can_be_sent(kind: DeliveryKind, text: str) -> None:
    """Beyond 102 KB the linter refuses an HTML part: the longest letter must still reach its expert."""
    case = case_of(kind, question_text=text, answer=text * 3)
    if case.delivery.assignment is not None:
        case.delivery.assignment.note = text
    if kind is not DeliveryKind.SIGN_IN:
        case.question.decline_reason = text
    if kind is DeliveryKind.RECEIPT:
        many = [part for number in range(60) for part in ((SegmentKind.UNKNOWN, "not-in-sent", text[:300]), CUT[2])]
        case.facts["reply"] = reply_of((SegmentKind.ANSWER, "new-text", text), *many)
    case.mail()


# To the expert


def test_the_first_line_of_the_question_says_that_the_reply_is_published() -> None:
    mail = case_of(DeliveryKind.QUESTION).mail()
    line = "Just reply to this mail: what you write is published as your answer."
    assert mail.text.splitlines()[0] == line
    root = html5lib.parse(mail.html, namespaceHTMLElements=False)
    assert root.findtext(".//h1") == line


def test_the_question_tells_the_due_day_in_the_columns_zone() -> None:
    case = case_of(DeliveryKind.QUESTION)
    assert case.delivery.assignment is not None
    case.delivery.assignment.due_at = datetime(2026, 2, 23, 23, 30, tzinfo=UTC)
    mail = case.mail()
    assert "Due on Tuesday, Feb 24th, 2026." in mail.text
    assert "Due on Tuesday, Feb 24th, 2026." in mail.shown


def test_the_question_is_set_in_by_four_spaces() -> None:
    lines = case_of(DeliveryKind.QUESTION).mail().text.splitlines()
    assert "    Dear Guru," in lines
    assert "    Marcus" in lines


def test_the_experts_own_name_is_printed() -> None:
    case = case_of(DeliveryKind.QUESTION)
    assert case.delivery.assignment is not None
    case.delivery.assignment.expert.public_name = "Doctor Knee"
    mail = case.mail()
    assert "Marcus asked Doctor Knee for the following Desk Advice:" in mail.text
    assert "The Guru" not in mail.text.replace("Ask The Guru", "")


def test_an_answer_that_was_sent_back_has_the_editors_note() -> None:
    mail = case_of(DeliveryKind.SENT_BACK).mail()
    first = mail.text.splitlines()[0]
    assert "replaces your answer" in first
    assert "published" in first
    note = "Which stretch is it? Readers in <Leeds> & {{ York }} ask."
    assert f"    {note}" in mail.text.splitlines()
    assert note in mail.shown


def test_an_answer_can_be_sent_back_without_a_note() -> None:
    case = case_of(DeliveryKind.SENT_BACK)
    assert case.delivery.assignment is not None
    case.delivery.assignment.note = " "
    mail = case.mail()
    assert "The editor asks you to look at it once more." in mail.text
    assert "The editor writes" not in mail.text + mail.html


# The receipt


def test_the_receipt_accounts_for_every_character() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    reply: Reply = case.facts["reply"]
    kept = len(ANSWER) + 1
    cut = sum(len(text) for _, _, text in CUT)
    assert kept + cut == len(reply.text)
    balance = f"{kept:,} characters kept + {cut:,} cut = {len(reply.text):,} in your mail."
    mail = case.mail()
    assert balance in mail.text
    assert balance in mail.shown
    for _, _, text in CUT:
        assert f"{len(text)} characters" in mail.text
        assert f"{len(text)} characters" in mail.shown
        assert_contains_words(text.removeprefix("> "), mail.text)
        assert_contains_words(text, mail.shown)


def test_a_cut_is_explained_even_when_its_code_is_new() -> None:
    mail = case_of(DeliveryKind.RECEIPT).mail()
    text = " ".join(mail.text.split())
    for words in (
        "Quoted text, 54 characters The same as we sent you, word for word.",
        "Disclaimer, 27 characters Not newly written for this answer, as far as we can tell.",
        "It follows a “-- ” line.",
    ):
        assert words in text


def test_the_receipt_of_a_reply_without_a_cut() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    case.facts["reply"] = reply_of((SegmentKind.ANSWER, "new-text", ANSWER))
    mail = case.mail()
    assert f"Nothing. All {len(ANSWER)} characters of your mail are kept." in mail.text
    assert f"Nothing. All {len(ANSWER)} characters of your mail are kept." in mail.shown


def test_what_was_kept_in_doubt_is_shown() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    doubtful = "> a quote that we never wrote\n"
    case.facts["reply"] = reply_of(
        (SegmentKind.ANSWER, "new-text", "Hi\n"), (SegmentKind.UNKNOWN, "not-in-sent", doubtful)
    )
    mail = case.mail()
    assert "KEPT, THOUGH WE ARE NOT SURE" in mail.text
    assert "   | > a quote that we never wrote" in mail.text.splitlines()
    assert "Kept, though we are not sure" in mail.shown


def test_a_long_cut_is_counted_where_it_is_not_shown() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    case.facts["reply"] = reply_of(
        (SegmentKind.ANSWER, "new-text", "Hi\n"), (SegmentKind.FORWARDED, "forwarded-message", "word " * 1000)
    )
    assert "   | [… 1,000 characters more]" in case.mail().text.splitlines()


def test_the_receipt_tells_the_time_in_the_columns_zone() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    assert case.question.answer is not None
    case.question.answer.current.hold_until = NOW + timedelta(hours=1)
    mail = case.mail()
    assert mail.subject == "Got it. Your answer to Marcus goes live at 11:30"
    assert mail.text.splitlines()[0] == "Got it. It goes live at 11:30 (CET)."
    assert "editor first" not in mail.text
    assert "goes live at 11:30 (CET)" in mail.shown


def test_the_receipt_tells_the_day_when_it_is_another_one() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    assert case.question.answer is not None
    case.question.answer.current.hold_until = NOW + timedelta(hours=14)
    assert case.mail().subject == "Got it. Your answer to Marcus goes live at 00:30 on Feb 21st, 2026"


def test_the_receipt_of_a_published_answer_links_to_its_page() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    publish(case.question)
    case.facts["reply"] = reply_of((SegmentKind.ANSWER, "new-text", ANSWER))
    mail = case.mail()
    assert mail.subject == "Got it. Your answer to Marcus is published"
    assert f"  {LINKS.page(case.question)}" in mail.text.splitlines()
    assert f'href="{LINKS.page(case.question)}"' in mail.html
    assert "Feb 20th, 2026" in mail.text
    assert "changed" not in mail.text


def test_the_receipt_says_when_an_editor_has_changed_the_answer() -> None:
    case = case_of(DeliveryKind.RECEIPT)
    publish(case.question)
    assert case.question.answer is not None
    case.question.answer.revise("Shorter.", author="editor Anna", at=NOW).published_at = NOW
    assert "an editor has changed it since" in " ".join(case.mail().text.split())


@pytest.mark.parametrize(
    ("hold_reason", "words"),
    [
        ("", "An editor looks at it first, and then it is published."),
        ("private", "There is a private mail address in it"),
        ("exposed", "Your reply went to others too"),
        ("attached", "an editor matched it with the question"),
        ("a-reason-of-next-year", "An editor looks at it first, and then it is published."),
    ],
)
def test_the_receipt_says_why_an_editor_looks(hold_reason: str, words: str) -> None:
    case = case_of(DeliveryKind.RECEIPT)
    assert case.question.answer is not None
    case.question.answer.current.hold_reason = hold_reason
    mail = case.mail()
    assert words in " ".join(mail.text.split())
    assert words in " ".join(mail.shown.split())


# To the asker and to an editor


def test_the_confirmation_says_what_happens_without_it() -> None:
    mail = case_of(DeliveryKind.CONFIRM).mail()
    for words in ("thrown away after 3 days, on Feb 21st, 2026,", "opening the page does nothing by itself"):
        assert_contains_words(words, mail.text)
        assert_contains_words(words, mail.shown)


def test_one_day_is_one_day() -> None:
    case = replace(case_of(DeliveryKind.CONFIRM), column=replace(COLUMN, time_to_confirm=timedelta(days=1)))
    assert_contains_words("after 1 day, on Feb 19th, 2026,", case.mail().text)


def test_the_asker_gets_the_disclaimer_with_the_answer() -> None:
    mail = case_of(DeliveryKind.ANSWERED).mail()
    for words in (COLUMN.disclaimer, "you get this one mail because you asked; you are on no list."):
        assert_contains_words(words.lower(), mail.text.lower())
        assert_contains_words(words.lower(), mail.shown.lower())


def test_a_letter_is_declined_with_and_without_a_reason() -> None:
    case = case_of(DeliveryKind.DECLINED)
    mail = case.mail()
    assert "    This one needs eyes & hands, not a column." in mail.text.splitlines()
    assert "Nothing of it is printed" in mail.text
    assert COLUMN.caution in mail.text
    case.question.decline_reason = ""
    assert "The editor writes" not in case.mail().everything


def test_an_empty_caution_and_disclaimer_leave_no_gap() -> None:
    for kind in (DeliveryKind.ANSWERED, DeliveryKind.DECLINED):
        case = replace(case_of(kind), column=replace(COLUMN, caution="", disclaimer=""))
        assert "\n\n\n" not in case.mail().text


def test_the_link_to_the_desk_has_its_hour() -> None:
    mail = case_of(DeliveryKind.SIGN_IN).mail()
    for words in ("half an hour, until 11:00 (CET), and works once", "Opening the page does nothing"):
        assert_contains_words(words, mail.text)
        assert_contains_words(words, html.unescape(mail.shown))
