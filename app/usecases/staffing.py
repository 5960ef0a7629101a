"""Who and what a column has: topics, experts and editors, added by whoever runs it."""

import hashlib

from app.domain.errors import BadPicture, NotFound, PrivateText
from app.domain.letter import clean_line, clean_text, holds_address
from app.domain.people import Editor, Expert, Topic
from app.mail.address import normalise_address
from app.mail.picture import BadPhoto, make_square
from app.store import people
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag

LONGEST_CREDENTIALS, LONGEST_ABOUT = 200, 2_000


def add_topic(mailbag: Mailbag, name: str) -> None:
    """Make a topic, which every expert with an address covers from now on. Again changes nothing."""
    with mailbag.database.write() as tx:
        topic = people.topic_named(tx, clean_line(name))
        for expert in people.experts(tx):
            if topic not in expert.topics:
                expert.topics.append(topic)


def add_expert(mailbag: Mailbag, public_name: str, address: str, topics: tuple[str, ...] = ()) -> list[str]:
    """Make an expert, or change her address and topics; which topics she covers.

    Raises BadAddress, and NotFound for a topic that the column does not have.
    """
    wire = normalise_address(address)
    with mailbag.database.write() as tx:
        expert = people.expert_named(tx, clean_line(public_name))
        expert.address = wire
        wanted = [_the_topic(tx, clean_line(name)) for name in topics]
        expert.topics = wanted or expert.topics or people.topics(tx)
        return [topic.name for topic in expert.topics]


def describe_expert(mailbag: Mailbag, expert_id: int, *, credentials: str | None, about: str | None) -> None:
    """What readers are told of her beside her name; None leaves as it is. Raises NotFound, PrivateText."""
    with mailbag.database.write() as tx:
        expert = the_expert(tx, expert_id)
        expert.credentials = (
            expert.credentials if credentials is None else clean_line(credentials)[:LONGEST_CREDENTIALS]
        )
        expert.about = expert.about if about is None else clean_text(about)[:LONGEST_ABOUT]
        found = [a for a in expert.addresses if holds_address(f"{expert.credentials}\n{expert.about}", a)]
        if found:
            raise PrivateText(found)


def portray_expert(mailbag: Mailbag, expert_id: int, raw: bytes | None) -> None:
    """Her picture for readers, from a file of any usual kind; None takes it away. Raises NotFound, BadPicture."""
    try:
        picture = make_square(raw) if raw is not None else None
    except BadPhoto as error:
        raise BadPicture(str(error)) from error
    with mailbag.database.write() as tx:
        expert = the_expert(tx, expert_id)
        expert.portrait = picture
        expert.portrait_digest = hashlib.sha256(picture).hexdigest()[:24] if picture else ""


def the_expert(tx: Transaction, expert_id: int) -> Expert:
    expert = people.expert(tx, expert_id)
    if expert is None:
        raise NotFound("no such expert")
    return expert


def _the_topic(tx: Transaction, name: str) -> Topic:
    topic = people.known_topic(tx, name)
    if topic is None:
        raise NotFound(f"the column has no topic “{name}”; add it first: mailbag topic add")
    return topic


def add_editor(mailbag: Mailbag, name: str, address: str) -> None:
    """Make an editor, or change the name of the one with this address. Raises BadAddress."""
    wire = normalise_address(address)
    with mailbag.database.write() as tx:
        editor = people.editor_at(tx, wire)
        if editor is None:
            tx.add(Editor(name=clean_line(name), address=wire))
        else:
            editor.name = clean_line(name)
