"""States change along their tables alone, and every change leaves an Event."""

from datetime import UTC, datetime

import pytest

from app.domain.errors import ForbiddenTransition
from app.domain.event import Action, advance
from app.domain.mail import Delivery, DeliveryKind, DeliveryState, InboundMessage, InboundState
from app.domain.people import Expert, Topic
from app.domain.question import Assignment, AssignmentState, Question, QuestionState

AT = datetime(2026, 11, 22, tzinfo=UTC)

DRAWN = {
    Question: """unconfirmed confirm submitted, unconfirmed expire expired, submitted assign assigned,
        submitted decline declined, assigned unassign submitted, assigned decline declined,
        assigned answer answered, answered send_back assigned, answered decline declined,
        answered publish published, published correct published, published withdraw withdrawn""",
    Assignment: "open answer answered, open pass passed, open lapse lapsed, open cancel cancelled",
    Delivery: """queued claim sending, queued suppress suppressed, sending delay queued, sending deliver sent,
        sending fail failed, sending retry queued, sending arrive delivered, sending bounce bounced,
        sending complain complained, failed retry queued, sent arrive delivered, sent bounce bounced,
        sent complain complained, delivered bounce bounced, delivered complain complained,
        bounced complain complained, bounced retry queued""",
    InboundMessage: """received accept accepted, received hold held, received reject rejected,
        received discard discarded, received fail failed, failed retry received, failed discard discarded,
        held accept accepted, held discard discarded""",
}
STATES = {
    Question: QuestionState,
    Assignment: AssignmentState,
    Delivery: DeliveryState,
    InboundMessage: InboundState,
}


def edges(kind: type) -> dict[tuple[str, str], str]:
    """The drawing above as {(state, action): next state}."""
    rows = (row.split() for row in DRAWN[kind].split(","))
    return {(before, action.replace("_", " ")): after for before, action, after in rows}


def make(kind: type, state: str):
    question = Question(
        public_id="abc123",
        public_name="Becky",
        topic=Topic(name="Running Advice", slug="running-advice"),
        text="Why?",
        made_at=AT,
        form_key="k",
        fingerprint=None,
    )
    made = {
        Question: lambda: question,
        Assignment: lambda: Assignment(question=question, expert=Expert("The Guru", None), made_at=AT, due_at=AT),
        Delivery: lambda: Delivery(
            kind=DeliveryKind.CONFIRM,
            address="a@b.example",
            message_id="<x@y>",
            occasion="o",
            made_at=AT,
            due_at=AT,
        ),
        InboundMessage: lambda: InboundMessage(
            door="smtp", sender="", recipient="q@c.example", raw=b"", digest="", received_at=AT
        ),
    }[kind]()
    made.state = STATES[kind](state)
    return made


@pytest.mark.parametrize("kind", list(DRAWN), ids=lambda kind: kind.__name__)
def test_every_pair_of_state_and_action_is_as_drawn(kind: type) -> None:
    drawn = edges(kind)
    for state in STATES[kind]:
        for action in Action:
            thing = make(kind, state)
            if (state, action) in drawn:
                event = advance(thing, action, at=AT, actor="editor Anna", detail="why")
                assert thing.state == drawn[state, action]
                assert thing.events == [event]
                assert (event.name, event.actor, event.detail) == (
                    f"{kind.NOUN} {action.past}",
                    "editor Anna",
                    "why",
                )
            else:
                with pytest.raises(ForbiddenTransition):
                    advance(thing, action, at=AT, actor="x")
                assert thing.state == state
                assert thing.events == []


@pytest.mark.parametrize("kind", list(DRAWN), ids=lambda kind: kind.__name__)
def test_every_state_can_be_reached(kind: type) -> None:
    first = next(iter(STATES[kind]))
    assert {first, *edges(kind).values()} == set(STATES[kind])
