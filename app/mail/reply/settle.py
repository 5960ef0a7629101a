"""Gives a reply its outcome, from its new words and from what else the mail carried."""

from dataclasses import replace

from app.mail.reply.decode import Mail
from app.mail.reply.outcome import Outcome
from app.mail.reply.segment import Reply


def outcome_of(reply: Reply, mail: Mail, new_subject: str) -> Reply:
    return replace(
        reply,
        outcome=_outcome(reply, mail, new_subject),
        attachments=tuple(mail.attachments),
        new_subject=new_subject,
    )


def _outcome(reply: Reply, mail: Mail, new_subject: str) -> Outcome:
    if mail.is_encrypted:
        return Outcome.ENCRYPTED
    has_words = not reply.is_empty
    if mail.calendar_method == "reply" or (mail.calendar_method and not has_words):
        return Outcome.CALENDAR
    if has_words:
        return Outcome.SIGNED if mail.is_signed else Outcome.ANSWERED
    return _empty(reply, mail, new_subject)


def _empty(reply: Reply, mail: Mail, new_subject: str) -> Outcome:
    is_blank = not reply.text.strip()
    if mail.has_sealed_winmail:
        return Outcome.WINMAIL
    # A picture inside the text is a logo, unless it is all there is.
    if any(is_blank or not attachment.is_inline for attachment in mail.attachments):
        return Outcome.ATTACHMENT_ONLY
    if new_subject:
        return Outcome.SUBJECT_ONLY
    return Outcome.EMPTY if is_blank else Outcome.QUOTE_ONLY
