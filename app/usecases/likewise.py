""" "Later mail of this sender: likewise": an editor's decision, kept for mail that is held anyway.

Nothing that the rules would take is touched, and nothing is attached that does not prove its sender.
"""

from app.domain.authentication import AuthResult
from app.domain.errors import NotFound
from app.domain.mail import InboundMessage, Reason
from app.domain.people import Decision, SenderRule
from app.domain.question import Question, QuestionState
from app.mail.address import is_wire_address
from app.store import people
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

_ATTACHABLE = (Reason.OTHER_SENDER, Reason.MISTYPED_TOKEN, Reason.BY_THREAD)


def remember(mailbag: Mailbag, tx: Transaction, message: InboundMessage, decision: Decision, *, by: str) -> None:
    """The last decision for an address is the one that counts.

    None is kept for an expert's own address: anybody can write it into From, and hers must not be thrown away.
    """
    if not can_be_remembered(tx, message):
        return
    rule = people.sender_rule_for(tx, message.author)
    if rule is None:
        tx.add(SenderRule(message.author.lower(), decision, mailbag.clock(), f"editor {by}"))
    else:
        rule.decision, rule.made_at, rule.made_by = decision, mailbag.clock(), f"editor {by}"


def can_be_remembered(tx: Transaction, message: InboundMessage) -> bool:
    is_clear = message.reason is not Reason.UNCLEAR_SENDER and is_wire_address(message.author)
    return is_clear and not people.is_address_of_an_expert(tx, message.author)


def forget(mailbag: Mailbag, rule_id: int) -> None:
    """Raises NotFound."""
    with mailbag.database.write() as tx:
        rule = people.sender_rule(tx, rule_id)
        if rule is None:
            raise NotFound("no such rule")
        tx.remove(rule)


def is_discarded(tx: Transaction, message: InboundMessage) -> bool:
    return _decision(tx, message) is Decision.DISCARD


def question_to_attach_to(tx: Transaction, message: InboundMessage) -> Question | None:
    """The open question that it answers, where an editor said so of its sender and the mail proves that sender."""
    authentication = message.authenticated
    is_proven = authentication is not None and authentication.result is AuthResult.PASS
    question = message.delivery.question if message.delivery and message.delivery.assignment else None
    if not is_proven or message.reason not in _ATTACHABLE or question is None:
        return None
    is_open = question.state is QuestionState.ASSIGNED
    return question if is_open and _decision(tx, message) is Decision.ATTACH else None


def _decision(tx: Transaction, message: InboundMessage) -> Decision | None:
    rule = people.sender_rule_for(tx, message.author) if can_be_remembered(tx, message) else None
    return rule.decision if rule else None
