"""The octets of each copy of an issue: a pattern for each variant, kept in the database, filled for each reader."""

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from app.domain.digest import Issue
from app.mail.lint import Envelope, lint_outgoing
from app.mail.pattern import Pattern, header_lines
from app.store import archive, digest
from app.store.base import Transaction
from app.store.ledger import Claimed
from app.usecases.mailbag import Mailbag
from app.usecases.suppressing import digests_of

_KEPT = 64  # patterns in memory: about 100 KB each at most


class Unfit(Exception):
    """The first mail of a variant breaks a rule of sending; so would all the others."""


class Withdrawn(Exception):
    """No letter of a variant is printed any more, and nothing of it went out."""


class Ready(NamedTuple):
    """A copy with all that it takes to send it. `digests`: what a suppression of its address would be known by."""

    copy: Claimed
    envelope: Envelope
    message: bytes
    digests: tuple[str, ...]


class Copies:
    """Makes the mails of one issue. `at` is the Date of all of them."""

    def __init__(self, mailbag: Mailbag, at: datetime) -> None:
        self._mailbag = mailbag
        self._at = at
        self._patterns: OrderedDict[int, Pattern] = OrderedDict()

    def ready(self, copy: Claimed) -> Ready:
        """Raises Unfit, Withdrawn, and ValueError for an address that cannot be written to."""
        envelope = Envelope(self._mailbag.links.copy_bounce_address(copy.id), copy.address)
        return Ready(copy, envelope, self._message(copy, envelope), tuple(digests_of(self._mailbag, copy.address)))

    def _message(self, copy: Claimed, envelope: Envelope) -> bytes:
        if copy.variant_id not in self._patterns:
            self._patterns[copy.variant_id] = self._pattern(copy, envelope)
            if len(self._patterns) > _KEPT:
                self._patterns.popitem(last=False)
        return self._filled(self._patterns[copy.variant_id], copy)

    def _pattern(self, copy: Claimed, envelope: Envelope) -> Pattern:
        """Rendered by whichever worker needs it first; all the others, and every later try, take the same.

        The first mail that is made of it is looked at. What is unfit is not kept: whoever mends it resumes the issue.
        """
        with self._mailbag.database.write() as tx:
            variant = digest.variant_locked(tx, copy.variant_id)
            octets = variant.pattern or render(self._mailbag, tx, variant.issue, variant.question_ids, at=self._at)
            pattern = Pattern(octets, self._mailbag.composer.signer, at=self._at)
            violations = lint_outgoing(self._filled(pattern, copy), envelope)
            if violations:
                raise Unfit(", ".join(f"{v.rule}: {v.detail}" for v in violations))
            variant.pattern = octets
            return pattern

    def _filled(self, pattern: Pattern, copy: Claimed) -> bytes:
        name = self._mailbag.links.copy_name(copy.id, copy.message_key)
        return fill(self._mailbag, pattern, copy.subscriber_id, copy.address, name)


def render(mailbag: Mailbag, tx: Transaction, issue: Issue, question_ids: list[int], *, at: datetime) -> bytes:
    """The pattern of one selection. A subject that no editor wrote speaks of the letters that are in it.

    Raises Withdrawn.
    """
    letters = archive.parts_by_ids(tx, question_ids)
    if not letters:
        raise Withdrawn
    subject = issue.subject
    if subject == mailbag.composer.issue_subject(issue.number, issue.items):
        subject = mailbag.composer.issue_subject(issue.number, letters)
    return mailbag.composer.issue_pattern(issue, letters, subject=subject, at=at)


def fill(mailbag: Mailbag, pattern: Pattern, subscriber_id: int, address: str, name: str) -> bytes:
    """One reader's mail; `name`: of its Message-ID. The link to unsubscribe stands in the header as well."""
    links = mailbag.links
    unsubscribe, unsubscribe_address = links.unsubscribing(subscriber_id)
    lines = header_lines(
        to=address,
        message_id=f"<{name}@{links.mail_domain}>",
        # one click needs https (RFC 8058, 3.1); only a site under trial, on this machine, has none
        unsubscribe=f"https:{unsubscribe.partition(':')[2]}",
        unsubscribe_address=unsubscribe_address,
        for_postmark=pattern.for_postmark,
    )
    return pattern.fill(lines, {"unsubscribe": unsubscribe, "preferences": links.preferences(subscriber_id)})
