"""Is it really she? An expert's addresses, how mail from each has authenticated so far, and what that says of one."""

from app.domain.authentication import Authentication, AuthResult, Pinned
from app.domain.mail import Delivery, DeliveryKind, InboundMessage
from app.domain.people import Alias, Expert
from app.domain.verdict import AuthFact, SenderFact
from app.mail.address import is_wire_address, same_address
from app.mail.parse import InboundMail
from app.store import people
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

_TO_EXPERTS = (
    *(DeliveryKind.QUESTION, DeliveryKind.SENT_BACK, DeliveryKind.RECEIPT),
    *(DeliveryKind.WAS_IT_YOU, DeliveryKind.COULD_NOT_READ),
)


def expert_of(tx: Transaction, delivery: Delivery | None) -> Expert | None:
    """The expert whom a mail of ours went to; None where it went to somebody else."""
    if delivery is None or delivery.kind not in _TO_EXPERTS:
        return None
    return delivery.assignment.expert if delivery.assignment else people.expert_at(tx, delivery.address)


def sender_fact(inbound: InboundMail, delivery: Delivery | None, expert: Expert | None) -> SenderFact:
    if len(inbound.authors) != 1:
        return SenderFact.UNCLEAR
    author = inbound.authors[0]
    is_known = expert is not None and expert.profile_of(author) is not None
    if is_known or (delivery is not None and same_address(author, delivery.address)):
        return SenderFact.ADDRESSEE
    return SenderFact.OTHER


def auth_fact(authentication: Authentication | None, author: str, expert: Expert | None) -> AuthFact:
    """Weighed against what is pinned to the address; an address without a pin is met by any pass."""
    if authentication is None or authentication.result is AuthResult.NONE:
        return AuthFact.NONE
    if authentication.result is AuthResult.FAIL:
        return AuthFact.FAIL
    profile = expert.profile_of(author) if expert else None
    is_checked = authentication.result is not AuthResult.UNCHECKED
    if is_checked and profile is not None and not Pinned.read(profile.pinned).is_met_by(authentication):
        return AuthFact.WEAKER
    return AuthFact.PASS


def pin(message: InboundMessage, expert: Expert | None, *, is_confirmed: bool) -> None:
    """Remember how this reply of hers authenticated, so that later ones must be at least as strong."""
    authentication, profile = message.authenticated, expert.profile_of(message.author) if expert else None
    if profile is None or authentication is None or authentication.result is AuthResult.UNCHECKED:
        return
    known = Pinned.read(profile.pinned)
    profile.pinned = (known.widened(authentication) if is_confirmed else known.after(authentication)).wire()


def learn_alias(mailbag: Mailbag, expert: Expert, address: str, *, by: str) -> None:
    """Mail from this address counts as hers from now on. Learning it again changes nothing."""
    if is_wire_address(address) and expert.profile_of(address) is None:
        expert.aliases.append(Alias(address=address, learned_at=mailbag.clock(), learned_by=by))
