"""Queries about topics, askers, experts and editors."""

from sqlalchemy import exists, func, select

from app.domain.letter import slug
from app.domain.people import Asker, DeskSession, Editor, Expert, SenderRule, SignIn, Topic
from app.domain.question import AssignmentState
from app.store import tables as t
from app.store.base import AS_STORED, Transaction


def topics(tx: Transaction) -> list[Topic]:
    return list(tx.session.scalars(select(Topic).order_by(t.topic.c.name)))


def topic_by_slug(tx: Transaction, topic_slug: str) -> Topic | None:
    return tx.session.scalar(select(Topic).where(t.topic.c.slug == topic_slug))


def known_topic(tx: Transaction, name: str) -> Topic | None:
    return tx.session.scalar(select(Topic).where(t.topic.c.name == name))


def topic_named(tx: Transaction, name: str) -> Topic:
    """The topic of this name, made where there is none."""
    found = known_topic(tx, name)
    if found is None:
        found = Topic(name=name, slug=_free_slug(tx, slug(name)))
        tx.add(found)
    return found


def _free_slug(tx: Transaction, wanted: str) -> str:
    taken = set(tx.session.scalars(select(t.topic.c.slug).where(t.topic.c.slug.startswith(wanted, autoescape=True))))
    return next(s for s in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)


def asker_at(tx: Transaction, address: str) -> Asker:
    """The asker with this address, made where there is none."""
    found = tx.session.scalar(select(Asker).where(func.lower(t.asker.c.address) == address.lower()))
    if found is None:
        found = Asker(address=address)
        tx.add(found)
    return found


def remove_asker_without_questions(tx: Transaction, asker: Asker) -> None:
    tx.session.flush()
    if tx.session.scalar(select(func.count()).where(t.question.c.asker_id == asker.id)) == 0:
        tx.session.delete(asker)


def expert_named(tx: Transaction, public_name: str) -> Expert:
    """The expert of this public name, made (without an address) where there is none."""
    found = tx.session.scalar(select(Expert).where(t.expert.c.public_name == public_name))
    if found is None:
        found = Expert(public_name=public_name, address=None)
        tx.add(found)
    return found


def experts(tx: Transaction) -> list[Expert]:
    """Those who can be asked: they have an address."""
    query = select(Expert).where(t.expert.c.address.is_not(None)).order_by(t.expert.c.public_name)
    return list(tx.session.scalars(query))


def expert(tx: Transaction, expert_id: int) -> Expert | None:
    return tx.session.get(Expert, expert_id)


def expert_at(tx: Transaction, address: str) -> Expert | None:
    """Whose registered address this is."""
    return tx.session.scalar(select(Expert).where(func.lower(t.expert.c.address) == address.lower()))


def is_address_of_an_expert(tx: Transaction, address: str) -> bool:
    """Registered, or learned."""
    registered = exists().where(func.lower(t.expert.c.address) == address.lower())
    learned = exists().where(func.lower(t.expert_alias.c.address) == address.lower())
    return bool(tx.session.scalar(select(registered | learned), execution_options=AS_STORED))


def sender_rule_for(tx: Transaction, address: str) -> SenderRule | None:
    query = select(SenderRule).where(t.sender_rule.c.address == address.lower())
    return tx.session.scalar(query, execution_options=AS_STORED)


def sender_rules(tx: Transaction) -> list[SenderRule]:
    return list(tx.session.scalars(select(SenderRule).order_by(t.sender_rule.c.address)))


def sender_rule(tx: Transaction, rule_id: int) -> SenderRule | None:
    return tx.session.get(SenderRule, rule_id)


def least_busy_expert(tx: Transaction, topic_id: int) -> Expert | None:
    """Of the experts who cover the topic, the one with the fewest open assignments."""
    load = (
        select(func.count(t.assignment.c.id))
        .where(t.assignment.c.expert_id == t.expert.c.id, t.assignment.c.state == AssignmentState.OPEN)
        .scalar_subquery()
    )
    query = (
        select(Expert)
        .join(t.expert_topic, t.expert_topic.c.expert_id == t.expert.c.id)
        .where(t.expert_topic.c.topic_id == topic_id, t.expert.c.address.is_not(None))
        .order_by(load, t.expert.c.id)
        .limit(1)
    )
    return tx.session.scalar(query)


def editor_at(tx: Transaction, address: str) -> Editor | None:
    return tx.session.scalar(select(Editor).where(func.lower(t.editor.c.address) == address.lower()))


def sign_in(tx: Transaction, sign_in_id: int) -> SignIn | None:
    return tx.session.get(SignIn, sign_in_id)


def last_sign_in(tx: Transaction, editor_id: int) -> SignIn | None:
    query = select(SignIn).where(t.sign_in.c.editor_id == editor_id).order_by(t.sign_in.c.id.desc()).limit(1)
    return tx.session.scalar(query)


def desk_session(tx: Transaction, digest: str) -> DeskSession | None:
    return tx.session.scalar(select(DeskSession).where(t.desk_session.c.digest == digest))
