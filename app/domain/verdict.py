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

    ADDRESSEE = "addressee"  # exactly one From line, one mailbox, one of the addresses of whom we wrote to
    OTHER = "other"
    UNCLEAR = "unclear"  # no From, several, or one that does not parse


class AuthFact(StrEnum):
    """Whether the mail proves the domain in its From; see Authentication."""

    PASS = "pass"  # at least as strong as what is pinned, or the check is off
    NONE = "none"
    WEAKER = "weaker"  # passes, but hers have passed by better means
    FAIL = "fail"


class TargetFact(StrEnum):
    """What the token's delivery was about, and how that stands now."""

    OPEN = "open"  # a question that its expert has not answered yet
    ANSWERED = "answered"
    CLOSED = "closed"  # passed, lapsed, cancelled, declined
    ASKER = "asker"  # the mail of ours went to the asker
    SUBSCRIBER = "subscriber"  # it was about what she gets
    RECEIPT = "receipt"  # the mail of ours was a receipt
    WAS_IT_YOU = "was-it-you"  # the mail of ours asked whether a mail was hers
    NONE = "none"


@dataclass(frozen=True)
class Facts:
    kind: MailKind
    token: TokenFact
    to_bounce_address: bool
    sender: SenderFact
    target: TargetFact
    authentication: AuthFact
    is_confirmed: bool  # whoever reads her registered address said that it is hers
    answers_by_thread: bool  # no token, but In-Reply-To or References name a mail of ours
    is_exposed: bool  # others know the reply address: they stand in To or Cc, or have written to it
    is_replay: bool  # the same mail was seen under another token, or is addressed to one
    is_partly_signed: bool  # a signature with l=: anybody on the way could add text below
    nothing_new: Reason  # why there is no answer in it; NONE where there is one
    is_duplicate: bool  # the same Message-ID and the same words were taken before
    has_reused_id: bool  # the same Message-ID with other words
    is_proven: bool = False  # a report, and the mail of ours that it quotes went to whom it reports about


@dataclass(frozen=True)
class Verdict:
    """`asks`: the registered address gets a mail with a button. `exposes`: the reply address is no secret now.

    `tells`: it is hers, and she is told why nothing could be taken from it.
    """

    outcome: Outcome
    reason: Reason
    asks: bool = False
    exposes: bool = False
    tells: bool = False


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
    TargetFact.SUBSCRIBER: Reason.FROM_SUBSCRIBER,
    TargetFact.RECEIPT: Reason.ABOUT_RECEIPT,
    TargetFact.WAS_IT_YOU: Reason.ABOUT_WAS_IT_YOU,
    TargetFact.NONE: Reason.NO_TOKEN,
}

_FORGERIES = {AuthFact.FAIL: Reason.FORGED, AuthFact.WEAKER: Reason.WEAKER}
_HERS = (TargetFact.OPEN, TargetFact.ANSWERED, TargetFact.CLOSED, TargetFact.RECEIPT, TargetFact.WAS_IT_YOU)


def judge(facts: Facts) -> Verdict:
    """The decision, most certain grounds first: the first rule that has a verdict gives it."""
    found = (rule(facts) for rule in _RULES)
    return next(verdict for verdict in (*found, _answer(facts)) if verdict is not None)


def _repetition(facts: Facts) -> Verdict | None:
    return Verdict(Outcome.DISCARD, Reason.DUPLICATE) if facts.is_duplicate else None


def _token(facts: Facts) -> Verdict | None:
    reason = _TOKENS.get(facts.token)
    if reason is Reason.NO_TOKEN and _is_surely_hers(facts) and facts.answers_by_thread:
        reason = Reason.BY_THREAD
    return Verdict(Outcome.HOLD, reason) if reason else None


def _is_surely_hers(facts: Facts) -> bool:
    is_personal = facts.kind is MailKind.PERSONAL
    return is_personal and facts.sender is SenderFact.ADDRESSEE and facts.authentication is AuthFact.PASS


def _machine(facts: Facts) -> Verdict | None:
    """A report is believed at the address that one mail of ours had as its envelope sender, or by what it quotes."""
    at_its_address = facts.to_bounce_address and facts.token is TokenFact.GENUINE
    if facts.kind in PROVEN and (at_its_address or facts.is_proven):
        return Verdict(*PROVEN[facts.kind])
    return Verdict(*OF_MACHINES[facts.kind]) if facts.kind in OF_MACHINES else None


def _sender(facts: Facts) -> Verdict | None:
    """She is asked only where her yes would make an answer of it."""
    reason = _SENDERS.get(facts.sender)
    if reason is None or facts.is_confirmed:
        return None
    return Verdict(Outcome.HOLD, reason, asks=_would_answer(facts), exposes=facts.target in _HERS)


def _forgery(facts: Facts) -> Verdict | None:
    """Nobody is told but the editor: the sender is most likely not she."""
    if facts.is_confirmed or facts.target not in _HERS:
        return None
    reason = _FORGERIES.get(facts.authentication)
    return Verdict(Outcome.HOLD, reason) if reason else None


def _second_hand(facts: Facts) -> Verdict | None:
    """It passes, and yet it may not be what she sent, or not for here."""
    if facts.target not in _HERS:
        return None
    if facts.is_replay:
        return Verdict(Outcome.HOLD, Reason.REPLAY)
    return Verdict(Outcome.HOLD, Reason.PARTLY_SIGNED) if facts.is_partly_signed else None


def _content(facts: Facts) -> Verdict | None:
    if facts.has_reused_id:
        return Verdict(Outcome.HOLD, Reason.REUSED_MESSAGE_ID)
    is_hers = _is_surely_hers(facts)
    return Verdict(Outcome.HOLD, facts.nothing_new, tells=is_hers) if facts.nothing_new else None


def _target(facts: Facts) -> Verdict | None:
    reason = _TARGETS.get(facts.target)
    return Verdict(Outcome.HOLD, reason) if reason else None


def _unproven(facts: Facts) -> Verdict | None:
    if facts.is_confirmed or facts.authentication is not AuthFact.NONE:
        return None
    return Verdict(Outcome.HOLD, Reason.UNAUTHENTICATED, asks=True)


def _answer(facts: Facts) -> Verdict:
    """Surely hers. Where others know the reply address, an editor looks first, unless she herself confirmed it."""
    seen_by_others = facts.to_bounce_address or (facts.is_exposed and not facts.is_confirmed)
    return Verdict(
        Outcome.ANSWER_FOR_EDITOR if seen_by_others else Outcome.ANSWER, Reason.ANSWER, exposes=facts.is_exposed
    )


def _would_answer(facts: Facts) -> bool:
    doubts = (facts.nothing_new, facts.has_reused_id, facts.is_replay, facts.is_partly_signed)
    return facts.target is TargetFact.OPEN and not any(doubts)


_RULES = (_repetition, _machine, _token, _sender, _forgery, _second_hand, _content, _target, _unproven)
