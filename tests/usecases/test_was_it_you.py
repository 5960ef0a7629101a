""" "Was that you?": asked at the address that we know, once for each mail and seldom, and only her press counts."""

import re
from datetime import timedelta

import pytest

from app.domain.errors import ForbiddenTransition, NotFound
from app.domain.token import Purpose
from app.mail.authenticate import Border
from app.store import people
from app.usecases import holding, likewise, was_it_you
from app.usecases.confirming import confirm_as_hers
from tests.office import GURU, QUESTION, Office, open_office
from tests.usecases.test_forgery import FORGED, MALLORY, NAME, NOTHING, OURS, answer, bordered, by_spf, pinned, signed

__all__ = ["bordered"]

HOME = "guru@home.example"
FROM_HOME = FORGED.replace("clinic.example", "home.example")


def asked(office: Office) -> list[bytes]:
    return [sent.raw for sent in office.server.to(GURU) if b"Subject: Was that you?" in sent.raw]


def token_of(office: Office, inbound_id: int) -> str:
    return office.mailbag.links.signer.mint(Purpose.WAS_IT_YOU, inbound_id)


def unproven(to: str, words: str = "Rest, and then walk.") -> bytes:
    return signed(to, words).replace(FORGED.encode(), NOTHING.encode())


def from_home(to: str, words: str = "Rest, and then walk.", message_id: str = "<h@home.example>") -> bytes:
    raw = signed(to, words, message_id=message_id).replace(FORGED.encode(), FROM_HOME.encode())
    return raw.replace(f"From: {GURU}".encode(), f"From: {HOME}".encode())


def aliases(office: Office) -> list[str]:
    with office.mailbag.database.read() as tx:
        return [alias.address for alias in people.expert_named(tx, "The Guru").aliases]


def test_an_unproven_reply_is_published_once_she_says_that_it_is_hers(bordered: Office) -> None:
    question = bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(unproven(to), to=to)
    assert bordered.inbound(inbound_id).reason == "unauthenticated"
    (raw,) = asked(bordered)
    found = re.search(rb"/was-it-you/([0-9a-z]+)", raw.replace(b"=\r\n", b""))
    assert found
    assert found[1].decode() == token_of(bordered, inbound_id)
    for _ in range(2):
        confirm_as_hers(bordered.mailbag, found[1].decode())
        bordered.run_jobs()
    assert bordered.inbound(inbound_id).reason == "answer"
    assert bordered.question(question.id).state == "published"
    assert bordered.question(question.id).revisions == 1
    assert pinned(bordered) == "dkim=clinic.example", "a mail that proved nothing lowers no bar"


def test_her_yes_to_a_weaker_mail_widens_what_is_known_of_it(bordered: Office) -> None:
    """She writes from a telephone whose server does not sign."""
    bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(by_spf(signed(to)), to=to)
    assert bordered.inbound(inbound_id).reason == "weaker"
    assert asked(bordered) == []
    holding.ask_sender(bordered.mailbag, inbound_id, by="Anna")
    confirm_as_hers(bordered.mailbag, token_of(bordered, inbound_id))
    assert pinned(bordered) == "dkim=clinic.example spf"
    assert answer(bordered, 2, weaker=True) == "answer"


def test_another_address_of_hers_is_learned_from_her_yes(bordered: Office) -> None:
    question = bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(from_home(to), to=to, sender=HOME)
    assert bordered.inbound(inbound_id).reason == "other-sender"
    confirm_as_hers(bordered.mailbag, token_of(bordered, inbound_id))
    assert bordered.question(question.id).state == "published"
    assert aliases(bordered) == [HOME]
    other = bordered.ask(text=f"{QUESTION} And now?")
    to = bordered.reply_address()
    bordered.receive(from_home(to, "Run again.", "<i@home.example>"), to=to, sender=HOME)
    assert bordered.question(other.id).state == "published", "it counts as hers now"
    assert len(asked(bordered)) == 1


def test_a_learned_address_is_as_private_as_the_registered_one(bordered: Office) -> None:
    bordered.ask()
    to = bordered.reply_address()
    confirm_as_hers(bordered.mailbag, token_of(bordered, bordered.receive(from_home(to), to=to, sender=HOME)))
    question = bordered.ask(text=f"{QUESTION} And now?")
    to = bordered.reply_address()
    bordered.receive(signed(to, f"Write to {HOME}.", message_id="<p@clinic.example>"), to=to)
    assert bordered.question(question.id).state == "answered"


def test_no_learns_nothing_and_publishes_nothing(bordered: Office) -> None:
    question = bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(from_home(to), to=to, sender=HOME)
    was_it_you.disown(bordered.mailbag, token_of(bordered, inbound_id))
    assert bordered.inbound(inbound_id).reason == "disowned"
    assert bordered.question(question.id).state == "assigned"
    assert aliases(bordered) == []


def test_her_yes_does_not_overwrite_an_answer(bordered: Office) -> None:
    question = bordered.ask()
    to = bordered.reply_address()
    held = bordered.receive(unproven(to, "Something else."), to=to)
    bordered.receive(signed(to, "Rest.", message_id="<two@clinic.example>"), to=to)
    confirm_as_hers(bordered.mailbag, token_of(bordered, held))
    assert bordered.inbound(held).reason == "already-answered"
    assert bordered.question(question.id).text == "Rest."


def test_she_is_asked_a_few_times_a_day_whatever_a_forger_does(bordered: Office) -> None:
    for number in range(6):
        bordered.ask(text=f"{QUESTION} Number {number}?")
        to = bordered.reply_address()
        for attempt in range(3):
            raw = unproven(to, f"Take oil {number} {attempt}.").replace(b"<one@", f"<{number}{attempt}@".encode())
            bordered.receive(raw, to=to)
    assert len(asked(bordered)) == was_it_you.MOST_IN_A_DAY
    bordered.clock.pass_by(days=1, seconds=1)
    bordered.receive(unproven(to, "Once more.").replace(b"<one@", b"<more@"), to=to)
    assert len(asked(bordered)) == was_it_you.MOST_IN_A_DAY + 1


def test_the_mail_shows_words_and_sender_and_nothing_to_click_but_our_link(bordered: Office) -> None:
    bordered.ask()
    to = bordered.reply_address()
    words = "Look at https://evil.example/pay and www.evil.example, <b>now</b>, or write to x@evil.example."
    head = f"{OURS}\r\nFrom: Your Bank <{MALLORY}>\r\nTo: {to}\r\nSubject: Re: http://evil.example/"
    bordered.receive(f"{head}\r\n\r\n{words}\r\n".encode(), to=to, sender=MALLORY)
    (raw,) = asked(bordered)
    text = raw.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
    assert "mallory at evil dot example" in text
    assert "Look at […] and […] &lt;b&gt;now&lt;/b&gt;" in text.replace("=E2=80=A6", "…")
    assert "evil.example" not in text
    assert set(re.findall(r'href="([^"]+)"', text)) == set(re.findall(r"https://guru.example/was-it-you/\w+", text))


def test_her_answer_by_mail_is_heard_and_takes_nothing(bordered: Office) -> None:
    bordered.ask()
    to = bordered.reply_address()
    bordered.receive(unproven(to), to=to)
    delivery = bordered.deliveries()[-1]
    to = bordered.mailbag.links.reply_address(delivery)
    raw = signed(to, "Yes, that was me!", message_id="<yes@clinic.example>")
    assert bordered.inbound(bordered.receive(raw, to=to)).reason == "about-was-it-you"


def test_an_editor_has_her_asked_and_her_yes_counts_for_a_refuted_mail(bordered: Office) -> None:
    """A forwarder in between broke the signature: only she can know."""
    question = bordered.ask()
    to = bordered.reply_address()
    raw = signed(to).replace(b"dmarc=pass", b"dmarc=fail")
    inbound_id = bordered.receive(raw, to=to)
    assert bordered.inbound(inbound_id).reason == "forged"
    assert asked(bordered) == []
    holding.ask_sender(bordered.mailbag, inbound_id, by="Anna")
    bordered.run_jobs()
    with pytest.raises(ForbiddenTransition):
        holding.ask_sender(bordered.mailbag, inbound_id, by="Anna")
    assert len(asked(bordered)) == 1
    confirm_as_hers(bordered.mailbag, token_of(bordered, inbound_id))
    assert bordered.question(question.id).state == "published"


def test_an_editor_learns_an_address_and_the_mail_waits_for_her_to_publish(bordered: Office) -> None:
    question = bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(from_home(to), to=to, sender=HOME)
    holding.learn_sender(bordered.mailbag, inbound_id, by="Anna")
    assert aliases(bordered) == [HOME]
    assert bordered.inbound(inbound_id).reason == "attached"
    assert bordered.question(question.id).state == "answered"
    with pytest.raises(ForbiddenTransition):
        holding.learn_sender(bordered.mailbag, inbound_id, by="Anna")


def test_nobody_can_be_asked_about_a_mail_to_nobody(bordered: Office) -> None:
    inbound_id = bordered.receive(signed("column@column.example"), to="column@column.example")
    with pytest.raises(NotFound):
        holding.ask_sender(bordered.mailbag, inbound_id, by="Anna")


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.WAS_IT_YOU])
def test_no_other_token_says_that_it_was_her(bordered: Office, purpose: Purpose) -> None:
    bordered.ask()
    to = bordered.reply_address()
    inbound_id = bordered.receive(unproven(to), to=to)
    with pytest.raises(NotFound):
        confirm_as_hers(bordered.mailbag, bordered.mailbag.links.signer.mint(purpose, inbound_id))


# What an editor decided once.


def rules(office: Office) -> list[tuple[str, str]]:
    with office.mailbag.database.read() as tx:
        return [(rule.address, rule.decision) for rule in people.sender_rules(tx)]


def test_later_mail_of_a_discarded_sender_is_discarded(bordered: Office) -> None:
    raw = signed("column@column.example").replace(GURU.encode(), MALLORY.encode())
    first = bordered.receive(raw, to="column@column.example")
    holding.discard(bordered.mailbag, first, by="Anna", likewise_later=True)
    assert rules(bordered) == [(MALLORY, "discard")]
    later = bordered.inbound(bordered.receive(raw.replace(b"walk", b"run"), to="column@column.example"))
    assert (later.state, later.reason) == ("discarded", "by-rule")


def test_no_rule_is_made_for_an_address_of_hers(bordered: Office) -> None:
    """A forger writes it into From; what she writes must not be thrown away for that."""
    inbound_id = bordered.receive(signed("column@column.example"), to="column@column.example")
    holding.discard(bordered.mailbag, inbound_id, by="Anna", likewise_later=True)
    assert rules(bordered) == []


@pytest.mark.parametrize(("head", "state"), [(FROM_HOME, "accepted"), (NOTHING, "held")], ids=["proven", "unproven"])
def test_later_mail_of_an_attached_sender_is_attached_if_it_proves_itself(
    bordered: Office, head: str, state: str
) -> None:
    bordered.ask()
    to = bordered.reply_address()
    first = bordered.receive(from_home(to), to=to, sender=HOME)
    holding.attach(bordered.mailbag, first, 1, by="Anna", likewise_later=True)
    question = bordered.ask(text=f"{QUESTION} And now?")
    to = bordered.reply_address()
    raw = from_home(to, "Run again.", "<i@home.example>").replace(FROM_HOME.encode(), head.encode())
    view = bordered.inbound(bordered.receive(raw, to=to, sender=HOME))
    bordered.clock.pass_by(days=30)
    bordered.sweep()
    assert view.state == state
    assert bordered.question(question.id).state == ("answered" if state == "accepted" else "assigned"), (
        "never published"
    )


def test_a_rule_is_forgotten(bordered: Office) -> None:
    raw = signed("column@column.example").replace(GURU.encode(), MALLORY.encode())
    holding.discard(bordered.mailbag, bordered.receive(raw, to="column@column.example"), by="Anna", likewise_later=True)
    likewise.forget(bordered.mailbag, 1)
    assert rules(bordered) == []
    with pytest.raises(NotFound):
        likewise.forget(bordered.mailbag, 1)


def test_a_mail_without_a_token_is_guessed_by_its_whole_thread(bordered: Office) -> None:
    """The subject says nothing, and the mail of ours may stand anywhere in References."""
    question = bordered.ask()
    ours = bordered.deliveries()[-1].message_id
    chain = " ".join(
        [f"<{n}@clinic.example>" for n in range(50)] + [ours] + [f"<z{n}@clinic.example>" for n in range(50)]
    )
    raw = signed("column@column.example").replace(b"Subject:", f"References: {chain}\r\nSubject:".encode())
    inbound_id = bordered.receive(raw, to="column@column.example")
    assert bordered.inbound(inbound_id).reason == "by-thread"
    holding.attach(bordered.mailbag, inbound_id, question.id or 0, by="Anna")
    assert bordered.question(question.id).state == "answered"


def test_a_reset_profile_is_pinned_anew(bordered: Office) -> None:
    with bordered.mailbag.database.read() as tx:
        expert_id = people.expert_named(tx, "The Guru").id
    holding.forget_profile(bordered.mailbag, expert_id or 0, by="Anna")
    assert pinned(bordered) == ""
    bordered.ask()
    to = bordered.reply_address()
    bordered.receive(signed(to).replace(b"dkim=pass header.d=clinic", b"spf=pass smtp.mailfrom=guru@clinic"), to=to)
    assert pinned(bordered) == "spf"


def test_a_correction_from_elsewhere_stops_the_clock(database_url: str) -> None:
    """Nobody has proved that it is hers, and yet the text that it may correct must not go live by itself."""
    with open_office(database_url, Border((NAME,)), hold=timedelta(hours=2)) as office:
        question = office.ask()
        to = office.reply_address()
        office.receive(signed(to), to=to)
        receipt = next(d for d in reversed(office.deliveries()) if d.kind == "receipt")
        office.receive(from_home(to, "STOP: not two, one."), to=office.mailbag.links.reply_address(receipt))
        office.clock.pass_by(hours=3)
        office.sweep()
        assert office.question(question.id).state == "answered"


def test_a_second_yes_stops_it_too(database_url: str) -> None:
    with open_office(database_url, Border((NAME,)), hold=timedelta(hours=2)) as office:
        question = office.ask()
        to = office.reply_address()
        first = office.receive(from_home(to, "Take two."), to=to)
        second = office.receive(from_home(to, "STOP: not two, one.", "<i@home.example>"), to=to)
        for inbound_id in (first, second):
            confirm_as_hers(office.mailbag, token_of(office, inbound_id))
            office.run_jobs()
        assert office.inbound(second).reason == "already-answered"
        office.clock.pass_by(hours=3)
        office.sweep()
        assert office.question(question.id).state == "answered"


def test_the_note_that_nothing_could_be_read_is_answered_as_the_letter(bordered: Office) -> None:
    """Its reply address is hers as well: what proves less than her mail is held there too, and she can be asked."""
    bordered.ask()
    to = bordered.reply_address()
    bordered.receive(signed(to, "", message_id="<none@clinic.example>"), to=to)
    note = next(d for d in bordered.deliveries() if d.kind == "could-not-read")
    to = bordered.mailbag.links.reply_address(note)
    weaker = bordered.receive(by_spf(signed(to, "Rest.", message_id="<two@clinic.example>")), to=to)
    assert bordered.inbound(weaker).reason == "weaker"
    asks = bordered.receive(unproven(to, "Rest, and then walk."), to=to)
    assert bordered.inbound(asks).reason == "unauthenticated"
    assert len(asked(bordered)) == 1


def test_an_expert_without_an_address_cannot_be_asked(bordered: Office) -> None:
    bordered.ask()
    to = bordered.reply_address()
    raw = unproven(to)
    with bordered.mailbag.database.write() as tx:
        people.expert_named(tx, "The Guru").address = None
    assert bordered.inbound(bordered.receive(raw, to=to)).state == "held"
    assert asked(bordered) == []
