"""The asker wrote again: she replied to the mail with her answer, and an editor sends that on, or declines it.

Her words become a question of their own that follows the first: given, answered, approved and corrected like any
other, and printed on the page of the first.
"""

from app.domain.errors import ForbiddenTransition, NotFound, NothingToPublish, PrivateText
from app.domain.event import Action, advance, record
from app.domain.letter import clean_text
from app.domain.mail import DeliveryKind, InboundMessage, InboundState, Reason
from app.domain.question import Question, QuestionState
from app.store import people
from app.store.base import Transaction
from app.usecases.capturing import capture, exchange_of
from app.usecases.holding import the_message
from app.usecases.mailbag import Mailbag, random_id
from app.usecases.publishing import private_in
from app.usecases.routing import give, turn_down


def letter_that_goes_on(message: InboundMessage) -> Question | None:
    """The printed letter whose asker wrote this held mail in reply to its answer; None where it is anything else."""
    delivery = message.delivery
    is_reply = delivery is not None and delivery.kind is DeliveryKind.ANSWERED
    if message.state is not InboundState.HELD or message.reason is not Reason.FROM_ASKER or not is_reply:
        return None
    assert delivery is not None
    question = delivery.question
    first = question.follows or question if question else None
    return first if first is not None and first.state is QuestionState.PUBLISHED else None


def send_on(mailbag: Mailbag, inbound_id: int, expert_id: int, text: str | None, *, by: str) -> None:
    """An editor passes a follow-up on to an expert. `text` is what she made of the captured words, None for these.

    Raises NotFound, NoExpert, ForbiddenTransition, NothingToPublish, PrivateText.
    """
    captured = _captured(mailbag, inbound_id)
    with mailbag.database.write() as tx:
        follow_up = _take_up(mailbag, tx, inbound_id, captured, text, by=by)
        if found := private_in(mailbag, follow_up, follow_up.text):  # a signature, perhaps: the expert sees no address
            raise PrivateText(found)
        expert = people.expert(tx, expert_id)
        if expert is None:
            raise NotFound("no such expert")
        give(mailbag, tx, follow_up, expert, actor=f"editor {by}")


def decline(mailbag: Mailbag, inbound_id: int, reason: str, *, by: str) -> None:
    """An editor says no to a follow-up; its asker is told. Raises NotFound, ForbiddenTransition, NothingToPublish."""
    captured = _captured(mailbag, inbound_id)
    with mailbag.database.write() as tx:
        follow_up = _take_up(mailbag, tx, inbound_id, captured, None, by=by)
        turn_down(mailbag, tx, follow_up, reason, actor=f"editor {by}")


def _captured(mailbag: Mailbag, inbound_id: int) -> str:
    with mailbag.database.read() as tx:
        exchange = exchange_of(tx, the_message(tx, inbound_id))
    return clean_text(capture(mailbag, exchange).published())


def _take_up(
    mailbag: Mailbag, tx: Transaction, inbound_id: int, captured: str, edited: str | None, *, by: str
) -> Question:
    message = the_message(tx, inbound_id)
    first = letter_that_goes_on(message)
    if first is None or first.asker is None:
        raise ForbiddenTransition(message.NOUN, message.state, "go on")
    text = captured if edited is None else edited
    if not text.strip():
        raise NothingToPublish("there are no words in it")
    now = mailbag.clock()
    follow_up = Question(
        public_id=random_id(6),
        public_name=first.public_name,
        topic=first.topic,
        text=text,
        made_at=message.received_at,
        confirmed_at=now,
        form_key=f"mail:{inbound_id}",
        fingerprint=None,
        asker=first.asker,
        consent_version=first.consent_version,
        state=QuestionState.SUBMITTED,
        follows=first,
    )
    changed = "" if text == captured else f"; changed by {by}"
    record(follow_up, Action.SUBMIT, at=now, actor="asker", detail=f"a follow-up to #{first.id}{changed}")
    tx.add(follow_up)
    advance(message, Action.ACCEPT, at=now, actor=f"editor {by}", detail=f"#{follow_up.id}")
    message.reason = Reason.FOLLOW_UP
    return follow_up
