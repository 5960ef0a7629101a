"""A reader asks: nothing is stored that is not whole, nothing twice, and nothing goes on without the button."""

import threading

import pytest

from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.letter import BadLetter, Problem
from app.domain.mail import DeliveryKind
from app.domain.token import Purpose
from app.mail.transport import Fate, Handover
from app.store.tables import metadata
from app.usecases import asking
from tests.office import BECKY, GURU, QUESTION, Office


def token_for(office: Office, question_id: int | None) -> str:
    assert question_id is not None
    return office.mailbag.links.signer.mint(Purpose.CONFIRM, question_id)


def test_a_letter_waits_for_its_asker(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    office.run_jobs()
    assert office.question(question.id).state == "unconfirmed"
    assert [sent.envelope.recipient for sent in office.server.sent] == [BECKY]


def test_the_button_sends_it_to_the_expert(office: Office) -> None:
    question = office.ask()
    assert office.question(question.id).state == "assigned"
    assert len(office.server.to(GURU)) == 1
    assert office.question(question.id).events == ["question submitted", "question confirmed", "question assigned"]


def test_looking_at_the_link_changes_nothing(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    with office.mailbag.database.read() as tx:
        asking.letter_to_confirm(office.mailbag, tx, token_for(office, question.id))
    assert office.question(question.id).state == "unconfirmed"


def test_pressing_twice_is_pressing_once(office: Office) -> None:
    question = office.ask()
    asking.confirm(office.mailbag, token_for(office, question.id))
    office.run_jobs()
    assert len(office.server.to(GURU)) == 1


def test_the_same_form_twice_makes_one_question(office: Office) -> None:
    first = asking.submit(office.mailbag, office.letter())
    second = asking.submit(office.mailbag, office.letter())
    assert second.id == first.id
    assert [d.kind for d in office.deliveries()] == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize("change", [{"address": "becky@home.example"}, {"text": QUESTION + " And one thing more."}])
def test_who_goes_back_and_mends_the_form_is_not_dropped(office: Office, change: dict[str, str]) -> None:
    """The browser's "back" brings the same form; with another address or other words it is another letter."""
    first = asking.submit(office.mailbag, office.letter())
    second = asking.submit(office.mailbag, office.letter(**change))
    assert second.id != first.id
    assert len(office.deliveries()) == 2


def test_a_lost_confirmation_mail_is_had_again_by_writing_again(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    office.run_jobs()
    for minutes, mails in ((5, 1), (6, 2), (30, 3), (30, 3)):
        office.clock.pass_by(minutes=minutes)
        assert asking.submit(office.mailbag, office.letter(form_key=f"again-{minutes}-{mails}")).id == question.id
        office.run_jobs()
        assert len(office.server.to(BECKY)) == mails


def test_a_refused_confirmation_mail_is_sent_anew_at_once(office: Office) -> None:
    office.server.answers = [Handover(Fate.REFUSED, "550 5.1.1 No such user")]
    asking.submit(office.mailbag, office.letter())
    office.run_jobs()
    asking.submit(office.mailbag, office.letter(form_key="again"))
    office.run_jobs()
    assert len(office.server.to(BECKY)) == 1


def test_the_form_fills_nobodys_mailbox(office: Office) -> None:
    for number in range(asking.MOST_UNCONFIRMED):
        asking.submit(office.mailbag, office.letter(form_key=f"{number}", text=f"{QUESTION} Letter {number}."))
    with pytest.raises(BadLetter) as error:
        asking.submit(office.mailbag, office.letter(form_key="x", text="One letter more, to the same address."))
    assert error.value.problems == {"address": Problem.TOO_MANY}
    office.run_jobs()
    assert len(office.server.to(BECKY)) == asking.MOST_UNCONFIRMED


@pytest.mark.parametrize("marks", ["'{}'", "*{}*", "_{}_", "...{}", "/{}/", "={}", "{}-", "<{}>", "{}."])
def test_her_address_is_found_behind_any_marks(office: Office, marks: str) -> None:
    with pytest.raises(BadLetter):
        asking.submit(office.mailbag, office.letter(text=f"My knee hurts. Write to {marks.format(BECKY)} please."))


def test_an_international_address_is_found_in_its_own_script(office: Office) -> None:
    letter = office.letter(address="becky@bücher.example", text="My knee hurts, says becky@Bücher.example, badly.")
    with pytest.raises(BadLetter):
        asking.submit(office.mailbag, letter)


def test_the_same_words_in_another_form_make_one_question(office: Office) -> None:
    key = office.mailbag.links.signer.mint(Purpose.FORM, 2)
    first = asking.submit(office.mailbag, office.letter())
    second = asking.submit(office.mailbag, office.letter(form_key=key, text=QUESTION.replace(" ", "  ")))
    assert second.id == first.id


def test_two_clicks_at_the_same_moment_make_one_question(office: Office) -> None:
    found: list[int | None] = []
    start = threading.Barrier(6)

    def click() -> None:
        start.wait()
        found.append(asking.submit(office.mailbag, office.letter()).id)

    clicks = [threading.Thread(target=click) for _ in range(6)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(office.deliveries()) == 1


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("public_name", "x" * 61, Problem.NAME_TOO_LONG),
        ("public_name", "becky@asker.example", Problem.NAME_NOT_A_NAME),
        ("public_name", "WIN at www.evil.example/x", Problem.NAME_NOT_A_NAME),
        ("address", "", Problem.ADDRESS_MISSING),
        ("address", "becky.asker.example", Problem.ADDRESS_WITHOUT_AT),
        ("address", "jürgen@asker.example", Problem.ADDRESS_NOT_ASCII),
        ("address", "a@b@c.example", Problem.ADDRESS_MALFORMED),
        ("address", "becky@asker.example\r\nBcc: x@y.example", Problem.ADDRESS_MALFORMED),
        ("topic", "", Problem.TOPIC_MISSING),
        ("topic", "astrology", Problem.TOPIC_MISSING),
        ("text", " \n ", Problem.TEXT_MISSING),
        ("text", "Why?", Problem.TEXT_TOO_SHORT),
        ("text", "knee " * 5000, Problem.TEXT_TOO_LONG),
        ("text", f"My knee hurts. Write to {BECKY.upper()} please.", Problem.TEXT_HAS_ADDRESS),
        ("consent", False, Problem.CONSENT_MISSING),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    office: Office, field: str, value: object, problem: Problem
) -> None:
    with pytest.raises(BadLetter) as error:
        asking.submit(office.mailbag, office.letter(**{field: value}))
    assert error.value.problems == {field: problem}
    assert office.deliveries() == []


def test_all_problems_are_told_at_once(office: Office) -> None:
    letter = office.letter(address="", text="", topic="", consent=False)
    with pytest.raises(BadLetter) as error:
        asking.submit(office.mailbag, letter)
    assert set(error.value.problems) == {"address", "text", "topic", "consent"}


@pytest.mark.parametrize("topic", ["physiotherapy-advice", "Physiotherapy Advice", "physiotherapy"])
def test_a_topic_goes_by_each_of_its_names(office: Office, topic: str) -> None:
    assert asking.submit(office.mailbag, office.letter(topic=topic)).id is not None


def test_no_name_is_a_reader(office: Office) -> None:
    assert asking.submit(office.mailbag, office.letter(public_name=" ")).public_name == "A reader"


def test_an_international_domain_goes_out_in_ascii(office: Office) -> None:
    asking.submit(office.mailbag, office.letter(address="becky@bücher.example"))
    office.run_jobs()
    assert office.server.sent[0].envelope.recipient == "becky@xn--bcher-kva.example"


def test_what_nobody_confirms_expires_and_may_be_sent_anew(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    office.clock.pass_by(days=4)
    office.sweep()
    assert office.question(question.id).state == "expired"
    with pytest.raises(ForbiddenTransition):
        asking.confirm(office.mailbag, token_for(office, question.id))
    key = office.mailbag.links.signer.mint(Purpose.FORM, 2)
    assert asking.submit(office.mailbag, office.letter(form_key=key)).id != question.id


@pytest.mark.parametrize("token", ["", "x", "0" * 29])
def test_an_invented_token_is_not_found(office: Office, token: str) -> None:
    with pytest.raises(NotFound):
        asking.confirm(office.mailbag, token)


def test_a_token_for_something_else_is_not_found(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    assert question.id is not None
    with pytest.raises(NotFound):
        asking.confirm(office.mailbag, office.mailbag.links.signer.mint(Purpose.SIGN_IN, question.id))


def test_an_expired_letter_is_thrown_away(office: Office) -> None:
    question = asking.submit(office.mailbag, office.letter())
    office.clock.pass_by(days=4)
    office.sweep()
    with office.mailbag.database.read() as tx:
        rows = [tx.session.execute(table.select()).all() for table in metadata.sorted_tables]
    kept = repr(rows)
    assert BECKY not in kept
    assert "marathon" not in kept
    assert office.question(question.id).events == ["question submitted", "question expired"]
    assert office.server.sent == [], "and its mail, which never went out, does not go out now"
