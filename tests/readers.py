"""Subscribers of an office, for tests: subscribed by the mail's own link, and looked at in one transaction."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from app.domain.subscription import Choice, Subscriber
from app.store import subscribers
from app.usecases import subscribing
from tests.office import Office

READER = "rita@reader.example"


@dataclass(frozen=True)
class ReaderView:
    state: str
    frequency: str
    takes_all: bool
    topics: list[str]
    questions: list[int | None]
    consent_version: str
    consent_source: str
    left_because: str
    events: list[str]


def office_reader(office: Office, address: str) -> Subscriber | None:
    with office.mailbag.database.read() as tx:
        return subscribers.at(tx, address)


def view(office: Office, address: str = READER) -> ReaderView:
    with office.mailbag.database.read() as tx:
        found = subscribers.at(tx, address)
        assert found is not None, f"no subscriber at {address}"
        return ReaderView(
            state=found.state,
            frequency=found.frequency,
            takes_all=found.takes_all,
            topics=[topic.name for topic in found.topics],
            questions=[question.id for question in found.questions],
            consent_version=found.consent_version,
            consent_source=found.consent_source,
            left_because=found.left_because,
            events=[event.name for event in found.events],
        )


def links_in(raw: bytes) -> list[str]:
    """The paths of all links to the site in a mail's text."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    return re.findall(r"https://guru\.example(/\S+)", str(part.get_content()))


def the_link(office: Office, address: str, kind: str) -> str:
    """The token in the newest mail's link of this kind."""
    found = [link for sent in office.server.to(address) for link in links_in(sent.raw) if link.startswith(kind)]
    assert found, f"no {kind} in the mails to {address}"
    return found[-1].removeprefix(kind)


def subscribe(office: Office, address: str = READER, choice: Choice | None = None) -> str:
    """The whole way: form, mail, button. Returns the link's token."""
    subscribing.wish(office.mailbag, address, choice or Choice())
    office.run_jobs()
    token = the_link(office, address.lower(), "/subscribe/")
    subscribing.confirm(office.mailbag, token)
    return token


def reader_id(office: Office, address: str = READER) -> int:
    found = office_reader(office, address)
    assert found is not None
    assert found.id is not None
    return found.id
