"""What is done to a printed letter: its answer is corrected, with a note that readers see, or all of it withdrawn."""

from app.domain.errors import Conflict, ForbiddenTransition, NothingChanged, NothingToPublish, PrivateText
from app.domain.event import Action, advance
from app.domain.question import Question, QuestionState
from app.store.base import Transaction
from app.usecases import publishing
from app.usecases.mailbag import Mailbag
from app.usecases.routing import cancel_assignment, the_question


def correct(mailbag: Mailbag, question_id: int, text: str, note: str, *, by: str, seen: int | None = None) -> None:
    """An editor prints another text in the place of the answer; `note` tells readers what was changed, or is empty.

    `seen` is the number of the revision that she looked at. Raises Conflict where there is a newer one, NotFound,
    ForbiddenTransition, NothingToPublish, NothingChanged, PrivateText.
    """
    now = mailbag.clock()
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        advance(question, Action.CORRECT, at=now, actor=f"editor {by}", detail=note)
        if question.answer is None:
            raise NothingToPublish("there is no answer to correct")
        if seen is not None and seen != question.answer.current.number:
            raise Conflict("another text has come in meanwhile")
        if text == question.answer.printed.text:
            raise NothingChanged("the text is what is printed already")
        revision = question.answer.revise(text, author=f"editor {by}", at=now)
        revision.note = note
        revision.approved_at, revision.approved_by = now, by
        publishing.check(mailbag, question, revision)
        revision.published_at = now


def withdraw(mailbag: Mailbag, question_id: int, reason: str, *, by: str) -> None:
    """Take a page down for good: it answers 410 with `reason`, and nothing of it is listed, found or sent on.

    What its asker wrote later goes with it, printed or not. Raises NotFound, ForbiddenTransition, PrivateText.
    """
    with mailbag.database.write() as tx:
        question = the_question(tx, question_id)
        if found := publishing.private_in(mailbag, question, reason):
            raise PrivateText(found)
        advance(question, Action.WITHDRAW, at=mailbag.clock(), actor=f"editor {by}", detail=reason)
        for follow_up in question.follow_ups:
            _take_along(mailbag, tx, follow_up, f"editor {by}")


def _take_along(mailbag: Mailbag, tx: Transaction, follow_up: Question, actor: str) -> None:
    is_printed = follow_up.state is QuestionState.PUBLISHED
    detail = f"with #{follow_up.follows.id}" if follow_up.follows else ""
    action = Action.WITHDRAW if is_printed else Action.DECLINE
    try:
        advance(follow_up, action, at=mailbag.clock(), actor=actor, detail=detail)
    except ForbiddenTransition:  # declined or withdrawn before
        return
    cancel_assignment(mailbag, tx, follow_up, actor)
