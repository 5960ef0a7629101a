"""Who and what a column has: topics, experts and editors, added by whoever runs it."""

from app.domain.errors import NotFound
from app.domain.letter import clean_line
from app.domain.people import Editor, Topic
from app.mail.address import normalise_address
from app.store import people
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag


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
