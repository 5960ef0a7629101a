"""What readers see: the dated form, permalinks that hold, and nothing that was not published."""

import re
from pathlib import Path

import html5lib
import pytest
from flask.testing import FlaskClient
from markupsafe import Markup

from app.domain.event import Action, advance
from app.domain.people import Expert
from app.domain.question import Question
from app.usecases.importing import import_text
from tests.office import BECKY, GURU, Office
from tests.web.kinds import ON_SQLITE
from tests.web.letters import letters


def test_an_empty_column_says_so(client: FlaskClient) -> None:
    for path in ("/", "/archive", "/topics"):
        assert client.get(path).status_code == 200
    assert "No letter is printed yet" in client.get("/").text


def test_the_page_has_the_form_of_the_column(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    page = client.get(client.get("/").text.split('<h2><a href="')[1].split('"')[0]).text
    assert "Jan 4th, 2014" in page
    assert "Tom4 asked The Guru for the following Running Advice:" in page
    assert "The Guru Responded:" in page
    assert "<p>Rest it for 4 days.</p>" in page


def test_a_permalink_holds_when_its_words_or_day_change(office: Office, client: FlaskClient) -> None:
    office.ask()
    office.receive(office.reply())
    path = office.question(1).path
    assert client.get(path).status_code == 200
    short_id = path.rpartition("-")[2]
    for other in (f"/2026/11/22/{short_id}", f"/2014/01/02/other-words-{short_id}"):
        answer = client.get(other)
        assert (answer.status_code, answer.location) == (301, path)


@pytest.mark.parametrize("path", ["/2026/11/22/nothing-zzzzzz", "/2026/11/22/x", "/topics/none", "/nowhere"])
def test_what_is_not_there_is_404_in_plain_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "No letter has this address" in answer.text
    assert 'aria-label="Search the letters"' in answer.text


def test_nothing_unpublished_is_seen(office: Office, client: FlaskClient) -> None:
    question = office.ask()
    assert client.get(f"/2026/11/22/{question.public_id}").status_code == 404
    for path in ("/", "/archive"):
        assert "marathon" not in client.get(path).text


def test_every_letter_is_reached_by_paging(office: Office, client: FlaskClient) -> None:
    letters(office, 24)
    first = client.get("/archive").text
    assert first.count('class="qa"') == 20
    older = first.split('rel="next" href="')[1].split('"')[0]
    assert client.get(older).text.count('class="qa"') == 4
    for before in ("nonsense", "2014-01-11.99999999999999999999999", "2014-01-11.-1"):
        assert client.get(f"/archive?before={before}").status_code == 200


def test_a_topic_has_its_own_letters(office: Office, client: FlaskClient) -> None:
    letters(office, 2)
    office.ask()
    office.receive(office.reply())
    page = client.get("/topics/running-advice").text
    assert page.count('class="qa"') == 2
    assert "marathon" not in page


def test_each_year_month_and_day_has_its_page(office: Office, client: FlaskClient) -> None:
    letters(office, 24)
    office.ask()
    office.receive(office.reply())
    assert client.get("/2014/").text.count('class="qa"') == 20
    older = client.get("/2014/").text.split('rel="next" href="')[1].split('"')[0]
    assert client.get(older).text.count('class="qa"') == 4
    assert "<h1>January 2014</h1>" in client.get("/2014/01/").text
    assert 'href="/2026/11/"' in client.get("/2014/01/").text, "the next month that has letters"
    day = client.get("/2014/01/11/").text
    assert "Jan 11th, 2014" in day
    assert day.count('class="qa"') == 1
    assert client.get("/2014/01").location == "http://localhost/2014/01/"


def test_a_time_without_letters_has_no_page(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    for path in ("/2015/", "/0000/", "/9999/", "/2014/02/", "/2014/13/", "/2014/00/", "/2014/01/05/", "/2014/02/30/"):
        assert client.get(path).status_code == 404, path


def test_an_expert_has_her_own_page(office: Office, client: FlaskClient) -> None:
    letters(office, 21)
    with office.mailbag.database.write() as tx:
        tx.add(Expert(public_name="The  guru!", address=None))
        tx.add(Expert(public_name="Nobody Yet", address=None))
    page = client.get("/experts/the-guru/").text
    assert "21 answers" in page
    assert page.count('class="qa"') == 20
    assert 'rel="next" href="/experts/the-guru/?before=' in page
    for path in ("/experts/the-guru-2/", "/experts/nobody-yet/", "/experts/x/"):
        assert client.get(path).status_code == 404, "nothing of hers is printed"
    assert 'href="/experts/the-guru/"' in client.get(client.get("/").text.split('<h2><a href="')[1].split('"')[0]).text


@ON_SQLITE
def test_what_is_corrected_says_when(office: Office, client: FlaskClient) -> None:
    office.ask()
    office.receive(office.reply())
    path = office.question(1).path
    assert "Corrected on" not in client.get(path).text
    office.clock.pass_by(days=2)
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, 1)
        assert question is not None
        assert question.answer is not None
        advance(question, Action.CORRECT, at=office.clock(), actor="editor Anna")
        question.answer.revise("Rest.", author="editor Anna", at=office.clock()).published_at = office.clock()
    page = client.get(path).text
    assert "Nov 24th, 2026" in page.split('id="corrected"')[1]
    assert "<p>Rest.</p>" in page


def test_what_is_withdrawn_is_gone_and_says_why(office: Office, client: FlaskClient) -> None:
    office.ask()
    office.receive(office.reply())
    path = office.question(1).path
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, 1)
        assert question is not None
        advance(question, Action.WITHDRAW, at=office.clock(), actor="editor Anna", detail="The asker wished <so>.")
    for place in (path, f"{path}.md", f"{path}.json", f"/2026/11/22/{path.rpartition('-')[2]}"):
        gone = client.get(place)
        assert gone.status_code == 410
        assert "The asker wished &lt;so&gt;." in gone.text
        for word in ("marathon", "Becky", "Anna", "kneecap"):
            assert word not in gone.text
    for place in ("/", "/archive", "/topics/physiotherapy-advice/", "/feed.atom", "/sitemap/pages.xml", "/about"):
        assert path not in client.get(place).text


@ON_SQLITE
def test_about_has_the_disclaimer(office: Office, client: FlaskClient) -> None:
    letters(office, 1)
    page = client.get("/about").text
    assert "General advice." in page.split('id="disclaimer"')[1].split("</main>")[0]
    assert "January 2014" in page


@ON_SQLITE
def test_every_page_is_html_without_an_error(office: Office, client: FlaskClient) -> None:
    for filled in (False, True):
        if filled:
            letters(office, 21)
            office.ask(text='My "knee" <b>& co</b> </script> hurts a lot.', public_name="B'ecky <i>")
            office.receive(office.reply())
        places = ["/", "/archive", "/topics", "/experts/", "/about", "/nowhere"]
        if filled:
            places += ["/topics/running-advice/", "/experts/the-guru/", "/2014/", "/2014/01/", "/2014/01/11/"]
            places.append(office.question(22).path)
        for place in places:
            html5lib.HTMLParser(strict=True).parse(client.get(place, follow_redirects=True).text)


def test_readers_words_are_text_never_markup(office: Office, client: FlaskClient) -> None:
    evil = "<script>alert(1)</script> \"onmouseover='x' {{ 7*7 }} is what my knee says & does."
    office.ask(text=evil, public_name="<img src=x>")
    office.receive(office.reply("Rest <b>it</b>, <script>alert(2)</script> and walk."))
    for path in ("/", "/archive", office.question(1).path):
        page = client.get(path).text.replace('<script type="application/ld+json">', "")  # holds no program
        assert "<script" not in page
        assert "<img" not in page
        assert "49 is what" not in page
    assert "&lt;script&gt;alert(1)" in client.get(office.question(1).path).text


def test_no_page_has_a_private_address(office: Office, client: FlaskClient) -> None:
    office.ask()
    office.receive(office.reply())
    for path in ("/", "/archive", "/topics/physiotherapy-advice", office.question(1).path):
        page = client.get(path).text
        assert BECKY not in page
        assert GURU not in page
        assert "@column.example" not in page


def test_the_page_of_the_real_letter_has_every_word_of_it(office: Office, client: FlaskClient, shared: Path) -> None:
    text = next((shared / "seed").glob("*.txt")).read_text(encoding="utf-8")
    assert import_text(office.mailbag, text, is_html=False).new == 1
    path = client.get("/").text.split('<h2><a href="')[1].split('"')[0]
    article = client.get(path).text.split("<article>")[1].split("</article>")[0]
    shown = Markup(re.sub(r"<svg.*?</svg>|<p class=\"acts.*", " ", article, flags=re.DOTALL)).striptags()
    assert shown.split() == text.split()
