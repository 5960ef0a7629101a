"""Turns a Delivery into the bytes of a mail: its template, headers and addresses. The only place that does."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.column import Column
from app.domain.digest import Issue
from app.domain.letter import holds_link, lead, opening, shorten
from app.domain.mail import Delivery, DeliveryKind
from app.domain.question import Question
from app.language import ENGLISH, Language
from app.mail.dkim import DkimSigner
from app.mail.issue import issue_pattern, issue_subject
from app.mail.links import Links
from app.mail.lint import Envelope
from app.mail.markdown import to_html, to_line
from app.mail.message import build_message

WIDTH = 70  # columns of the text part: survives one level of quoting below 78

# Mails that a machine sends unasked say so (RFC 3834), and ask Exchange not to answer them. A question to the
# expert is a letter to a person who shall answer it: there the mark would make some programs hide the mail.
_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
HEADERS: Mapping[DeliveryKind, Mapping[str, str]] = {
    DeliveryKind.CONFIRM: _MACHINE,
    DeliveryKind.QUESTION: {"X-Auto-Response-Suppress": "DR, RN, NRN"},
    DeliveryKind.SENT_BACK: {"X-Auto-Response-Suppress": "DR, RN, NRN"},
    DeliveryKind.RECEIPT: {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
    DeliveryKind.COULD_NOT_READ: {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
    DeliveryKind.ANSWERED: _MACHINE,
    DeliveryKind.DECLINED: _MACHINE,
    DeliveryKind.SIGN_IN: _MACHINE,
    DeliveryKind.WAS_IT_YOU: _MACHINE,
    DeliveryKind.SUBSCRIBE: _MACHINE,
    DeliveryKind.MOVE_FROM: _MACHINE,
    DeliveryKind.MOVE_TO: _MACHINE,
}


class Composer:
    """Composes every mail that Mailbag sends, from `templates/mail/<kind>.txt.j2` and `.html.j2`.

    What stands in the folder `themed` is taken first.
    """

    def __init__(
        self,
        *,
        templates: Path,
        column: Column,
        links: Links,
        language: Language = ENGLISH,
        for_postmark: bool = False,
        signer: DkimSigner | None = None,
        themed: Path | None = None,
    ) -> None:
        self.signer = signer
        self._for_postmark = for_postmark
        self._column = column
        self._links = links
        self._environment = Environment(
            loader=FileSystemLoader([*([themed] if themed else []), templates]),
            autoescape=select_autoescape(["html.j2"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        language.install(self._environment)
        self._environment.filters.update(_filters(column), weekday=lambda at: language.weekday(column.day(at)))
        self._environment.globals.update(column=column, links=links)

    def envelope(self, delivery: Delivery) -> Envelope:
        return Envelope(sender=self._links.bounce_address(delivery), recipient=delivery.address)

    def compose(self, delivery: Delivery, *, at: datetime, **facts: Any) -> bytes:
        """The whole message, CRLF line ends. `facts` are what the template needs beside the delivery."""
        context = {
            "delivery": delivery,
            "question": delivery.question,
            "assignment": delivery.assignment,
            "subscriber": delivery.subscriber,
            **facts,
        }
        text_template = self._environment.get_template(f"{delivery.kind}.txt.j2")
        subject = "".join(text_template.blocks["subject"](text_template.new_context(context)))
        text = "".join(text_template.blocks["text"](text_template.new_context(context)))
        html = self._environment.get_template(f"{delivery.kind}.html.j2").render(context, subject=subject)
        message = build_message(
            sender_name=self._column.title,
            sender=self._links.column_address(),
            to=delivery.address,
            reply_to=self._links.reply_address(delivery),
            subject=subject,
            message_id=delivery.message_id,
            date=at,
            text=text.strip("\n") + "\n",
            html=html,
            headers={**HEADERS[delivery.kind], **(_postmark(delivery) if self._for_postmark else {})},
        )
        return self.signer.sign(message, at=at) if self.signer else message

    def issue_subject(self, number: int, letters: Sequence[Question]) -> str:
        return issue_subject(self._environment, number, letters)

    def issue_pattern(self, issue: Issue, letters: Sequence[Question], *, subject: str, at: datetime) -> bytes:
        """What all copies with these letters have in common: see `Pattern`."""
        args = (self._environment, self._column, self._links, issue, letters)
        return issue_pattern(*args, subject=subject, at=at, headers=_MACHINE, for_postmark=self._for_postmark)


def _postmark(delivery: Delivery) -> Mapping[str, str]:
    """Postmark replaces the Message-ID unless it is told not to, and reports nothing back but this (80 characters)."""
    name = delivery.message_id.strip("<>").partition("@")[0]
    return {"X-PM-KeepID": "true", "X-PM-Metadata-mailbag": name}


def _filters(column: Column) -> dict[str, Callable[..., Any]]:
    return {
        "wrapped": wrapped,
        "paragraphs": paragraphs,
        "opening": opening,
        "gist": gist,
        "first_part": shorten,
        "unlinked": unlinked,
        "spelled": spelled,
        "letter": to_html,
        "date": column.print_date,
        "clock": lambda at, zone="": f"{at.astimezone(column.time_zone):%H:%M{zone}}",
        "short_topic": column.short_topic,
    }


def gist(answer: str, longest: int) -> str:
    """How an answer begins, on one line, without its greeting and marks."""
    return shorten(to_line(lead(answer, 10 * longest)), longest)


def unlinked(text: str) -> str:
    """Words that a mail program would make a link of are left out: the mail goes to whoever was named."""
    return " ".join("[…]" if holds_link(word) else word for word in text.split(" "))


def spelled(address: str) -> str:
    """An address, or what was meant to look like one, so that no mail program makes a link of it."""
    shown = address.replace("@", " at ").replace(".", " dot ").replace(":", " ").replace("/", " ")
    return " ".join(shown.split())[:100]


def paragraphs(text: str) -> list[list[str]]:
    """Blank lines part paragraphs; the lines of each stay apart."""
    return [block.split("\n") for block in text.split("\n\n") if block.strip()]


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> str:
    """Paragraphs wrapped for a text mail; words and addresses are never broken."""
    lines: list[str] = []
    for block in paragraphs(text):
        for line in block:
            if len(indent) + len(line) <= width:  # most lines; textwrap is slow on many short ones
                lines.append((indent + line).rstrip())
                continue
            lines += textwrap.wrap(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]
        lines.append("")
    return "\n".join(lines).rstrip("\n")
