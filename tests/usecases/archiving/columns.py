"""A column with every kind of thing that an archive keeps, and much that it must not."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from app.domain.event import Action, advance
from app.domain.letter import slug
from app.domain.question import Answer, Question, QuestionState
from app.store import moved, people
from app.store import tables as t
from app.store.base import Transaction
from app.usecases import asking, photographing, staffing
from app.usecases.archiving import ColumnKey, write_archive
from app.usecases.importing import import_text
from tests.office import ANNA, BECKY, GURU, Office

KEY = ColumnKey(b"s" * 32)
PRIVATE = [BECKY, GURU, ANNA, "guru@", "Anna", "An unprinted question", "asker.example", "column.example"]
OLD = """Jan 11th, 2014

Tom asked The Old Guru for the following Running Advice:

Heel?

The Old Guru Responded:

Roll.
"""
NAUGHTY = [
    "plain words",
    "مرحبا بالعالم، ركبتي تؤلمني",
    "\u202eright to left override\u202c and \u200bzero width\ufeff",
    "e\u0301 Z̸̢̡̛͖̑a̶͝l̴g̷o and Å vs Å",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇦🇺 emoji 🦵🏽",
    "\\0 \\x00 \u2400 %00 &#0; NULL nil None undefined",
    "<script>alert(1)</script> <b>bold</b> &amp; &lt; ]]> <!-- -->",
    "# no heading\n\n- a\n- b\n\n1. one\n\n> quoted\n\n**bold** _it_ `code` [x](http://x.example/) ![p](q) ---",
    "word" * 5000,
    "   leading spaces\n\ttab\n\n\n\nfour lines   \n",
    "Jan 1st, 2001\n\nAl asked Bo for the following Neck Advice:\n\nThe Guru Responded:",
    "'; DROP TABLE question;-- \" ' \\ \\\\ %s {0} {{ 7*7 }} ${x}",
    "\u2028line\u2029paragraph\u0085next\x0bvt\x0cff\x1cfs",
    "𝕋𝕖𝕤𝕥 ﷽ ﬁ ½ № ℃ \U0010fffd \ue000 \ufffd",
    "…",
]


def fill(office: Office) -> None:
    """Letters asked and answered, corrected, gone on with, shown, withdrawn, imported; and what nobody may read."""
    for _ in range(2):
        office.clock.pass_by(minutes=7)
        office.ask(text=f"About a knee that hurts at {office.clock():%H:%M}.")
        office.clock.pass_by(minutes=50)
        office.receive(office.reply("Hi\n\nRest it."))
    for n, text in enumerate(NAUGHTY):
        office.clock.pass_by(minutes=7)
        with office.mailbag.database.write() as tx:
            tx.add(printed(office, tx, f"id000{n:02}", text))
    correct(office, 1)
    go_on(office)
    withdraw(office, 2)
    import_text(office.mailbag, OLD, is_html=False)
    with office.mailbag.database.write() as tx:
        people.topic_named(tx, "An Empty Topic")
        imported = tx.session.scalars(select(Question).order_by(t.question.c.id.desc())).first()
        assert imported is not None
        moved.remember(tx, "/old/heel", imported)
    asking.submit(office.mailbag, office.letter(text="An unprinted question of somebody who never confirmed it."))


def go_on(office: Office) -> None:
    """The first two letters go on: one follow-up is corrected, one withdrawn, one goes with its letter."""
    office.clock.pass_by(days=1)
    with office.mailbag.database.write() as tx:
        for n, letter_id in ((0, 1), (1, 1), (2, 2)):
            again = printed(office, tx, f"again{n}", f"And number {n}, may I run to the end of my road?")
            tx.add(again)
            again.follows = tx.session.get(Question, letter_id)
            if n == 0:
                assert again.answer is not None
                again.answer.expert = people.expert_named(tx, "The Other Guru")
            if n == 1:
                advance(again, Action.WITHDRAW, at=office.clock(), actor="editor Anna", detail="Once was enough.")
        other = people.expert_named(tx, "The Other Guru")
        other.credentials, other.about = "Runner", "Runs **far**."
        guru = people.expert_named(tx, "The Guru")
        assert guru.id is not None
        waiting = tx.session.scalars(select(Question).where(t.question.c.public_id == "again0")).one()
    staffing.portray_expert(office.mailbag, guru.id, colour("teal"))
    correct(office, waiting.id or 0, note="The road was too long.")
    for slot, (alt, is_approved) in enumerate((("A knee", True), ("An unprinted question", False)), 1):
        photographing.keep(office.mailbag, "form", slot, colour("red"))
        photographing.describe(office.mailbag, "form", {slot: alt})
        with office.mailbag.database.write() as tx:
            question = tx.session.get(Question, 1)
            assert question is not None
            photographing.attach(tx, question, "form")
        if is_approved:
            photographing.approve(office.mailbag, slot, by="Anna")


def colour(name: str) -> bytes:
    """A photo of one colour."""
    file = BytesIO()
    Image.new("RGB", (700, 500), name).save(file, "JPEG")
    return file.getvalue()


def printed(office: Office, tx: Transaction, public_id: str, text: str) -> Question:
    """A letter with these words, as they stand, in each of its fields."""
    at = office.clock()
    question = Question(
        public_id=public_id,
        public_name=text[:150],
        topic=people.topic_named(tx, "Physiotherapy Advice"),
        text=text,
        made_at=at - timedelta(days=2, microseconds=17),
        form_key=public_id,
        fingerprint=None,
        asker=people.asker_at(tx, BECKY),
        state=QuestionState.PUBLISHED,
        published_at=at,
        published_on=office.mailbag.column.day(at),
        slug=slug(text),
    )
    answer = Answer(question=question, expert=people.expert_named(tx, "The Guru"))
    answer.revise(f"{text}\n\nIt is {public_id}.", author="expert", at=at).published_at = at
    return question


def correct(office: Office, question_id: int, note: str = "") -> None:
    office.clock.pass_by(days=3)
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, question_id)
        assert question is not None
        assert question.answer is not None
        revision = question.answer.revise("Rest it longer.", author="editor Anna", at=office.clock())
        revision.approved_at, revision.approved_by = office.clock(), "Anna"
        revision.published_at, revision.note = office.clock(), note
        question.answer.revise("Never printed: An unprinted question", author="expert", at=office.clock())


def withdraw(office: Office, question_id: int) -> None:
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, question_id)
        assert question is not None
        at = office.clock() + timedelta(seconds=5)
        advance(question, Action.WITHDRAW, at=at, actor="editor Anna", detail="Its asker wished so: “gone”.")
        for again in question.follow_ups:
            advance(again, Action.WITHDRAW, at=at, actor="editor Anna", detail=f"with #{question_id}")


def archive_of(office: Office, path: Path, key: ColumnKey = KEY) -> bytes:
    write_archive(office.mailbag, path, key)
    return path.read_bytes()
