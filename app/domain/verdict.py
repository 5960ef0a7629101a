"""What becomes of an inbound mail: facts in, one verdict out. The rows are those of the decision table.

A person's mail that is not surely the expert's answer is held; nothing is thrown away but exact repetitions.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.mail import Reason
from app.domain.mailkind import OF_MACHINES, PROVEN, MailKind, Outcome


class TokenFact(StrEnum):
    GENUINE = "genuine"
    MISTYPED = "mistyped"
    INVENTED = "invented"
    NONE = "none"


class SenderFact(StrEnum):
    """Who From says it is, compared with whom the mail went to."""

    ADDRESSEE = "addressee"  # exactly one From line, one mailbox, equal to the address that we wrote to
    OTHER = "other"
    UNCLEAR = "unclear"  # no From, several, or one that does not parse


class TargetFact(StrEnum):
    """What the token's delivery was about, and how that stands now."""

    OPEN = "open"  # a question that its expert has not answered yet
    ANSWERED = "answered"
    CLOSED = "closed"  # passed, lapsed, cancelled, declined
    ASKER = "asker"  # the mail of ours went to the asker
    RECEIPT = "receipt"  # the mail of ours was a receipt
    NONE = "none"


@dataclass(frozen=True)
class Facts:
    kind: MailKind
    token: TokenFact
    to_bounce_address: bool
    sender: SenderFact
    target: TargetFact
    is_exposed: bool  # others stand in To or Cc, so they know the reply address now
    nothing_new: Reason  # why there is no answer in it; NONE where there is one
    is_duplicate: bool  # the same Message-ID and the same words were taken before
    has_reused_id: bool  # the same Message-ID with other words
    is_proven: bool = False  # a report, and the mail of ours that it quotes went to whom it reports about


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    reason: Reason


_TOKENS = {
    TokenFact.NONE: Reason.NO_TOKEN,
    TokenFact.MISTYPED: Reason.MISTYPED_TOKEN,
    TokenFact.INVENTED: Reason.UNKNOWN_TOKEN,
}
_SENDERS = {SenderFact.OTHER: Reason.OTHER_SENDER, SenderFact.UNCLEAR: Reason.UNCLEAR_SENDER}
_TARGETS = {
    TargetFact.ANSWERED: Reason.ALREADY_ANSWERED,
    TargetFact.CLOSED: Reason.ASSIGNMENT_CLOSED,
    TargetFact.ASKER: Reason.FROM_ASKER,
    TargetFact.RECEIPT: Reason.ABOUT_RECEIPT,
    TargetFact.NONE: Reason.NO_TOKEN,
}


def judge(facts: Facts) -> Verdict:
    """The decision, most certain grounds first: the first rule that has a verdict gives it."""
    found = (rule(facts) for rule in (_repetition, _machine, _token, _sender, _content, _target))
    return next(verdict for verdict in (*found, _answer(facts)) if verdict is not None)


def _repetition(facts: Facts) -> Verdict | None:
    return Verdict(Outcome.DISCARD, Reason.DUPLICATE) if facts.is_duplicate else None


def _token(facts: Facts) -> Verdict | None:
    reason = _TOKENS.get(facts.token)
    return Verdict(Outcome.HOLD, reason) if reason else None


def _machine(facts: Facts) -> Verdict | None:
    """A report is believed at the address that one mail of ours had as its envelope sender, or by what it quotes."""
    at_its_address = facts.to_bounce_address and facts.token is TokenFact.GENUINE
    if facts.kind in PROVEN and (at_its_address or facts.is_proven):
        return Verdict(*PROVEN[facts.kind])
    return Verdict(*OF_MACHINES[facts.kind]) if facts.kind in OF_MACHINES else None


def _sender(facts: Facts) -> Verdict | None:
    reason = _SENDERS.get(facts.sender)
    return Verdict(Outcome.HOLD, reason) if reason else None


def _content(facts: Facts) -> Verdict | None:
    if facts.has_reused_id:
        return Verdict(Outcome.HOLD, Reason.REUSED_MESSAGE_ID)
    return Verdict(Outcome.HOLD, facts.nothing_new) if facts.nothing_new else None


def _target(facts: Facts) -> Verdict | None:
    reason = _TARGETS.get(facts.target)
    return Verdict(Outcome.HOLD, reason) if reason else None


def _answer(facts: Facts) -> Verdict:
    """Surely hers. Where others know the reply address now, an editor looks first."""
    seen_by_others = facts.to_bounce_address or facts.is_exposed
    return Verdict(Outcome.ANSWER_FOR_EDITOR if seen_by_others else Outcome.ANSWER, Reason.ANSWER)
