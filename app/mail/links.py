"""Every address that leaves the house: web links and the column's own mail addresses, with their tokens."""

from dataclasses import dataclass

from app.domain.digest import Issue
from app.domain.mail import Delivery
from app.domain.people import SignIn
from app.domain.question import Question
from app.domain.token import Purpose, Resolution, Signer

ROLES = ("column", "editor", "postmaster", "abuse")  # RFC 2142: postmaster has to be there


@dataclass(frozen=True)
class MailAddressed:
    """What the local part of one of our addresses says."""

    purpose: Purpose | None  # None for a role address such as column@
    resolution: Resolution | None


class Links:
    """Makes and reads addresses. `base_url` without a slash at its end, `mail_domain` in ASCII."""

    def __init__(self, *, base_url: str, mail_domain: str, signer: Signer) -> None:
        self.base_url = base_url
        self.mail_domain = mail_domain
        self.signer = signer

    def page(self, question: Question) -> str:
        return self.base_url + question.path

    def confirm(self, question: Question) -> str:
        assert question.id is not None
        return f"{self.base_url}/confirm/{self.signer.mint(Purpose.CONFIRM, question.id)}"

    def issue(self, issue: Issue) -> str:
        return f"{self.base_url}/issues/{issue.frequency.value}/{issue.number}"

    def sign_in(self, sign_in: SignIn) -> str:
        assert sign_in.id is not None
        return f"{self.base_url}/desk/enter/{self.signer.mint(Purpose.SIGN_IN, sign_in.id)}"

    def was_it_you(self, inbound_id: int) -> str:
        return f"{self.base_url}/was-it-you/{self.signer.mint(Purpose.WAS_IT_YOU, inbound_id)}"

    def subscribe(self, delivery: Delivery) -> str:
        """Where the button of a SUBSCRIBE mail leads to; it lasts as long as what the form asked for."""
        assert delivery.id is not None
        return f"{self.base_url}/subscribe/{self.signer.mint(Purpose.SUBSCRIBE, delivery.id)}"

    def move(self, delivery: Delivery) -> str:
        assert delivery.id is not None
        return f"{self.base_url}/move/{self.signer.mint(Purpose.MOVE, delivery.id)}"

    def column_address(self) -> str:
        return f"column@{self.mail_domain}"

    def reply_address(self, delivery: Delivery) -> str:
        return self._mail_address(Purpose.REPLY, delivery)

    def bounce_address(self, delivery: Delivery) -> str:
        """The envelope sender: a bounce that comes here is about this one mail (VERP)."""
        return self._mail_address(Purpose.BOUNCE, delivery)

    def copy_bounce_address(self, copy_id: int) -> str:
        """The envelope sender of one subscriber's copy of an issue."""
        return self._address_of_row(Purpose.COPY_BOUNCE, copy_id)

    def unsubscribe(self, subscriber_id: int) -> str:
        return self._unsubscribe(self.signer.mint(Purpose.UNSUBSCRIBE, subscriber_id))

    def unsubscribe_address(self, subscriber_id: int) -> str:
        """A mail to it, whatever it says, ends the subscription."""
        return self._address_of_row(Purpose.UNSUBSCRIBE, subscriber_id)

    def unsubscribing(self, subscriber_id: int) -> tuple[str, str]:
        """Both ways to leave that stand in a mail, link and address, from one token."""
        token = self.signer.mint(Purpose.UNSUBSCRIBE, subscriber_id)
        return self._unsubscribe(token), self._address(Purpose.UNSUBSCRIBE, token)

    def copy_name(self, copy_id: int, key: str) -> str:
        """What stands before the @ in the Message-ID of a copy: its own random key, and where its row is.

        Providers tell of a mail by this name alone, and the ledger has no index for it.
        """
        return f"{key}.{self.signer.veil(copy_id, key)}"

    def copies_named(self, message_id: str) -> list[tuple[int, str]]:
        """The id and key that such a name may have been made of, one for each signing key; whose row has both, is it.

        With or without brackets and our domain.
        """
        name, _, domain = message_id.strip().strip("<>").lower().partition("@")
        key, dot, veiled = name.rpartition(".")
        if not dot or domain not in ("", self.mail_domain):
            return []
        return [(copy_id, key) for copy_id in self.signer.unveil(veiled, key)]

    def preferences(self, subscriber_id: int) -> str:
        return f"{self.base_url}/preferences/{self.signer.mint(Purpose.PREFERENCES, subscriber_id)}"

    def _unsubscribe(self, token: str) -> str:
        return f"{self.base_url}/unsubscribe/{token}"

    def _mail_address(self, purpose: Purpose, delivery: Delivery) -> str:
        assert delivery.id is not None
        return self._address_of_row(purpose, delivery.id)

    def _address_of_row(self, purpose: Purpose, row_id: int) -> str:
        return self._address(purpose, self.signer.mint(purpose, row_id))

    def _address(self, purpose: Purpose, token: str) -> str:
        return f"{purpose.value}-{token}@{self.mail_domain}"

    def has_token(self, address: str) -> bool:
        """Whether an address is one of ours that means a single mail, rather than a role such as editor@."""
        known = self.read(address)
        return known is not None and known.purpose is not None

    def read(self, address: str) -> MailAddressed | None:
        """What an envelope recipient means to us; None for an address that is not ours.

        Everything that begins like a token is ours, so that a mistyped one is held and not bounced.
        """
        if address.lower() == "postmaster":  # RFC 5321, 4.5.1: also without a domain
            return MailAddressed(None, None)
        local, _, domain = address.rpartition("@")
        if domain.lower().rstrip(".") != self.mail_domain:
            return None
        mark, _, token = local.partition("-")
        for purpose in (Purpose.REPLY, Purpose.BOUNCE, Purpose.COPY_BOUNCE, Purpose.UNSUBSCRIBE):
            if mark.lower() == purpose.value and token:
                return MailAddressed(purpose, self.signer.resolve(purpose, token))
        return MailAddressed(None, None) if local.lower() in ROLES else None
