"""A webhook's mail is one row however often it comes, and comes again where it could not be committed."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from app.ingress.webhook import Hooks
from app.store import tables
from app.store.base import Database
from app.usecases.settling import Fact
from app.web import create_app
from tests.ingress import posts
from tests.ingress.conftest import LIMIT
from tests.ingress.posts import MAILS, Mail
from tests.ingress.test_webhook import COLUMN, MAIL, RAW, Send, stored
from tests.office import TEMPLATES, Office


def mail_of(name: str) -> Mail:
    return replace(MAIL, raw=RAW + f"By {name}.\r\n".encode(), nonce=name)


OF_EACH = {name: make(mail_of(name)) for name, make in MAILS.items()}
SIGNED_OR_NOT = pytest.mark.parametrize("make", [posts.generic, posts.mailgun, posts.postmark, posts.ses])


def nonces(office: Office) -> int:
    with office.mailbag.database.read() as tx:
        return tx.session.scalar(select(func.count()).select_from(tables.nonce)) or 0


def test_the_same_again_is_taken_and_changes_nothing(office: Office, post: Send) -> None:
    for number, mail in enumerate(OF_EACH.values(), 1):
        for _ in range(3):
            assert post(mail).status_code == 200
        assert (len(stored(office)), nonces(office), len(office.bells)) == (number, number, number)


def test_the_providers_fresh_retry_is_the_same_row(office: Office, post: Send) -> None:
    for made in OF_EACH.values():
        assert post(made).status_code == 200
    office.clock.pass_by(minutes=10)
    for name, make in MAILS.items():
        assert post(make(replace(mail_of(name), at=office.clock(), nonce=f"fresh-{name}"))).status_code == 200
    assert len(stored(office)) == len(MAILS)


@SIGNED_OR_NOT
def test_a_nonce_lets_nothing_else_in(office: Office, post: Send, make: Callable[[Mail], posts.Post]) -> None:
    post(make(MAIL))
    for other in (replace(MAIL, raw=RAW + b"x\r\n"), replace(MAIL, recipients=("editor@column.example",))):
        answer = post(make(other))
        assert (answer.status_code, answer.text) == (403, "This nonce was used for something else.\n")
    assert [(message.raw, message.recipient) for message in stored(office)] == [(RAW, COLUMN)]


@pytest.mark.parametrize("name", ["mailgun", "generic"])
def test_a_hundred_at_once_are_one_row(office: Office, client: FlaskClient, name: str) -> None:
    made = MAILS[name](MAIL)
    answers: list[int] = []

    def send(times: int) -> None:
        own = client.application.test_client()
        answers.extend(own.post(made.path, headers=made.headers, data=made.body).status_code for _ in range(times))

    senders = [threading.Thread(target=send, args=(10,)) for _ in range(10)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [200] * 100
    assert (len(stored(office)), nonces(office)) == (1, 1)


# Our own trouble.


def broken_commit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sqlalchemy.orm.Session.commit", fail)


def test_what_was_not_committed_comes_again(office: Office, post: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nonce is rolled back with the mail: the provider's retry is not taken for a replay."""
    with monkeypatch.context() as patched:
        broken_commit(office, patched)
        for made in OF_EACH.values():
            answer = post(made)
            assert (answer.status_code, answer.text) == (503, "We could not store it; please try again later.\n")
    assert (stored(office), nonces(office), office.bells) == ([], 0, [])
    for made in OF_EACH.values():
        assert post(made).status_code == 200
    assert (len(stored(office)), nonces(office)) == (len(MAILS), len(MAILS))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_row_that_others_keep_changing_is_no_spent_nonce(
    office: Office, post: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: Any) -> None:
        raise StaleDataError

    made = posts.REPORTS["mailgun"](posts.Told(Fact.BOUNCED, "<x@column.example>", ""))
    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.orm.Session.commit", stale)
        assert [post(one).status_code for one in (made, OF_EACH["mailgun"])] == [503, 503]
    assert post(made).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_with_the_database_down_the_provider_comes_again(office: Office, amazon: posts.Amazon) -> None:
    nobody = Database("postgresql+psycopg://nobody@127.0.0.1:1/mailbag", lambda job, row_id: None)
    mailbag = replace(office.mailbag, database=nobody)
    client = create_app(mailbag, templates=TEMPLATES, hooks=Hooks(mailbag, posts.keys(), LIMIT, amazon)).test_client()
    reports = [make(posts.Told(Fact.BOUNCED, "<x@column.example>", "")) for make in posts.REPORTS.values()]
    for made in [*OF_EACH.values(), *reports]:
        assert client.post(made.path, headers=made.headers, data=made.body).status_code == 503
    nobody.close()
