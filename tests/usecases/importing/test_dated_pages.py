"""Old letters come in whole, once, and flow."""

import time
from pathlib import Path

from app.store import archive
from app.usecases.importing import import_text
from app.usecases.importing.dated_pages import content_of
from tests.office import Office

LETTER = """Jan 11th, 2014

Tom asked The Guru for the following Running Advice:

My heel hurts for the first ten steps of every morning. It started in
November, after I changed to flat shoes.

What can I do?

The Guru Responded:

Hi Tom
Your foot tightens up in the night, and the first ten steps stretch it
back out, the hard way. Do it the kind way: roll it over a cold bottle
before you stand up.
Then wait.
"""


def test_an_entry_becomes_a_dated_page(office: Office) -> None:
    report = import_text(office.mailbag, LETTER, is_html=False)
    assert (report.new, report.skipped) == (1, [])
    with office.mailbag.database.read() as tx:
        (question,) = archive.newest(tx, size=5).questions
        assert question.public_name == "Tom"
        assert question.topic.name == "Running Advice"
        assert question.path.startswith("/2014/01/11/my-heel-hurts")
        assert question.answer is not None
        assert question.answer.expert.public_name == "The Guru"
        assert question.answer.current.text == (
            "Hi Tom\n\nYour foot tightens up in the night, and the first ten steps stretch it back out, the hard"
            " way. Do it the kind way: roll it over a cold bottle before you stand up.\n\nThen wait."
        )


def test_importing_twice_changes_nothing(office: Office) -> None:
    import_text(office.mailbag, LETTER, is_html=False)
    again = import_text(office.mailbag, LETTER.replace("\n", "\r\n"), is_html=False)
    assert again.new == 0
    with office.mailbag.database.read() as tx:
        assert archive.count(tx) == 1


def test_a_preview_changes_nothing(office: Office) -> None:
    report = import_text(office.mailbag, LETTER, is_html=False, dry_run=True)
    assert report.new == 1
    with office.mailbag.database.read() as tx:
        assert archive.count(tx) == 0


def test_a_saved_page_imports_like_text(office: Office) -> None:
    paragraphs = "".join(f"<p>{block}</p>" for block in LETTER.replace("Hi Tom\n", "Hi Tom<br>").split("\n\n"))
    page = f"<html><body><nav>Home</nav><article>{paragraphs}</article><footer>All rights</footer></body></html>"
    assert import_text(office.mailbag, page, is_html=True).new == 1
    with office.mailbag.database.read() as tx:
        (question,) = archive.newest(tx, size=5).questions
        assert question.answer is not None
        assert "roll it over a cold bottle" in question.answer.current.text
        assert question.answer.current.text.endswith("Then wait."), "and not the page's foot"


def test_the_real_page_imports_with_every_word(office: Office, shared: Path) -> None:
    text = next((shared / "seed").glob("*.txt")).read_text(encoding="utf-8")
    assert import_text(office.mailbag, text, is_html=False).new == 1
    with office.mailbag.database.read() as tx:
        (question,) = archive.newest(tx, size=5).questions
        assert question.answer is not None
        page = (
            "Jan 11th, 2014 Becky asked The Guru for the following Physiotherapy Advice:"
            f" {question.text} The Guru Responded: {question.answer.current.text}"
        )
        assert page.split() == text.split()
        paragraphs = question.answer.current.text.split("\n\n")
        assert paragraphs[0] == "Hi Becky"
        assert paragraphs[1].endswith("more common than you think…")
        assert paragraphs[-1] == "This is really pain, no gain….."
        assert len(paragraphs) <= 8, "it flows"


def test_what_cannot_be_read_is_told_by_its_line(office: Office) -> None:
    report = import_text(office.mailbag, LETTER.replace("Jan 11th, 2014", "some day"), is_html=False)
    assert report.new == 0
    assert [(bad.place.line, bad.problem) for bad in report.skipped] == [(3, "no-date")]


def test_a_page_whose_elements_never_end_is_not_crawled_through() -> None:
    began = time.process_time()
    for beginning in ("<article>", "<main>", "<nav><form>", '<p class="noprint">'):
        page = beginning * 50_000
        assert content_of(f"<article>{page}</article>").startswith("<article>")
        assert content_of(page) == page
    assert time.process_time() - began < 10
