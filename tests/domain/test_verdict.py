"""The decision table: all combinations, and the few rows that let anything through."""

from itertools import product

import pytest

from app.domain.mail import Reason
from app.domain.mailkind import OF_MACHINES, MailKind, Outcome
from app.domain.verdict import (
    Facts,
    SenderFact,
    TargetFact,
    TokenFact,
    Verdict,
    judge,
)

GOOD = {
    "kind": MailKind.PERSONAL,
    "token": TokenFact.GENUINE,
    "to_bounce_address": False,
    "sender": SenderFact.ADDRESSEE,
    "target": TargetFact.OPEN,
    "is_exposed": False,
    "nothing_new": Reason.NONE,
    "is_duplicate": False,
    "has_reused_id": False,
}
CHOICES = {
    "kind": MailKind,
    "token": TokenFact,
    "to_bounce_address": (False, True),
    "sender": SenderFact,
    "target": TargetFact,
    "is_exposed": (False, True),
    "nothing_new": (Reason.NONE, Reason.EMPTY, Reason.ATTACHMENT_ONLY),
    "is_duplicate": (False, True),
    "has_reused_id": (False, True),
}
EVERY = [Facts(**dict(zip(CHOICES, values, strict=True))) for values in product(*CHOICES.values())]


def test_only_the_good_row_answers_without_an_editor() -> None:
    answers = [facts for facts in EVERY if judge(facts).outcome is Outcome.ANSWER]
    assert answers == [Facts(**GOOD)]


def test_an_editor_sees_what_others_could_have_written() -> None:
    outcomes = [facts for facts in EVERY if judge(facts).outcome is Outcome.ANSWER_FOR_EDITOR]
    assert all(facts.is_exposed or facts.to_bounce_address for facts in outcomes)
    assert all(facts.sender is SenderFact.ADDRESSEE and facts.token is TokenFact.GENUINE for facts in outcomes)


def test_an_automatic_mail_never_answers() -> None:
    machines = [facts for facts in EVERY if facts.kind is not MailKind.PERSONAL]
    outcomes = {judge(facts).outcome for facts in machines}
    assert outcomes == {Outcome.HOLD, Outcome.DISCARD, Outcome.SETTLE_BOUNCE, Outcome.SETTLE_COMPLAINT}


CERTAIN = {MailKind.AUTOMATIC, MailKind.ABSENCE, MailKind.READ_RECEIPT, MailKind.OURS}


def test_nothing_but_a_repetition_and_a_certain_machine_is_discarded() -> None:
    discarded = [facts for facts in EVERY if judge(facts).outcome is Outcome.DISCARD]
    assert all(facts.is_duplicate or facts.kind in CERTAIN for facts in discarded)


def test_every_kind_but_a_persons_has_its_row() -> None:
    assert set(OF_MACHINES) == set(MailKind) - {MailKind.PERSONAL}
    assert {OF_MACHINES[kind][0] for kind in CERTAIN} == {Outcome.DISCARD}
    assert {OF_MACHINES[kind][0] for kind in set(OF_MACHINES) - CERTAIN} == {Outcome.HOLD}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": TokenFact.NONE}, Reason.NO_TOKEN),
        ({"token": TokenFact.MISTYPED}, Reason.MISTYPED_TOKEN),
        ({"token": TokenFact.INVENTED}, Reason.UNKNOWN_TOKEN),
        ({"kind": MailKind.LIKELY_AUTOMATIC}, Reason.LIKELY_AUTOMATIC),
        ({"kind": MailKind.COMPLAINT}, Reason.COMPLAINT_UNCLEAR),
        ({"kind": MailKind.BOUNCE}, Reason.BOUNCE_UNCLEAR),
        ({"sender": SenderFact.OTHER}, Reason.OTHER_SENDER),
        ({"sender": SenderFact.UNCLEAR}, Reason.UNCLEAR_SENDER),
        ({"nothing_new": Reason.EMPTY}, Reason.EMPTY),
        ({"nothing_new": Reason.ENCRYPTED}, Reason.ENCRYPTED),
        ({"has_reused_id": True}, Reason.REUSED_MESSAGE_ID),
        ({"target": TargetFact.ANSWERED}, Reason.ALREADY_ANSWERED),
        ({"target": TargetFact.CLOSED}, Reason.ASSIGNMENT_CLOSED),
        ({"target": TargetFact.ASKER}, Reason.FROM_ASKER),
        ({"target": TargetFact.RECEIPT}, Reason.ABOUT_RECEIPT),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_one_thing_amiss_holds_the_mail_and_names_it(change: dict, reason: Reason) -> None:
    assert judge(Facts(**{**GOOD, **change})) == Verdict(Outcome.HOLD, reason)


def test_a_bounce_is_believed_at_its_own_address_alone() -> None:
    facts = {**GOOD, "kind": MailKind.BOUNCE, "to_bounce_address": True}
    assert judge(Facts(**facts)).outcome is Outcome.SETTLE_BOUNCE
    assert judge(Facts(**{**facts, "token": TokenFact.INVENTED})).outcome is Outcome.HOLD
    assert judge(Facts(**{**facts, "token": TokenFact.NONE, "is_proven": True})).outcome is Outcome.SETTLE_BOUNCE
