"""What the words of each provider mean: of all its events, those that settle a mail."""

import json

import pytest

from app.ingress.webhook import mailgun, postmark, sendgrid, ses
from app.usecases.settling import Fact
from tests.ingress import posts
from tests.ingress.posts import Post, Told
from tests.office import NOON


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        ({"event": "delivered"}, Fact.ARRIVED),
        ({"event": "failed", "severity": "permanent"}, Fact.BOUNCED),
        ({"event": "failed", "severity": "temporary"}, Fact.DELAYED),
        ({"event": "rejected", "reject": {"reason": "Sandbox"}}, Fact.BOUNCED),
        ({"event": "complained"}, Fact.COMPLAINED),
        ({"event": "failed"}, None),
        ({"event": "opened"}, None),
        ({"event": "clicked"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_events_of_mailgun(event: object, fact: Fact | None) -> None:
    document = json.loads(posts.mailgun_report(Told(Fact.ARRIVED, "<x@y>", "")).body) | {"event-data": event}
    made = Post("/hooks/mailgun", {"Content-Type": "application/json"}, json.dumps(document).encode())
    reading = mailgun.read(made.posted, posts.keys()["mailgun"], NOON)
    assert [report.fact for report in reading.reports] == ([fact] if fact else [])


@pytest.mark.parametrize(
    ("record", "kind", "fact"),
    [
        ("Delivery", "", Fact.ARRIVED),
        ("Bounce", "HardBounce", Fact.BOUNCED),
        ("Bounce", "BadEmailAddress", Fact.BOUNCED),
        ("Bounce", "Blocked", Fact.BOUNCED),
        ("Bounce", "SoftBounce", Fact.DELAYED),
        ("Bounce", "Transient", Fact.DELAYED),
        ("Bounce", "AutoResponder", None),
        ("Bounce", "SpamNotification", None),
        ("Bounce", "ChallengeVerification", None),
        ("SpamComplaint", "SpamComplaint", Fact.COMPLAINED),
        ("Open", "", None),
        ("SubscriptionChange", "", None),
    ],
)
def test_records_of_postmark(record: str, kind: str, fact: Fact | None) -> None:
    assert postmark._fact(record, kind) is fact


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        ({"event": "delivered"}, Fact.ARRIVED),
        ({"event": "bounce", "type": "bounce"}, Fact.BOUNCED),
        ({"event": "bounce", "type": "blocked"}, Fact.DELAYED),
        ({"event": "dropped", "reason": "Bounced Address"}, Fact.BOUNCED),
        ({"event": "deferred"}, Fact.DELAYED),
        ({"event": "spamreport"}, Fact.COMPLAINED),
        ({"event": "processed"}, None),
        ({"event": "unsubscribe"}, None),
        ("event", None),
    ],
)
def test_events_of_sendgrid(event: object, fact: Fact | None) -> None:
    assert sendgrid._fact(event) is fact


@pytest.mark.parametrize(
    ("kind", "told", "fact"),
    [
        ("Bounce", {"bounce": {"bounceType": "Permanent"}}, Fact.BOUNCED),
        ("Bounce", {"bounce": {"bounceType": "Transient"}}, Fact.DELAYED),
        ("Bounce", {"bounce": {"bounceType": "Undetermined"}}, Fact.DELAYED),
        ("Bounce", {"bounce": None}, Fact.DELAYED),
        ("Bounce", {}, Fact.DELAYED),
        ("Complaint", {"complaint": {"complaintFeedbackType": "abuse"}}, Fact.COMPLAINED),
        ("Complaint", {"complaint": {}}, Fact.COMPLAINED),
        ("Complaint", {"complaint": {"complaintFeedbackType": "not-spam"}}, None),
        ("Delivery", {}, Fact.ARRIVED),
        ("DeliveryDelay", {}, Fact.DELAYED),
        ("Reject", {"reject": {"reason": "Bad content"}}, Fact.BOUNCED),
        ("Send", {}, None),
        ("Open", {}, None),
    ],
)
def test_notifications_of_ses(kind: str, told: dict[str, object], fact: Fact | None) -> None:
    assert ses._fact(kind, told)[0] is fact


@pytest.mark.parametrize(
    "mail",
    [
        {"commonHeaders": {"messageId": "<x@column.example>"}},
        {"headers": [{"name": "From", "value": "a"}, {"name": "message-id", "value": "<x@column.example>"}]},
    ],
)
def test_our_message_id_is_among_the_original_headers(mail: dict[str, object]) -> None:
    assert ses._message_id({"mail": mail}) == "<x@column.example>"


@pytest.mark.parametrize("told", [{}, {"mail": None}, {"mail": {"headers": None}}, {"mail": {"headers": [None]}}])
def test_headers_may_be_missing(told: dict[str, object]) -> None:
    assert ses._message_id(told) == ""
