"""Search finds what is printed, all of it, and nothing else; whatever is typed, the answer is a page."""

import re
from datetime import timedelta
from html import unescape

import html5lib
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.domain.event import Action, advance
from app.domain.question import Question
from app.store import index, people, search
from app.store.search import Found
from app.usecases.importing import import_text
from app.web import create_app
from tests.office import TEMPLATES, Office, open_office
from tests.web.kinds import ON_SQLITE

LETTERS = [
    ("Jan 4th, 2013", "Tom", "The Guru", "Running", "My heel hurts after a marathon.", "Rest the heel, then run."),
    ("Jan 5th, 2014", "Ann", "The Guru", "Running", "My knee aches on the stairs.", "Knees like stairs, slowly."),
    ("Feb 6th, 2014", "Joe", "The Sage", "Desk", "My neck is stiff at three.", "Move. The knee needs it as well."),
]


def print_letters(office: Office) -> None:
    form = "{}\n\n{} asked {} for the following {} Advice:\n\n{}\n\n{} Responded:\n\n{}\n"
    text = "\n".join(form.format(on, name, who, topic, q, who, a) for on, name, who, topic, q, a in LETTERS)
    assert import_text(office.mailbag, text, is_html=False).new == len(LETTERS)


def find(office: Office, query: str, **filters: object) -> Found:
    with office.mailbag.database.read() as tx:
        return search.search(tx, query, **filters)  # type: ignore[arg-type]


def names(office: Office, query: str, **filters: object) -> list[str]:
    return [question.public_name for question in find(office, query, **filters).hits]


def change(office: Office, action: Action, words: str | None = None) -> None:
    with office.mailbag.database.write() as tx:
        question = tx.session.scalars(select(Question).order_by(Question.id)).first()
        assert question is not None
        assert question.answer is not None
        advance(question, action, at=office.clock(), actor="editor Anna", detail="The asker wished so.")
        if words:
            question.answer.revise(words, author="editor Anna", at=office.clock()).published_at = office.clock()


def test_questions_and_answers_are_found_in_any_form_of_their_words(office: Office) -> None:
    print_letters(office)
    assert names(office, "heels") == ["Tom"]
    assert names(office, "MARATHON rested") == ["Tom"]
    assert names(office, "stair") == ["Ann"]
    assert set(names(office, "knee")) == {"Ann", "Joe"}
    assert names(office, "knee heel") == []


def test_the_best_match_is_first_or_the_newest(office: Office) -> None:
    print_letters(office)
    assert names(office, "knee") == ["Ann", "Joe"]
    assert names(office, "knee", newest=True) == ["Joe", "Ann"]


def test_filters_narrow_and_say_how_many_each_has(office: Office) -> None:
    print_letters(office)
    with office.mailbag.database.read() as tx:
        topic = people.topic_by_slug(tx, "desk-advice")
        expert = people.expert_named(tx, "The Sage")
    assert names(office, "knee", topic=topic) == ["Joe"]
    assert names(office, "knee", expert=expert) == ["Joe"]
    assert names(office, "my", year=2013) == ["Tom"]
    found = find(office, "my")
    assert [(topic.name, number) for topic, number in found.topics] == [("Running Advice", 2), ("Desk Advice", 1)]
    assert found.years == [(2014, 2), (2013, 1)]
    assert found.count == 3


@pytest.mark.parametrize("newest", [False, True])
def test_every_hit_is_reached_once_by_paging(office: Office, newest: bool) -> None:
    print_letters(office)
    seen, after = [], None
    for _ in range(3):
        page = find(office, "my", newest=newest, size=1, after=after)
        seen += [question.public_name for question in page.hits]
        after = page.next
    assert sorted(seen) == ["Ann", "Joe", "Tom"]
    assert after is None


def test_a_slip_of_the_keys_is_asked_back(office: Office, client: FlaskClient) -> None:
    print_letters(office)
    assert find(office, "marahton heel").meant == "marathon heel"
    assert find(office, "xylophone").meant is None
    page = client.get("/search?q=marahton").text
    assert "Did you mean" in page
    assert 'href="/search?q=marathon' in page


def test_only_what_is_printed_is_ever_found(database_url: str) -> None:
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        question = office.ask()
        assert find(office, "marathon").count == 0
        office.receive(office.reply())
        assert find(office, "kneecap").count == 0
        office.clock.pass_by(hours=2)
        office.sweep()
        assert [hit.public_id for hit in find(office, "marathon kneecap").hits] == [question.public_id]


def test_nothing_that_waits_is_in_any_byte_of_the_index(database_url: str) -> None:
    with open_office(database_url, hold=timedelta(hours=1)) as office:
        office.ask(text="The canary in my knee sings on the stairs.")
        office.receive(office.reply("Canaries sing: the zebrafish does not."))
        with office.mailbag.database.read() as tx:
            tables = ("letter_index", "indexed_letter", "indexed_word")
            assert [tx.session.execute(text(f"select * from {name}")).all() for name in tables] == [[], [], []]


def test_a_correction_is_found_by_its_new_words_alone(office: Office) -> None:
    print_letters(office)
    change(office, Action.CORRECT, "Cool the Achilles tendon.")
    assert names(office, "achilles") == ["Tom"]
    assert names(office, "rest") == []
    assert find(office, "achlles").meant == "achilles"
    assert find(office, "rset").meant is None, "the words of the old text are gone too"


def test_a_text_that_waits_for_approval_is_not_found(office: Office) -> None:
    print_letters(office)
    with office.mailbag.database.write() as tx:
        question = tx.session.get(Question, 1)
        assert question is not None
        assert question.answer is not None
        question.answer.revise("Cool the Achilles tendon.", author="expert", at=office.clock())
    assert names(office, "achilles") == []
    assert names(office, "rest") == ["Tom"]


def test_what_is_withdrawn_leaves_no_word_behind(office: Office) -> None:
    print_letters(office)
    change(office, Action.WITHDRAW)
    assert names(office, "marathon") == []
    assert find(office, "marahton").meant is None
    with office.mailbag.database.read() as tx:
        tables = ("letter_index", "indexed_letter", "indexed_word")
        assert "marathon" not in repr([tx.session.execute(text(f"select * from {name}")).all() for name in tables])


def test_a_transaction_that_fails_leaves_the_index_alone(office: Office) -> None:
    print_letters(office)
    with pytest.raises(ZeroDivisionError), office.mailbag.database.write() as tx:
        question = tx.session.get(Question, 1)
        assert question is not None
        question.text = "Something about zebras."
        tx.session.flush()
        _ = 1 / 0
    assert names(office, "zebra") == []
    assert names(office, "marathon") == ["Tom"]


def test_the_index_can_be_made_anew(office: Office) -> None:
    print_letters(office)
    before = find(office, "knee")
    with office.mailbag.database.engine.execution_options(write=True).begin() as connection:
        assert index.renew_all(connection) == 3
    assert [hit.id for hit in find(office, "knee").hits] == [hit.id for hit in before.hits]


def test_an_answer_as_long_as_a_book_is_printed_all_the_same(office: Office) -> None:
    """A tsvector has a limit; an answer has none."""
    print_letters(office)
    change(office, Action.CORRECT, "Zebrafish. " + " ".join(f"{'ж' * 30}{number}" for number in range(40_000)))
    assert names(office, "zebrafish") == ["Tom"]


@ON_SQLITE
def test_hits_are_marked_and_words_are_text_never_markup(office: Office, client: FlaskClient) -> None:
    office.ask(text="My <b>knee</b> & <script>alert(1)</script> knees hurt on the stairs.")
    office.receive(office.reply("Rest <i>both</i> knees, and \x02walk\x03."))
    page = client.get("/search?q=knee+%3Cscript%3E").text
    assert "<mark>knee</mark>" in page
    assert "<mark>knees</mark>" in page
    assert "&lt;<mark>script</mark>&gt;" in page
    assert "<script" not in page
    assert "\x02" not in page


@ON_SQLITE
def test_the_page_keeps_what_was_asked(office: Office, client: FlaskClient) -> None:
    print_letters(office)
    page = unescape(client.get("/search?q=knee&year=2014&order=newest").text)
    assert "2 letters." in page
    assert re.search(r'href="/search\?q=knee&topic=desk-advice&year=2014&order=newest"', page)
    assert 'value="knee"' in page
    assert "No letter has this word yet" in client.get("/search?q=elbow").text


@ON_SQLITE
def test_every_page_has_a_search_field(client: FlaskClient) -> None:
    for path in ("/", "/ask", "/archive", "/search?q=knee", "/nowhere"):
        assert 'role="search"' in client.get(path).text, path


ODD_ADDRESSES = (
    "",
    "after=1",
    "q=knee&after=nan_1",
    "q=knee&after=1e999_1",
    f"q=knee&after=0.5_{'9' * 30}",
    "q=knee&after=x&order=newest",
    "q=knee&after=2014-01-11.-1&order=newest",
    f"q=knee&after=2014-01-11.{'9' * 30}&order=newest",
    "q=knee&year=0000",
    "q=knee&year=9999",
    "q=knee&year=٢٠١٤",
    "q=knee&topic=%00&expert=%00",
    "q=%00",
    "q=%ff%fe",
    f"q={'a' * 5000}",
    f"q={'+'.join(f'w{n}' for n in range(100))}",
)


def test_no_address_of_the_page_is_an_error(office: Office, client: FlaskClient) -> None:
    print_letters(office)
    for query in ODD_ADDRESSES:
        assert client.get(f"/search?{query}").status_code == 200, query


def test_whatever_is_typed_gives_a_page(database_url: str) -> None:
    with open_office(database_url) as office:
        print_letters(office)
        client = create_app(office.mailbag, templates=TEMPLATES).test_client()
        some = st.text(max_size=30) | st.lists(
            st.sampled_from(["knee", "AND", "NOT", '"', "'", "*", "(", ")", ":", "^", "-", "&", "|", "<->", "\\", "%"])
        ).map(" ".join)

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(some)
        @example('"knee" OR answer:* NEAR(a b)')
        @example("'knee':* & !(x")
        @example("ǆ ﬁ ａ Ⅷ ½ ªº ۝ क्षि ไก่ 👨‍👩‍👧")
        def asked(query: str) -> None:
            response = client.get("/search", query_string={"q": query.encode("utf-8", "replace")})
            assert response.status_code == 200

        asked()


@ON_SQLITE
def test_the_page_is_html_without_an_error(office: Office, client: FlaskClient) -> None:
    print_letters(office)
    for query in ("", "?q=knee", "?q=marahton", "?q=knee&year=2014", "?q=knee&topic=desk-advice&order=newest"):
        html5lib.HTMLParser(strict=True).parse(client.get(f"/search{query}").text)
