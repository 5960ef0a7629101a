"""The people of a column, what experts answer about, and how an editor comes to the desk."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    pinned: str = ""  # how mail from her address authenticates: see Pinned; empty until the first
    aliases: list["Alias"] = field(default_factory=list)
    credentials: str = ""  # one line that is printed with her name: "Chartered physiotherapist"
    about: str = ""  # a few sentences, Markdown
    portrait: bytes | None = None  # WebP, a square, as app.mail.picture made it
    portrait_digest: str = ""  # in its address; empty: none
    id: int | None = None

    @property
    def profiles(self) -> "list[Expert | Alias]":
        """Her addresses, the registered one first, with what is pinned to each."""
        return [self, *self.aliases] if self.address else [*self.aliases]

    @property
    def addresses(self) -> list[str]:
        """All that are hers; none of them is ever printed."""
        return [profile.address for profile in self.profiles if profile.address]

    def profile_of(self, author: str) -> "Expert | Alias | None":
        """None for an address that is not hers."""
        return next((one for one in self.profiles if one.address and one.address.lower() == author.lower()), None)


@dataclass(eq=False)
class Alias:
    """Another address of an expert's: her mail may come from it, ours never goes to it."""

    address: str
    learned_at: datetime
    learned_by: str  # `expert`, or `editor Anna`
    pinned: str = ""
    id: int | None = None


class Decision(StrEnum):
    """What an editor decided of a held mail, and may want done likewise with later ones."""

    DISCARD = "discard"
    ATTACH = "attach"  # to the question that it answers, for an editor to publish


@dataclass(eq=False)
class SenderRule:
    """ "Later mail of this sender: likewise." Looks at mail that is held anyway, and at nothing else."""

    address: str  # lower case
    decision: Decision
    made_at: datetime
    made_by: str
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
