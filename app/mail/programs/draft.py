"""What every program makes of a reply before its own habits begin: who, to whom, on what, in which thread."""

from dataclasses import dataclass
from datetime import datetime

from app.mail.programs.mime import address_header, text_header
from app.mail.programs.original import Mailbox, Original


@dataclass(frozen=True, slots=True)
class Draft:
    original: Original
    sender_name: str
    sender: str
    text: str
    at: datetime
    signature: str | None

    @property
    def lines(self) -> list[str]:
        """What she typed, a paragraph or a hard break a line, blank lines as typed."""
        return _typed_lines(self.text)

    @property
    def signature_lines(self) -> list[str]:
        """The signature without its delimiter; empty when there is none."""
        return _typed_lines(self.signature) if self.signature else []

    @property
    def signed_off(self) -> list[str]:
        """The signature as it stands in a text part: a blank line, the delimiter, its lines; or nothing."""
        return ["", "-- ", *self.signature_lines] if self.signature else []

    @property
    def subject(self) -> str:
        subject = self.original.subject
        answers_a_reply = subject[:3].lower() == "re:"
        return text_header("Subject", subject if answers_a_reply else f"Re: {subject}".rstrip())

    @property
    def from_header(self) -> str:
        return address_header("From", Mailbox(self.sender_name, self.sender))

    @property
    def to_header(self) -> str:
        return address_header("To", self.original.reply_to)

    @property
    def in_reply_to(self) -> list[tuple[str, str]]:
        return [("In-Reply-To", self.original.message_id)] if self.original.message_id else []

    @property
    def references(self) -> list[tuple[str, str]]:
        return [("References", " ".join(self.original.references))] if self.original.references else []

    @property
    def host(self) -> str:
        """The right side of Message-IDs that a program on her own machine makes."""
        return self.sender.rpartition("@")[2]

    @property
    def asked_at(self) -> datetime:
        """When the original was sent, by her clock: most programs print that in the attribution."""
        return (self.original.sent_at or self.at).astimezone(self.at.tzinfo)


def _typed_lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return [line.rstrip(" ") for line in lines]
