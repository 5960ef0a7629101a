"""The people of a column, what experts answer about, and how an editor comes to the desk."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(eq=False)
class Topic:
    """What a question is about, named as it is printed: "Physiotherapy Advice"."""

    name: str
    slug: str
    id: int | None = None


@dataclass(eq=False)
class Asker:
    """Who sent a question. The address is private: no page, feed or mail to anybody else shows it."""

    address: str
    id: int | None = None


@dataclass(eq=False)
class Expert:
    """Who answers. `address` is None for the expert of imported letters who takes no questions here."""

    public_name: str
    address: str | None
    topics: list[Topic] = field(default_factory=list)
    id: int | None = None


@dataclass(eq=False)
class Editor:
    """Who assigns, reviews and publishes; comes to the desk by a mailed link, never by a password."""

    name: str
    address: str
    id: int | None = None


@dataclass(eq=False)
class SignIn:
    """One mailed link to the desk: single use, short-lived."""

    editor: Editor
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    id: int | None = None

    def is_usable(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


@dataclass(eq=False)
class DeskSession:
    """An editor's browser. Only the digest of its secret is stored, so the database opens no desk."""

    digest: str
    editor: Editor
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    id: int | None = None

    def is_open(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at
