"""What kind of mail came in, decided once; and what becomes of each kind, looked up."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.mail import Reason


class MailKind(StrEnum):
    """`LIKELY_` is by words alone: a person may have written it. All others but PERSONAL are by certain marks."""

    PERSONAL = "personal"
    AUTOMATIC = "automatic"
    LIKELY_AUTOMATIC = "likely-automatic"
    ABSENCE = "absence"
    LIKELY_ABSENCE = "likely-absence"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    READ_RECEIPT = "read-receipt"
    LIKELY_READ_RECEIPT = "likely-read-receipt"
    CHALLENGE = "challenge"  # "prove that you are a person"
    LIST = "list"
    CALENDAR = "calendar"
    RECALL = "recall"  # Outlook's "would like to recall the message"
    SPAM = "spam"  # by the verdict of the operator's own mail server
    OURS = "ours"  # a mail of ours came back


class Outcome(StrEnum):
    ANSWER = "answer"
    ANSWER_FOR_EDITOR = "answer-for-editor"  # taken as the answer, but only an editor can let it through
    SETTLE_BOUNCE = "settle-bounce"
    SETTLE_COMPLAINT = "settle-complaint"
    HOLD = "hold"
    DISCARD = "discard"


# None of these has a way to an answer. What a person may have written is held; certain machines are recorded.
OF_MACHINES: Mapping[MailKind, tuple[Outcome, Reason]] = {
    MailKind.AUTOMATIC: (Outcome.DISCARD, Reason.AUTOMATIC),
    MailKind.LIKELY_AUTOMATIC: (Outcome.HOLD, Reason.LIKELY_AUTOMATIC),
    MailKind.ABSENCE: (Outcome.DISCARD, Reason.ABSENCE),
    MailKind.LIKELY_ABSENCE: (Outcome.HOLD, Reason.LIKELY_ABSENCE),
    MailKind.BOUNCE: (Outcome.HOLD, Reason.BOUNCE_UNCLEAR),
    MailKind.COMPLAINT: (Outcome.HOLD, Reason.COMPLAINT_UNCLEAR),
    MailKind.READ_RECEIPT: (Outcome.DISCARD, Reason.READ_RECEIPT),
    MailKind.LIKELY_READ_RECEIPT: (Outcome.HOLD, Reason.READ_RECEIPT),
    MailKind.CHALLENGE: (Outcome.HOLD, Reason.CHALLENGE),
    MailKind.LIST: (Outcome.HOLD, Reason.LIST_MAIL),
    MailKind.CALENDAR: (Outcome.HOLD, Reason.CALENDAR),
    MailKind.RECALL: (Outcome.HOLD, Reason.RECALL),
    MailKind.SPAM: (Outcome.HOLD, Reason.SPAM),
    MailKind.OURS: (Outcome.DISCARD, Reason.OUR_OWN),
}
# Where it is proven that a report is about one mail of ours.
PROVEN: Mapping[MailKind, tuple[Outcome, Reason]] = {
    MailKind.BOUNCE: (Outcome.SETTLE_BOUNCE, Reason.BOUNCE),
    MailKind.COMPLAINT: (Outcome.SETTLE_COMPLAINT, Reason.COMPLAINT),
}
ABSENCES = frozenset({MailKind.ABSENCE, MailKind.LIKELY_ABSENCE})
