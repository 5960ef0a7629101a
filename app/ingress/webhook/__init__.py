"""The webhook door: mails and reports that a provider posts. A hook without its key is not there at all.

2xx only after the commit; 401 for what is not believed; 400 or 413 for what cannot be taken, with a sentence;
5xx for what is our own trouble, so that the provider comes again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.config import BadSettings, Settings
from app.domain.errors import NonceSpent
from app.domain.mail import Once
from app.ingress.envelope import NOT_OURS, is_ours
from app.ingress.webhook import generic, mailgun, postmark, sendgrid, ses
from app.ingress.webhook.posted import Fetch, Forged, Handed, Keys, Malformed, Posted, Provider, Reading, once
from app.ingress.webhook.signature import public_key
from app.ingress.webhook.sns import fetch_from_amazon, region_of
from app.usecases import receiving, settling
from app.usecases.mailbag import Mailbag

log = logging.getLogger(__name__)
blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

PROVIDERS: Mapping[str, Provider] = {
    "generic": Provider(generic.read),
    "cloudflare": Provider(generic.read),
    "mailgun": Provider(mailgun.read),
    "postmark": Provider(postmark.read, refusal=403),
    "sendgrid": Provider(sendgrid.read),
    "ses": Provider(ses.read),
}
ENVELOPE = 1024 * 1024  # what comes around a mail
SWELLING = 3  # a mail as a form's field may be three times as long, as JSON nearly so


@dataclass(frozen=True)
class Hooks:
    """Which providers are believed, and by what."""

    mailbag: Mailbag
    keys: Mapping[str, Keys]
    max_mail_bytes: int
    fetch: Fetch = fetch_from_amazon

    @property
    def max_body_bytes(self) -> int:
        return SWELLING * self.max_mail_bytes + ENVELOPE


def open_hooks(settings: Settings, mailbag: Mailbag) -> Hooks:
    """Those that have a key or a password. Raises BadSettings."""
    _check("MAILBAG_HOOK_SENDGRID_KEYS", settings.hook_sendgrid_keys, public_key)
    _check("MAILBAG_HOOK_SES_TOPICS", settings.hook_ses_topics, region_of)
    known = {
        "generic": Keys(keys=settings.hook_generic_keys),
        "cloudflare": Keys(keys=settings.hook_cloudflare_keys),
        "mailgun": Keys(keys=settings.hook_mailgun_keys),
        "postmark": Keys(passwords=settings.hook_postmark_passwords),
        "sendgrid": Keys(keys=settings.hook_sendgrid_keys, passwords=settings.hook_sendgrid_passwords),
        "ses": Keys(keys=settings.hook_ses_topics),
    }
    opened = {name: keys for name, keys in known.items() if keys.keys or keys.passwords}
    return Hooks(mailbag, opened, settings.max_mail_bytes)


def _check(variable: str, values: tuple[str, ...], read: Callable[[str], object]) -> None:
    for value in values:
        try:
            read(value)
        except ValueError as error:
            raise BadSettings([f"{variable}: {error}"]) from None


class Refused(Exception):
    """An answer other than 2xx, with its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@blueprint.post("/<name>")
@blueprint.post("/<name>/<path:tail>")
def take(name: str, tail: str = "") -> Response:
    hooks = current_app.extensions["mailbag_hooks"]
    assert isinstance(hooks, Hooks)
    provider, keys = PROVIDERS.get(name), hooks.keys.get(name)
    if provider is None or keys is None:
        abort(404)
    try:
        reading = _read(hooks, provider, keys, tail)
        said = _carry_out(hooks, name, provider, reading)
    except Refused as refused:
        log.warning("%s: %s %s", name, refused.status, refused.sentence)
        return _answer(refused.status, refused.sentence)
    return _answer(200, said)


def _answer(status: int, sentence: str) -> Response:
    response = Response(sentence + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Mailbag"'  # some send their password only when asked
    return response


def _read(hooks: Hooks, provider: Provider, keys: Keys, tail: str) -> Reading:
    request.max_content_length = hooks.max_body_bytes
    too_large = Refused(413, f"Too large: a mail may have {hooks.max_mail_bytes} bytes here.")
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise too_large from None
    posted = Posted({header.lower(): value for header, value in request.headers.items()}, body, tail)
    read = partial(ses.read, fetch=hooks.fetch) if provider.read is ses.read else provider.read
    try:
        return read(posted, keys, hooks.mailbag.clock())
    except Forged as forged:
        raise Refused(401, str(forged)) from None
    except Malformed as malformed:
        raise Refused(400, str(malformed)) from None
    except OSError as error:
        raise Refused(503, f"Whom we have to ask does not answer: {type(error).__name__}.") from None


def _carry_out(hooks: Hooks, name: str, provider: Provider, reading: Reading) -> str:
    """What was done, in words. Each mail and each report is committed when this returns."""
    spent = once(name, reading) if reading.nonce else None
    try:
        if reading.confirmation:
            hooks.fetch(reading.confirmation)
            return "Confirmed."
        said = [_take_mail(hooks, name, provider, mail, spent) for mail in reading.mails]
        said += [_settle(hooks, reading, spent if len(reading.reports) == 1 else None)] if reading.reports else []
    except Refused:
        raise
    except NonceSpent:
        raise Refused(403, "This nonce was used for something else.") from None
    except Exception as error:
        log.exception("what %s brought could not be stored", name)
        raise Refused(503, "We could not store it; please try again later.") from error
    return " ".join(said) or "Nothing to do."


def _take_mail(hooks: Hooks, name: str, provider: Provider, mail: Handed, spent: Once | None) -> str:
    """A row for each recipient that is ours. Refused only where there is none, or the provider would take it back.

    Where some are invented, beyond the quota, the others are taken first: when it comes again, they are the same rows.
    """
    ours = [address for address in dict.fromkeys(mail.recipients) if is_ours(hooks.mailbag, address)]
    others = [address for address in mail.recipients if address not in ours]
    if not ours:
        raise Refused(provider.refusal, NOT_OURS.format(recipient=others[0]) + ".")
    if len(mail.raw) > hooks.max_mail_bytes:
        sentence = f"Too large: {len(mail.raw)} bytes; a mail may have {hooks.max_mail_bytes} here."
        for recipient in ours:
            receiving.refuse_oversized(hooks.mailbag, door=name, sender=mail.sender, recipient=recipient, said=sentence)
        raise Refused(413, sentence)
    welcome = [recipient for recipient in ours if receiving.is_welcome(hooks.mailbag, recipient)]
    for recipient in welcome:
        receiving.accept(hooks.mailbag, mail.raw, door=name, sender=mail.sender, recipient=recipient, once=spent)
    for recipient in set(ours) - set(welcome):
        receiving.turn_away(hooks.mailbag, door=name, sender=mail.sender, recipient=recipient)
    if len(welcome) < len(ours):
        raise Refused(503, "Too many mails to addresses that do not exist; please try again later.")
    if others:
        log.warning("%s: %s of the recipients are not ours", name, len(others))
    return " ".join(["Taken.", *(NOT_OURS.format(recipient=address) + "." for address in others)])


def _settle(hooks: Hooks, reading: Reading, spent: Once | None) -> str:
    outcomes = Counter(settling.settle(hooks.mailbag, report, once=spent) for report in reading.reports)
    return ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in settling.Settled if outcomes[outcome]) + "."
