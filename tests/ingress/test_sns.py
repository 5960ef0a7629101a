"""Amazon SNS: only our topics, only Amazon's certificates, and no address in a message is ever followed."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from app.ingress.webhook import ses, sns
from app.ingress.webhook.posted import Forged, Keys, Reading
from tests.ingress import posts
from tests.ingress.posts import CERTIFICATE, TOPIC, Amazon
from tests.office import NOON

pytestmark = pytest.mark.filterwarnings("default::cryptography.utils.CryptographyDeprecationWarning")

KEYS = Keys(keys=(TOPIC,))


def read(message: dict[str, str], amazon: Amazon | None = None) -> Reading:
    return ses.read(posts.sns(message).posted, KEYS, NOON, fetch=amazon or Amazon())


def notification(**changes: str) -> dict[str, str]:
    text = json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded"})
    return posts.sns_message("Notification", text, NOON, "n", **changes)


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE.replace("amazonaws.com", "evil-amazonaws.com"),
        CERTIFICATE.replace("sns.eu-west-1.", "evil.example/sns.eu-west-1."),
        CERTIFICATE.replace("https://", "https://evil.example@"),
        CERTIFICATE.replace(".com/", ".com@evil.example/"),
        CERTIFICATE.replace(".com/", ".com:8443/"),
        CERTIFICATE.replace(".com/", ".com\\@evil.example/"),
        CERTIFICATE.replace(".com/", ".com%2eevil.example/"),
        CERTIFICATE.replace(".com/", ".com/../bucket/"),
        CERTIFICATE.replace("sns.", "s3."),
        CERTIFICATE.replace("sns.", "xsns."),
        CERTIFICATE.replace("eu-west-1", "eu-west-1.evil"),
        CERTIFICATE.replace("eu-west-1", "us-east-1"),  # Amazon's, but not this topic's
        CERTIFICATE.replace("sns.eu-west-1.amazonaws.com", "sns.amazonaws.com"),
        CERTIFICATE.replace("sns.eu-west-1", "SNS.EU-WEST-1"),
        CERTIFICATE.replace("/SimpleNotificationService", "/mybucket/SimpleNotificationService"),
        CERTIFICATE + "?x=.pem",
        CERTIFICATE + "#.pem",
        CERTIFICATE + "\n",
        " " + CERTIFICATE,
        CERTIFICATE.replace(".pem", ".crt"),
        CERTIFICATE.replace("amazonaws", "аmazonaws"),  # Cyrillic а
        "file:///etc/ssl/cert.pem",
        "",
    ],
)
def test_a_certificate_from_anywhere_else_is_not_even_fetched(url: str) -> None:
    amazon = Amazon()
    with pytest.raises(Forged, match="not on the topic's own host"):
        read(notification(SigningCertURL=url), amazon)
    assert amazon.asked == []


@pytest.mark.parametrize("topic", ["", TOPIC + "x", TOPIC.replace("1234", "4321"), TOPIC.upper()])
def test_a_topic_of_somebody_else_is_refused_before_anything_is_fetched(topic: str) -> None:
    """Anybody can have Amazon sign for a topic of her own."""
    amazon = Amazon()
    with pytest.raises(Forged, match="none of MAILBAG_HOOK_SES_TOPICS"):
        read(notification(TopicArn=topic), amazon)
    assert amazon.asked == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_the_signature_are_known(version: str) -> None:
    message = posts.sns_message("Notification", "Hello.", NOON, "n", version=version)
    assert read(message) == Reading()
    with pytest.raises(Forged, match="signature is wrong"):
        read(message | {"SignatureVersion": "1" if version == "2" else "2"})


@pytest.mark.parametrize("changes", [{"SignatureVersion": "3"}, {"SignatureVersion": ""}, {"Type": "Other"}])
def test_what_is_not_known_is_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(Forged):
        read(notification() | changes)


@pytest.mark.parametrize("pem", [b"-", posts.amazon_certificate(days=-2)], ids=["none", "expired"])
def test_a_certificate_that_is_none_or_expired_is_not_believed(pem: bytes) -> None:
    with pytest.raises(Forged, match="certificate"):
        read(notification(), Amazon(pem=pem))


def test_a_subject_is_signed_where_there_is_one() -> None:
    message = notification()
    with pytest.raises(Forged):
        read(message | {"Subject": "another"})
    with pytest.raises(Forged):
        read({name: value for name, value in message.items() if name != "Subject"})


def test_the_certificate_is_fetched_once_a_day() -> None:
    amazon = Amazon()
    for _ in range(3):
        read(notification(), amazon)
    assert amazon.asked == [CERTIFICATE]
    later = NOON + timedelta(days=1)
    message = posts.sns_message("Notification", "Hello.", later, "n")
    ses.read(posts.sns(message).posted, KEYS, later, fetch=amazon)
    assert len(amazon.asked) == 2


@pytest.mark.parametrize(
    "topic",
    [f"arn:aws:sns:{region}:123456789012:a_b-c" for region in ("eu-west-1", "us-gov-west-1", "ap-southeast-10")],
)
def test_a_topic_says_its_region(topic: str) -> None:
    assert sns.region_of(topic) == topic.split(":")[3]


@pytest.mark.parametrize("topic", ["", "mail", TOPIC + "\n", TOPIC.replace("eu-west-1", "evil.example/"), TOPIC + "?x"])
def test_what_is_no_topic_has_no_region(topic: str) -> None:
    with pytest.raises(ValueError, match="arn:aws:sns"):
        sns.region_of(topic)


# Over HTTP.

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Send = Callable[[posts.Post], TestResponse]


@ON_SQLITE
def test_a_subscription_to_our_topic_is_confirmed_at_amazon_whatever_the_message_says(
    post: Send, amazon: Amazon
) -> None:
    answer = post(posts.sns(posts.sns_message("SubscriptionConfirmation", "You have chosen", NOON, "n")))
    assert (answer.status_code, answer.text) == (200, "Confirmed.\n")
    assert amazon.asked[-1] == (
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Amailbag&Token=2336412f37"
    )


@ON_SQLITE
def test_a_forged_subscription_is_not_confirmed(post: Send, amazon: Amazon) -> None:
    message = posts.sns_message("SubscriptionConfirmation", "You have chosen", NOON, "n")
    assert post(posts.sns(message | {"Token": "another"})).status_code == 401
    assert amazon.asked == [CERTIFICATE]


@ON_SQLITE
def test_that_amazon_is_away_is_our_trouble(post: Send, amazon: Amazon) -> None:
    amazon.is_down = True
    message = posts.sns_message("SubscriptionConfirmation", "You have chosen", NOON, "n")
    assert post(posts.sns(message)).status_code == 503
    amazon.is_down = False
    assert post(posts.sns(message)).status_code == 200


@ON_SQLITE
def test_an_end_of_the_subscription_is_noted_and_nothing_is_asked(post: Send, amazon: Amazon) -> None:
    message = posts.sns_message("UnsubscribeConfirmation", "You have chosen", NOON, "n")
    assert post(posts.sns(message)).text == "Nothing to do.\n"
    assert amazon.asked == [CERTIFICATE]


def test_a_redirect_is_not_followed() -> None:
    assert sns._NoRedirect().redirect_request("anything") is None
