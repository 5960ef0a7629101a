"""What a delivery report says of one recipient: how final it is, and why, in one word each."""

from enum import StrEnum


class BounceKind(StrEnum):
    """How final a failure is. `Status` and the server's words decide, never the form of the report."""

    HARD = "hard"  # this address will never work: nobody there, no such host, moved away
    SOFT = "soft"  # this mail failed, the next one may arrive: mailbox full, policy, a broken server
    DELAY = "delay"  # the other server goes on trying
    UNKNOWN = "unknown"  # it failed, and the report does not say why


class BounceReason(StrEnum):
    """Why; templates have the words for each."""

    NONE = ""
    UNKNOWN_USER = "unknown-user"
    UNKNOWN_HOST = "unknown-host"
    MOVED = "moved"
    TAKES_NO_MAIL = "takes-no-mail"
    MAILBOX_FULL = "mailbox-full"
    SUSPENDED = "suspended"
    TOO_BIG = "too-big"
    SPAM = "spam"
    VIRUS = "virus"
    BLOCKED = "blocked"
    TOO_MANY = "too-many"
    AUTHENTICATION = "authentication"
    RELAYING = "relaying"
    POLICY = "policy"
    EXPIRED = "expired"
    NETWORK = "network"
    SYSTEM = "system"
    FILTERED = "filtered"  # "user unknown", but said after the address had been accepted, or by a known filter


HARD_REASONS = frozenset(
    {BounceReason.UNKNOWN_USER, BounceReason.UNKNOWN_HOST, BounceReason.MOVED, BounceReason.TAKES_NO_MAIL}
)
