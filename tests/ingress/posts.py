"""What each provider posts, written from its documentation: a mail, and what became of a mail of ours."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.ingress.webhook.generic import SIGNED, signed_text
from app.ingress.webhook.posted import Keys, Posted
from app.usecases.settling import Fact
from tests.office import GURU, NOON

SECRET = "s" * 32
PASSWORD = "p" * 24
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mailbag"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
BOUNDARY = "xYzZY"


@dataclass(frozen=True)
class Post:
    """One request of a provider."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def posted(self) -> Posted:
        """As a provider's module gets it."""
        tail = self.path.removeprefix("/hooks/").partition("/")[2]
        return Posted({name.lower(): value for name, value in self.headers.items()}, self.body, tail)

    def but(self, **changes: Any) -> "Post":
        return replace(self, **changes)


@dataclass(frozen=True)
class Mail:
    """A mail and its envelope, and what the provider says of when and which."""

    raw: bytes
    recipients: tuple[str, ...]
    sender: str = GURU
    at: datetime = NOON
    nonce: str = "5f0c2d"


@cache
def sendgrid_key() -> Any:
    return generate_private_key(SECP256R1())


def sendgrid_public() -> str:
    der = sendgrid_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@cache
def amazon_key() -> RSAPrivateKey:
    return generate_rsa(65537, 2048)


@cache
def amazon_certificate(days: int = 365) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, amazon_key().public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(NOON - timedelta(days=400)).not_valid_after(NOON + timedelta(days=days))
    return dated.sign(amazon_key(), SHA256()).public_bytes(Encoding.PEM)


def keys() -> dict[str, Keys]:
    return {
        "generic": Keys(keys=("o" * 32, SECRET)),
        "cloudflare": Keys(keys=(SECRET,)),
        "mailgun": Keys(keys=(SECRET,)),
        "postmark": Keys(passwords=(PASSWORD,)),
        "sendgrid": Keys(keys=(sendgrid_public(),), passwords=(PASSWORD,)),
        "ses": Keys(keys=(TOPIC,)),
    }


@dataclass
class Amazon:
    """Stands for the net: knows one certificate, and notes what is asked for."""

    asked: list[str] = field(default_factory=list)
    pem: bytes = b""
    is_down: bool = False

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if self.is_down:
            raise OSError("no route to host")
        return self.pem or amazon_certificate()

    __hash__ = object.__hash__  # type: ignore[assignment]


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _signature(message: bytes, key: str = SECRET) -> str:
    return hmac.new(key.encode(), message, "sha256").hexdigest()


def generic(mail: Mail, name: str = "generic") -> Post:
    recipients = ",".join(quote(recipient, safe="") for recipient in mail.recipients)
    values = [_seconds(mail.at), mail.nonce, quote(mail.sender, safe=""), recipients]
    signature = _signature(signed_text(values, mail.raw))
    headers = dict(zip(SIGNED, values, strict=True)) | {"X-Mailbag-Signature": signature}
    return Post(f"/hooks/{name}", headers | {"Content-Type": "message/rfc822"}, mail.raw)


def cloudflare(mail: Mail) -> Post:
    return generic(mail, "cloudflare")


def multipart(fields: dict[str, bytes]) -> tuple[dict[str, str], bytes]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields.items()
    ]
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, b"".join(
        parts
    ) + f"--{BOUNDARY}--\r\n".encode()


def mailgun_fields(mail: Mail) -> dict[str, bytes]:
    timestamp, token = _seconds(mail.at), mail.nonce.ljust(50, "0")
    return {
        "recipient": ",".join(mail.recipients).encode(),
        "sender": mail.sender.encode(),
        "from": b"The Guru <guru@clinic.example>",
        "subject": b"Re: your knee",
        "stripped-text": b"Words of Mailgun's own making.",
        "timestamp": timestamp.encode(),
        "token": token.encode(),
        "signature": _signature(f"{timestamp}{token}".encode()).encode(),
        "body-mime": mail.raw,
    }


def mailgun(mail: Mail) -> Post:
    return Post("/hooks/mailgun/mime", *multipart(mailgun_fields(mail)))


def mailgun_urlencoded(mail: Mail) -> Post:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Post("/hooks/mailgun/mime", kind, urlencode(mailgun_fields(mail)).encode())


def _json(path: str, document: Any, **headers: str) -> Post:
    return Post(path, {"Content-Type": "application/json", **headers}, json.dumps(document).encode())


def postmark_mail(mail: Mail) -> dict[str, Any]:
    return {
        "FromName": "The Guru",
        "MessageStream": "inbound",
        "From": "guru@clinic.example",
        "OriginalRecipient": mail.recipients[0],
        "Subject": "Re: your knee",
        "MessageID": f"73e6d360-66eb-11e1-8e72-{mail.nonce}",
        "RawEmail": mail.raw.decode(),
        "TextBody": "Words of Postmark's own making.",
        "StrippedTextReply": "Words of Postmark's own making.",
        "Headers": [
            {"Name": "X-Spam-Status", "Value": "No"},
            {
                "Name": "Received-SPF",
                "Value": f"Pass identity=mailfrom; envelope-from={mail.sender or '<>'}; receiver=x",
            },
        ],
    }


def postmark(mail: Mail) -> Post:
    coded = base64.b64encode(f"mailbag:{PASSWORD}".encode()).decode()
    return _json("/hooks/postmark", postmark_mail(mail), Authorization=f"Basic {coded}")


def postmark_by_path(mail: Mail) -> Post:
    return _json(f"/hooks/postmark/{PASSWORD}", postmark_mail(mail))


def sendgrid_signed(post: Post, at: datetime) -> Post:
    signature = sendgrid_key().sign(_seconds(at).encode() + post.body, ECDSA(SHA256()))
    signed = {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": _seconds(at),
    }
    return post.but(headers=post.headers | signed)


def sendgrid_fields(mail: Mail) -> dict[str, bytes]:
    return {
        "dkim": b"{@clinic.example : pass}",
        "email": mail.raw,
        "to": b"somebody",
        "from": b"The Guru <guru@clinic.example>",
        "envelope": json.dumps({"to": list(mail.recipients), "from": mail.sender}).encode(),
        "charsets": b'{"to":"UTF-8"}',
        "SPF": b"pass",
    }


def sendgrid(mail: Mail) -> Post:
    return sendgrid_signed(Post("/hooks/sendgrid", *multipart(sendgrid_fields(mail))), mail.at)


def sendgrid_by_path(mail: Mail) -> Post:
    return Post(f"/hooks/sendgrid/{PASSWORD}", *multipart(sendgrid_fields(mail)))


def sns_message(kind: str, text: str, at: datetime, nonce: str, version: str = "2", **changes: str) -> dict[str, str]:
    message = {
        "Type": kind,
        "MessageId": f"22b80b92-fdea-4c2c-8f9d-{nonce}",
        "TopicArn": TOPIC,
        "Message": text,
        "Timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    }
    if kind == "Notification":
        message |= {"Subject": "Amazon SES Email Receipt Notification"}
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    else:
        message |= {"Token": "2336412f37", "SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"}
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    message |= changes
    text_to_sign = "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()
    digest = SHA1() if version == "1" else SHA256()
    signature = amazon_key().sign(text_to_sign, PKCS1v15(), digest)
    return {"Signature": base64.b64encode(signature).decode(), **message}


def sns(message: dict[str, str]) -> Post:
    return Post("/hooks/ses", {"Content-Type": "text/plain; charset=UTF-8"}, json.dumps(message).encode())


def ses_mail(mail: Mail, encoding: str = "BASE64") -> str:
    content = base64.b64encode(mail.raw).decode() if encoding == "BASE64" else mail.raw.decode()
    return json.dumps(
        {
            "notificationType": "Received",
            "mail": {"source": mail.sender, "messageId": mail.nonce, "destination": ["somebody@else.example"]},
            "receipt": {
                "recipients": list(mail.recipients),
                "spamVerdict": {"status": "PASS"},
                "action": {"type": "SNS", "topicArn": TOPIC, "encoding": encoding},
            },
            "content": content,
        }
    )


def ses(mail: Mail) -> Post:
    return sns(sns_message("Notification", ses_mail(mail), mail.at, mail.nonce))


def ses_version_1(mail: Mail) -> Post:
    return sns(sns_message("Notification", ses_mail(mail, "UTF-8"), mail.at, mail.nonce, version="1"))


MAILS: dict[str, Callable[[Mail], Post]] = {
    "generic": generic,
    "cloudflare": cloudflare,
    "mailgun": mailgun,
    "mailgun urlencoded": mailgun_urlencoded,
    "postmark": postmark,
    "postmark by path": postmark_by_path,
    "sendgrid": sendgrid,
    "sendgrid by path": sendgrid_by_path,
    "ses": ses,
    "ses version 1": ses_version_1,
}


# What became of a mail of ours.


@dataclass(frozen=True)
class Told:
    """Of which mail, and what."""

    fact: Fact
    message_id: str  # with angle brackets, as we gave it
    sender: str  # the envelope sender that we gave it
    at: datetime = NOON


def mailgun_report(told: Told, nonce: str = "e") -> Post:
    event, severity = {
        Fact.ARRIVED: ("delivered", None),
        Fact.BOUNCED: ("failed", "permanent"),
        Fact.DELAYED: ("failed", "temporary"),
        Fact.COMPLAINED: ("complained", None),
    }[told.fact]
    timestamp, token = _seconds(told.at), f"{nonce}{told.fact}".ljust(50, "0")
    data = {
        "event": event,
        "id": "CCXMjJ7nQi2N3BPigGOdgQ",
        "recipient": "guru@clinic.example",
        "message": {"headers": {"message-id": told.message_id.strip("<>"), "to": "guru@clinic.example"}},
        "delivery-status": {"code": 550, "message": "5.1.1 no such user", "description": ""},
    }
    data |= {"severity": severity} if severity else {}
    signature = {"timestamp": timestamp, "token": token, "signature": _signature(f"{timestamp}{token}".encode())}
    return _json("/hooks/mailgun", {"signature": signature, "event-data": data})


def postmark_report(told: Told) -> Post:
    record = {
        Fact.ARRIVED: {"RecordType": "Delivery", "Details": "250 OK"},
        Fact.BOUNCED: {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Details": "smtp;550 5.1.1"},
        Fact.DELAYED: {"RecordType": "Bounce", "Type": "Transient", "TypeCode": 2, "Details": "smtp;450"},
        Fact.COMPLAINED: {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512},
    }[told.fact]
    name = told.message_id.strip("<>").partition("@")[0]  # as X-PM-Metadata-mailbag went out
    common = {"MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Metadata": {"mailbag": name}}
    return _json(f"/hooks/postmark/{PASSWORD}", common | record | {"Recipient": "guru@clinic.example"})


def sendgrid_report(*all_told: Told) -> Post:
    events = [
        {
            "email": "guru@clinic.example",
            "timestamp": 1513299569,
            "smtp-id": told.message_id,
            "sg_event_id": f"ZGVsaXZlcmVkLTA-{told.fact}",
            **{
                Fact.ARRIVED: {"event": "delivered", "response": "250 OK"},
                Fact.BOUNCED: {"event": "bounce", "type": "bounce", "reason": "550 5.1.1", "status": "5.1.1"},
                Fact.DELAYED: {"event": "deferred", "response": "450 try again later", "attempt": "5"},
                Fact.COMPLAINED: {"event": "spamreport"},
            }[told.fact],
        }
        for told in all_told
    ]
    return sendgrid_signed(_json("/hooks/sendgrid", events), all_told[0].at)


def ses_report(told: Told, kind: str = "notificationType") -> Post:
    name, detail = {
        Fact.ARRIVED: ("Delivery", {"delivery": {"smtpResponse": "250 ok", "recipients": ["guru@clinic.example"]}}),
        Fact.BOUNCED: (
            "Bounce",
            {
                "bounce": {
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": [{"emailAddress": "guru@clinic.example", "diagnosticCode": "smtp; 550 5.1.1"}],
                }
            },
        ),
        Fact.DELAYED: ("Bounce", {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}}),
        Fact.COMPLAINED: ("Complaint", {"complaint": {"complaintFeedbackType": "abuse"}}),
    }[told.fact]
    mail = {
        "source": told.sender,
        "messageId": "0000014644fe5ef6-9a483358-9170-4cb4-a269-f5dcdf415321-000000",
        "destination": ["guru@clinic.example"],
        "headers": [{"name": "Message-ID", "value": told.message_id}],
    }
    text = json.dumps({kind: name, "mail": mail, **detail})
    return sns(sns_message("Notification", text, told.at, f"r-{told.fact}"))


REPORTS: dict[str, Callable[[Told], Post]] = {
    "mailgun": mailgun_report,
    "postmark": postmark_report,
    "sendgrid": sendgrid_report,
    "ses": ses_report,
}
