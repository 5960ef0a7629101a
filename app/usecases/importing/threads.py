"""Mails become letters: a mail, and the first reply that somebody else wrote to it.

Mail is private. Of a sender only the part of the name that was asked for is printed, and a text that holds an
address of anybody in the thread is not printed at all, but told.
"""

from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import BinaryIO

from app.domain.column import Column
from app.domain.letter import ANONYMOUS, holds_address
from app.domain.mailkind import MailKind
from app.mail.parse import Unreadable, parse_mail
from app.mail.reply import read_reply
from app.usecases.importing.letters import (
    Cut,
    Defaults,
    ImportedLetter,
    Letters,
    Names,
    Place,
    Problem,
    Skipped,
    key_by_name,
)
from app.usecases.importing.mbox import Head, heads_of, mail_at

LARGEST_MAIL = 25 * 1024 * 1024


@dataclass
class _Thread:
    question: Head
    reply: Head | None = None
    more: list[Head] = field(default_factory=list)


def read_mailbox(stream: BinaryIO, defaults: Defaults, column: Column) -> Letters:
    heads = list(heads_of(stream))
    if not heads:
        yield Skipped(Place(1), Problem.NO_MAILS)
    for thread in _threads(heads):
        yield _letter(stream, thread, defaults, column)


def _threads(heads: list[Head]) -> list[_Thread]:
    """By Message-ID; a mail that answers nothing in the file begins a thread."""
    known = {head.message_id: head for head in heads if head.message_id}
    threads: dict[int, _Thread] = {}
    for head in heads:
        first = _first_of(head, known)
        thread = threads.setdefault(first.start, _Thread(first))
        if head is first:
            continue
        if thread.reply is None and head.address != first.address:
            thread.reply = head
        else:
            thread.more.append(head)
    return list(threads.values())


def _first_of(head: Head, known: dict[str, Head]) -> Head:
    seen = {head.start}
    while (above := next((known[name] for name in head.answers if name in known), None)) is not None:
        if above.start in seen:
            break
        seen.add(above.start)
        head = above
    return head


def _letter(stream: BinaryIO, thread: _Thread, defaults: Defaults, column: Column) -> ImportedLetter | Skipped:
    question, reply = thread.question, thread.reply
    place = Place(question.line, _readable(question.subject)[:80])
    if reply is None:
        return Skipped(place, Problem.NO_REPLY)
    if reply.sent_at is None:
        return Skipped(Place(reply.line, place.item), Problem.BAD_DATE)
    if problem := _refusal(stream, question) or _refusal(stream, reply):
        return Skipped(place, problem)
    asked_mail, reply_mail = mail_at(stream, question), mail_at(stream, reply)
    asked, answered = read_reply(asked_mail), read_reply(reply_mail, sent=asked_mail)
    text, answer = asked.published(), answered.published()
    if not text.strip() or not answer.strip():
        return Skipped(place, "blank")
    addresses = {head.address for head in (question, reply, *thread.more) if head.address}
    if any(holds_address(f"{text}\n{answer}", address) for address in addresses):
        return Skipped(place, Problem.HOLDS_ADDRESS)
    cut = {
        Cut.QUOTED: sum(len(part.text.strip()) for read in (asked, answered) for part in read.cut),
        Cut.ATTACHMENTS: len(asked.attachments) + len(answered.attachments),
        Cut.MORE_MAILS: len(thread.more),
    }
    return ImportedLetter(
        place=place,
        key=key_by_name(f"mail {question.message_id or question.start} {reply.message_id}"),
        on=column.day(reply.sent_at),
        public_name=_public_name(question.name, defaults.names),
        persona=defaults.persona,
        topic=defaults.topic,
        question=text,
        answer=answer,
        asked_at=question.sent_at,
        cut={kind: number for kind, number in cut.items() if number},
    )


def _refusal(stream: BinaryIO, head: Head) -> str:
    if head.end - head.start > LARGEST_MAIL:
        return Problem.TOO_LONG
    try:
        kind = parse_mail(mail_at(stream, head), sender="somebody@example.org").kind
    except Unreadable:
        return Problem.NOT_A_MAIL
    return "" if kind is MailKind.PERSONAL else Problem.BY_MACHINE


def _public_name(shown: str, names: Names) -> str:
    words = [] if names is Names.NONE else _readable(shown).replace('"', "").split()
    if not words or "@" in " ".join(words):
        return ANONYMOUS
    if "," in words[0] and len(words) > 1:  # "Smith, Rebecca"
        words = [*words[1:], words[0].rstrip(",")]
    return words[0].strip(",") if names is Names.FIRST else " ".join(words)


def _readable(text: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (ValueError, LookupError, MessageError):
        return " ".join(text.split())
