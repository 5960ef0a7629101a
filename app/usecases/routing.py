"""Who answers: route a confirmed question by the intake policy; assign, unassign, decline by hand."""

from app.domain.column import Intake
from app.domain.errors import NoExpert, NotFound
from app.domain.event import Action, advance
from app.domain.mail import DeliveryKind, DeliveryState
from app.domain.people import Expert
from app.domain.question import Assignment, Question
from app.store import mail, people, questions
from app.store.base import Transaction
from app.usecases import photographing
from app.usecases.mailbag import Mailbag
from app.usecases.queueing import queue


def route(mailbag: Mailbag, tx: Transaction, question: Question) -> None:
    """What the policy says of a question that was just confirmed: an expert gets it, or an editor sees it.

    Where no expert covers the topic, or the letter may be a robot's, it waits for the editor, whatever the policy.
    """
    if any(event.name == f"{question.NOUN} {Action.HOLD.past}" for event in question.events):
        return
    if mailbag.column.intake is Intake.STRAIGHT_TO_EXPERT:
        assert question.topic.id is not None
        expert = people.least_busy_expert(tx, question.topic.id)
        if expert is not None:
            give(mailbag, tx, question, expert, actor="mailbag")


def give(
    mailbag: Mailbag,
    tx: Transaction,
    question: Question,
    expert: Expert,
    *,
    actor: str,
    action: Action = Action.ASSIGN,
    note: str = "",
) -> Assignment:
    """Open an assignment for a question and queue the mail to its expert."""
    if expert.address is None:
        raise NoExpert(f"{expert.public_name} has no address")
    now = mailbag.clock()
    advance(question, action, at=now, actor=actor, detail=expert.public_name)
    assignment = Assignment(
        question=question,
        expert=expert,
        made_at=now,
        due_at=now + mailbag.column.time_to_answer,
        note=note,
    )
    tx.add(assignment)
    kind = DeliveryKind.SENT_BACK if action is Action.SEND_BACK else DeliveryKind.QUESTION
    queue(
        mailbag,
        tx,
        kind,
        expert.address,
        occasion=f"{assignment.id}",
        question=question,
        assignment=assignment,
    )
    return assignment


def assign(mailbag: Mailbag, question_id: int, expert_id: int, *, by: str) -> None:
    """An editor gives a submitted question to an expert. Raises NotFound, ForbiddenTransition, NoExpert."""
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        expert = people.expert(tx, expert_id)
        if expert is None:
            raise NotFound("no such expert")
        give(mailbag, tx, question, expert, actor=f"editor {by}")


def unassign(mailbag: Mailbag, question_id: int, *, by: str) -> None:
    """Take a question back from its expert; her late reply would be held, not lost."""
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        advance(question, Action.UNASSIGN, at=mailbag.clock(), actor=f"editor {by}")
        cancel_assignment(mailbag, tx, question, f"editor {by}")


def decline(mailbag: Mailbag, question_id: int, reason: str, *, by: str) -> None:
    """Say no, kindly: the asker gets a mail with the reason, when there is one."""
    with mailbag.database.write() as tx:
        turn_down(mailbag, tx, the_question(tx, question_id), reason, actor=f"editor {by}")


def turn_down(mailbag: Mailbag, tx: Transaction, question: Question, reason: str, *, actor: str) -> None:
    advance(question, Action.DECLINE, at=mailbag.clock(), actor=actor, detail=reason)
    question.decline_reason = reason
    photographing.remove_all(tx, question)
    cancel_assignment(mailbag, tx, question, actor)
    if question.asker is not None:
        queue(
            mailbag,
            tx,
            DeliveryKind.DECLINED,
            question.asker.address,
            occasion=f"{question.id}",
            question=question,
        )


def cancel_assignment(mailbag: Mailbag, tx: Transaction, question: Question, actor: str) -> None:
    """Close it, and stop its mail where that has not gone out yet."""
    if (assignment := question.open_assignment) is None:
        return
    now = mailbag.clock()
    advance(assignment, Action.CANCEL, at=now, actor=actor)
    for delivery in mail.deliveries_of(tx, assignment):
        if delivery.state is DeliveryState.QUEUED:
            advance(delivery, Action.SUPPRESS, at=now, actor=actor, detail="its assignment was cancelled")


def the_question(tx: Transaction, question_id: int) -> Question:
    question = questions.by_id(tx, question_id)
    if question is None:
        raise NotFound("no such question")
    return question
