"""The decision table: all combinations, and the few rows that let anything through."""

from dataclasses import replace
from itertools import product

import pytest

from app.domain.mail import Reason
from app.domain.mailkind import OF_MACHINES, MailKind, Outcome
from app.domain.verdict import (
    AuthFact,
    Facts,
    SenderFact,
    TargetFact,
    TokenFact,
    judge,
)

GOOD = {
    "kind": MailKind.PERSONAL,
    "token": TokenFact.GENUINE,
    "to_bounce_address": False,
    "sender": SenderFact.ADDRESSEE,
    "target": TargetFact.OPEN,
    "authentication": AuthFact.PASS,
    "is_confirmed": False,
    "answers_by_thread": False,
    "is_exposed": False,
    "is_replay": False,
    "is_partly_signed": False,
    "nothing_new": Reason.NONE,
    "is_duplicate": False,
    "has_reused_id": False,
}
CHOICES = {
    "kind": MailKind,
    "token": TokenFact,
    "to_bounce_address": (False, True),
    "sender": SenderFact,
    "target": [TargetFact.OPEN, TargetFact.ANSWERED, TargetFact.ASKER, TargetFact.WAS_IT_YOU],
    "authentication": AuthFact,
    "is_confirmed": (False, True),
    "answers_by_thread": (False, True),
    "is_exposed": (False, True),
}
DOUBTS = [
    {},
    {"is_replay": True},
    {"is_partly_signed": True},
    {"nothing_new": Reason.EMPTY},
    {"is_duplicate": True},
    {"has_reused_id": True},
]
EVERY = [
    Facts(**{**GOOD, **dict(zip(CHOICES, values, strict=True)), **doubt})
    for values in product(*CHOICES.values())
    for doubt in DOUBTS
]
VERDICTS = [(facts, judge(facts)) for facts in EVERY]


def test_only_the_good_row_answers_without_an_editor() -> None:
    """The thread says nothing more where there is a token; her own yes stands for From, proof and exposure."""
    answers = [facts for facts, verdict in VERDICTS if verdict.outcome is Outcome.ANSWER]
    assert {facts for facts in answers if not facts.is_confirmed} == {
        Facts(**{**GOOD, "answers_by_thread": thread}) for thread in (False, True)
    }
    doubts = {"token", "kind", "target", "is_replay", "is_partly_signed", "nothing_new", "has_reused_id"}
    assert all(getattr(facts, doubt) == GOOD[doubt] for facts in answers for doubt in doubts)


def test_an_editor_sees_what_others_could_have_written() -> None:
    outcomes = [facts for facts, verdict in VERDICTS if verdict.outcome is Outcome.ANSWER_FOR_EDITOR]
    assert all(facts.is_exposed or facts.to_bounce_address for facts in outcomes)
    assert all(facts.token is TokenFact.GENUINE for facts in outcomes)
    assert all(facts.is_confirmed or facts.sender is SenderFact.ADDRESSEE for facts in outcomes)
    assert all(facts.is_confirmed or facts.authentication is AuthFact.PASS for facts in outcomes)


def test_she_is_asked_only_where_her_yes_would_make_an_answer_of_it() -> None:
    asked = [facts for facts, verdict in VERDICTS if verdict.asks]
    assert asked
    assert {judge(replace(facts, is_confirmed=True)).reason for facts in asked} == {Reason.ANSWER}
    assert AuthFact.FAIL not in {facts.authentication for facts in asked if facts.sender is SenderFact.ADDRESSEE}


def test_an_automatic_mail_never_answers() -> None:
    outcomes = {verdict.outcome for facts, verdict in VERDICTS if facts.kind is not MailKind.PERSONAL}
    assert outcomes == {Outcome.HOLD, Outcome.DISCARD, Outcome.SETTLE_BOUNCE, Outcome.SETTLE_COMPLAINT}


CERTAIN = {MailKind.AUTOMATIC, MailKind.ABSENCE, MailKind.READ_RECEIPT, MailKind.OURS}


def test_nothing_but_a_repetition_and_a_certain_machine_is_discarded() -> None:
    discarded = [facts for facts, verdict in VERDICTS if verdict.outcome is Outcome.DISCARD]
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
        ({"authentication": AuthFact.NONE}, Reason.UNAUTHENTICATED),
        ({"authentication": AuthFact.FAIL}, Reason.FORGED),
        ({"authentication": AuthFact.WEAKER}, Reason.WEAKER),
        ({"is_replay": True}, Reason.REPLAY),
        ({"is_partly_signed": True}, Reason.PARTLY_SIGNED),
        ({"token": TokenFact.NONE, "answers_by_thread": True}, Reason.BY_THREAD),
        ({"target": TargetFact.WAS_IT_YOU}, Reason.ABOUT_WAS_IT_YOU),
        ({"nothing_new": Reason.EMPTY}, Reason.EMPTY),
        ({"nothing_new": Reason.ENCRYPTED}, Reason.ENCRYPTED),
        ({"has_reused_id": True}, Reason.REUSED_MESSAGE_ID),
        ({"target": TargetFact.ANSWERED}, Reason.ALREADY_ANSWERED),
        ({"target": TargetFact.CLOSED}, Reason.ASSIGNMENT_CLOSED),
        ({"target": TargetFact.ASKER}, Reason.FROM_ASKER),
        ({"target": TargetFact.SUBSCRIBER}, Reason.FROM_SUBSCRIBER),
        ({"target": TargetFact.RECEIPT}, Reason.ABOUT_RECEIPT),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_one_thing_amiss_holds_the_mail_and_names_it(change: dict, reason: Reason) -> None:
    verdict = judge(Facts(**{**GOOD, **change}))
    assert (verdict.outcome, verdict.reason) == (Outcome.HOLD, reason)


def test_a_bounce_is_believed_at_its_own_address_alone() -> None:
    facts = {**GOOD, "kind": MailKind.BOUNCE, "to_bounce_address": True}
    assert judge(Facts(**facts)).outcome is Outcome.SETTLE_BOUNCE
    assert judge(Facts(**{**facts, "token": TokenFact.INVENTED})).outcome is Outcome.HOLD
    assert judge(Facts(**{**facts, "token": TokenFact.NONE, "is_proven": True})).outcome is Outcome.SETTLE_BOUNCE
