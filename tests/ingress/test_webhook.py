"""The webhook door over HTTP: what each provider posts is committed before 2xx, once, and by itself alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.config import BadSettings, Settings
from app.domain.mail import InboundMessage
from app.ingress.webhook import PROVIDERS, Hooks, open_hooks
from app.usecases import receiving
from app.usecases.guessing import MOST_INVENTED
from app.web import create_app
from tests.ingress import posts
from tests.ingress.conftest import LIMIT
from tests.ingress.posts import MAILS, Mail
from tests.office import GURU, NOON, TEMPLATES, Office
from tests.usecases.test_guessing import guesses
from tests.usecases.test_receiving import plain

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here is up to the database

COLUMN = "column@column.example"
RAW = plain("Rest – and then walk.").replace(b"\n", b"\r\n")
MAIL = Mail(RAW, (COLUMN,))
BY_PROVIDER = pytest.mark.parametrize("make", MAILS.values(), ids=MAILS)
Send = Callable[[posts.Post], TestResponse]


def stored(office: Office) -> list[InboundMessage]:
    with office.mailbag.database.read() as tx:
        found = list(tx.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))
        assert all(message.raw is not None for message in found), "loaded, while the database is open"
        return found


# In.


def test_beyond_a_hundred_invented_addresses_they_are_to_come_later(office: Office, post: Send) -> None:
    """The genuine ones are taken all the while, also those in the same mail."""
    office.ask()
    invented = guesses(MOST_INVENTED + 3)
    for guess in invented[:MOST_INVENTED]:
        receiving.is_welcome(office.mailbag, guess)
    for number, guess in enumerate(invented[MOST_INVENTED:]):
        mail = replace(MAIL, recipients=(guess, office.reply_address()), nonce=f"n{number}")
        answer = post(posts.generic(mail))
        assert (answer.status_code, "try again later" in answer.text) == (503, True)
    taken = [message.recipient for message in stored(office) if message.state != "rejected"]
    assert taken == [office.reply_address()]
    assert post(posts.generic(replace(MAIL, nonce="other"))).status_code == 200


@BY_PROVIDER
def test_a_mail_is_stored_byte_for_byte_with_its_envelope(
    office: Office, post: Send, make: Callable[[Mail], posts.Post]
) -> None:
    assert post(make(MAIL)).status_code == 200
    (message,) = stored(office)
    assert message.raw == RAW
    assert (message.sender, message.recipient) == (GURU, COLUMN)
    assert message.door in PROVIDERS


@BY_PROVIDER
def test_a_bounce_has_an_empty_sender(office: Office, post: Send, make: Callable[[Mail], posts.Post]) -> None:
    assert post(make(replace(MAIL, sender=""))).status_code == 200
    assert [message.sender for message in stored(office)] == [""]


def test_a_reply_that_came_by_a_webhook_becomes_an_answer(office: Office, post: Send) -> None:
    question = office.ask()
    assert post(posts.mailgun(Mail(office.reply(), (office.reply_address(),)))).status_code == 200
    office.run_jobs()
    assert office.question(question.id).state == "published"


@pytest.mark.parametrize("make", [posts.generic, posts.mailgun, posts.sendgrid, posts.ses])
def test_bytes_of_no_charset_come_through(office: Office, post: Send, make: Callable[[Mail], posts.Post]) -> None:
    raw = RAW + bytes(range(256)) + b"\r\n\r\r\n.\r\n"
    assert post(make(replace(MAIL, raw=raw))).status_code == 200
    assert [message.raw for message in stored(office)] == [raw]


def test_line_ends_of_unix_become_those_of_the_wire(office: Office, post: Send) -> None:
    post(posts.sendgrid(replace(MAIL, raw=RAW.replace(b"\r\n", b"\n"))))
    post(posts.mailgun(MAIL))
    assert [message.raw for message in stored(office)] == [RAW]


@pytest.mark.parametrize("name", ["generic", "mailgun", "sendgrid", "ses"])
def test_each_recipient_that_is_ours_has_its_row(office: Office, post: Send, name: str) -> None:
    recipients = (COLUMN, "colleague@column.example", "editor@column.example", COLUMN)
    answer = post(MAILS[name](replace(MAIL, recipients=recipients)))
    assert answer.status_code == 200
    assert "<colleague@column.example> is no address here" in answer.text
    assert [message.recipient for message in stored(office)] == [COLUMN, "editor@column.example"]


# Not in.


@BY_PROVIDER
def test_what_is_for_nobody_here_is_refused_for_good(
    office: Office, post: Send, make: Callable[[Mail], posts.Post]
) -> None:
    answer = post(make(replace(MAIL, recipients=("nobody@column.example",))))
    assert answer.status_code == (403 if make.__name__.startswith("postmark") else 406)
    assert "<nobody@column.example> is no address here" in answer.text
    assert stored(office) == []


@pytest.mark.parametrize(
    "recipient", ["column@else.example", "q-ü@column.example", "q-" + "x" * 400 + "@column.example"]
)
def test_what_is_no_address_of_ours_is_refused(office: Office, post: Send, recipient: str) -> None:
    assert post(posts.generic(replace(MAIL, recipients=(recipient,)))).status_code == 406


@BY_PROVIDER
def test_a_mail_that_is_too_large_is_refused_and_seen_on_the_desk(
    office: Office, post: Send, make: Callable[[Mail], posts.Post]
) -> None:
    answer = post(make(replace(MAIL, raw=RAW + b"x" * LIMIT)))
    assert answer.status_code == 413
    assert str(LIMIT) in answer.text
    assert [(message.state, message.reason, message.raw) for message in stored(office)] == [
        ("rejected", "oversized", b"")
    ]


def test_a_body_without_end_is_not_read(office: Office, post: Send) -> None:
    answer = post(posts.generic(replace(MAIL, raw=b"x" * (3 * LIMIT + 2 * 1024 * 1024))))
    assert answer.status_code == 413
    assert stored(office) == []


@BY_PROVIDER
def test_without_its_key_a_hook_is_not_there(office: Office, make: Callable[[Mail], posts.Post]) -> None:
    made = make(MAIL)
    name = made.path.split("/")[2]
    others = {other: keys for other, keys in posts.keys().items() if other != name}
    client = create_app(office.mailbag, templates=TEMPLATES, hooks=Hooks(office.mailbag, others, LIMIT)).test_client()
    assert client.post(made.path, headers=made.headers, data=made.body).status_code == 404
    assert stored(office) == []


@BY_PROVIDER
def test_by_default_no_hook_is_open(office: Office, make: Callable[[Mail], posts.Post]) -> None:
    made = make(MAIL)
    hooks = open_hooks(Settings(secret_key="k" * 32), office.mailbag)
    for given in (None, hooks):
        client = create_app(office.mailbag, templates=TEMPLATES, hooks=given).test_client()
        assert client.post(made.path, headers=made.headers, data=made.body).status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_is_taken(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)("/hooks/generic").status_code == 405


def test_settings_open_the_hooks_that_they_name(office: Office) -> None:
    settings = Settings(
        secret_key="k" * 32,
        hook_mailgun_keys=("m",),
        hook_sendgrid_keys=(posts.sendgrid_public(),),
        hook_ses_topics=(posts.TOPIC,),
        max_mail_bytes=7,
    )
    hooks = open_hooks(settings, office.mailbag)
    assert set(hooks.keys) == {"mailgun", "sendgrid", "ses"}
    assert hooks.max_mail_bytes == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [("hook_sendgrid_keys", "MFkw"), ("hook_sendgrid_keys", "!"), ("hook_ses_topics", "arn:aws:sqs:eu-west-1:1:x")],
)
def test_a_key_that_is_none_stops_the_start(office: Office, name: str, value: str) -> None:
    settings = Settings(secret_key="k" * 32, **{name: (value,)})
    with pytest.raises(BadSettings, match=f"MAILBAG_{name.upper()}"):
        open_hooks(settings, office.mailbag)


# The clock.

LATE = {"mailgun": timedelta(hours=9), "sendgrid": timedelta(days=3), "ses": timedelta(hours=1)}
TIMED = ["generic", "cloudflare", "mailgun", "sendgrid", "ses"]


@pytest.mark.parametrize("name", TIMED)
def test_a_clock_that_is_ten_minutes_off_is_not_believed(office: Office, post: Send, name: str) -> None:
    late = LATE.get(name, timedelta(0))
    for at in (NOON + timedelta(minutes=10), NOON - late - timedelta(minutes=10)):
        answer = post(MAILS[name](replace(MAIL, at=at)))
        assert (answer.status_code, stored(office)) == (401, [])
        assert "too old, or our clocks differ" in answer.text
    office.clock.pass_by(minutes=10)
    assert post(MAILS[name](replace(MAIL, at=office.clock(), nonce="0a1b2c"))).status_code == 200
    assert len(stored(office)) == 1


@pytest.mark.parametrize("name", TIMED)
def test_four_minutes_are_within_the_window(office: Office, post: Send, name: str) -> None:
    for minutes in (4, -4):
        at = NOON + timedelta(minutes=minutes)
        assert post(MAILS[name](replace(MAIL, at=at, nonce=f"00{minutes}"))).status_code == 200


@pytest.mark.parametrize("name", LATE)
def test_a_provider_that_repeats_its_first_timestamp_is_heard_as_long_as_it_does(
    office: Office, post: Send, name: str
) -> None:
    """Else an outage of ours that is longer than the window would lose their mail."""
    made = MAILS[name](MAIL)
    office.clock.at += LATE[name]
    assert post(made).status_code == 200
    assert post(made).status_code == 200
    assert len(stored(office)) == 1


# What browsers may not.


def test_a_hook_needs_no_form_token_and_no_origin(office: Office, client: FlaskClient) -> None:
    made = posts.generic(MAIL)
    headers = made.headers | {"Origin": "https://worker.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(made.path, headers=headers, data=made.body).status_code == 200


def test_answers_are_plain_words_that_no_cache_keeps(post: Send) -> None:
    answer = post(posts.postmark(MAIL).but(headers={"Content-Type": "application/json"}))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/plain"
