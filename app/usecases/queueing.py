"""Queue a mail: one Delivery row in the caller's transaction, and a bell for after its commit."""

from app import jobs
from app.domain.event import Action, record
from app.domain.mail import Delivery, DeliveryKind
from app.domain.people import SignIn
from app.domain.question import Assignment, Question
from app.store import mail
from app.store.base import Transaction
from app.usecases.mailbag import Mailbag, random_id


def queue(
    mailbag: Mailbag,
    tx: Transaction,
    kind: DeliveryKind,
    address: str,
    *,
    occasion: str,
    question: Question | None = None,
    assignment: Assignment | None = None,
    sign_in: SignIn | None = None,
    inbound_id: int | None = None,
) -> Delivery:
    """The delivery for this occasion, made and rung where there is none yet: never queued twice.

    The Message-ID is random: it tells nobody an address, a number of rows, or a time.
    """
    occasion = _occasion(kind, occasion)
    if (known := mail.delivery_for(tx, occasion)) is not None:
        return known
    now = mailbag.clock()
    delivery = Delivery(
        kind=kind,
        address=address,
        message_id=f"<{random_id(26)}@{mailbag.links.mail_domain}>",
        occasion=occasion,
        made_at=now,
        due_at=now,
        question=question,
        assignment=assignment,
        sign_in=sign_in,
        inbound_id=inbound_id,
    )
    record(delivery, Action.QUEUE, at=now, actor="mailbag", detail=kind)
    tx.add(delivery)
    tx.ring(jobs.DELIVER, delivery.id)
    return delivery


def was_queued(tx: Transaction, kind: DeliveryKind, occasion: str) -> bool:
    return mail.delivery_for(tx, _occasion(kind, occasion)) is not None


def _occasion(kind: DeliveryKind, occasion: str) -> str:
    return f"{kind}:{occasion}"
