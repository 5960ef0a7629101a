"""Mailboxes without a password: access tokens from an endpoint, and refresh tokens that change."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.ingress.imap.account import OAuth
from app.ingress.imap.kept_token import KeptToken
from app.ingress.imap.oauth import Tokens
from app.ingress.imap.wire import Lost, Refused
from app.usecases.watching import Watch
from tests.ingress.imap.doors import HURRIED, count, mail, open_door, row
from tests.office import Office
from tests.scripted_imap import ScriptedImap
from tests.servers import wait_until


@dataclass
class Endpoint:
    """A token endpoint: gives these answers first, then its usual one."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    usual: dict[str, Any] = field(default_factory=lambda: {"access_token": "access", "expires_in": 3600})

    def take(self, body: str) -> tuple[int, Any]:
        self.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        return self.answers.pop(0) if self.answers else (200, self.usual)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, answer = made.take(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Location", made.url)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/token"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap({1: mail(1)}, capabilities="IMAP4rev1 AUTH=XOAUTH2") as started:
        yield started


def grant(endpoint: Endpoint) -> OAuth:
    return OAuth(url=endpoint.url, client_id="mailbag", client_secret="hush", refresh_token="first")


def tokens(endpoint: Endpoint) -> tuple[Tokens, list[str]]:
    kept: list[str] = []
    return Tokens(grant(endpoint), None, "first", kept.append), kept


def test_a_refresh_token_is_exchanged_for_an_access_token(endpoint: Endpoint) -> None:
    found, kept = tokens(endpoint)
    assert [found.access(), found.access()] == ["access", "access"]
    assert endpoint.asked == [
        {"grant_type": "refresh_token", "client_id": "mailbag", "client_secret": "hush", "refresh_token": "first"}
    ], "once, while it is good"
    assert kept == []


def test_a_token_is_renewed_before_its_end(endpoint: Endpoint) -> None:
    endpoint.usual["expires_in"] = 59
    found, _ = tokens(endpoint)
    found.access()
    found.access()
    assert len(endpoint.asked) == 2


def test_a_new_refresh_token_is_used_and_kept(endpoint: Endpoint) -> None:
    endpoint.answers.append((200, {"access_token": "a", "expires_in": 0, "refresh_token": "second"}))
    found, kept = tokens(endpoint)
    found.access()
    found.access()
    assert [asked["refresh_token"] for asked in endpoint.asked] == ["first", "second"]
    assert kept == ["second"]


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (400, {"error": "invalid_grant"}, Refused, "MAILBAG_IMAP_OAUTH_REFRESH_TOKEN"),
        (401, {"error": "invalid_client"}, Refused, "MAILBAG_IMAP_OAUTH_CLIENT_ID"),
        (400, b"<html>", Refused, "400"),
        (503, b"", Lost, "503"),
        (302, b"", Lost, "302"),
        (200, b"<html>", Lost, "token endpoint"),
        (200, [], Lost, "no JSON object"),
        (200, {"access_token": "two\r\nlines"}, Lost, "no access token"),
        (200, {}, Lost, "no access token"),
    ],
)
def test_what_the_endpoint_says_is_told_apart(
    endpoint: Endpoint, status: int, answer: Any, error: type[Exception], words: str
) -> None:
    endpoint.answers.append((status, answer))
    found, _ = tokens(endpoint)
    with pytest.raises(error, match=words):
        found.access()
    assert len(endpoint.asked) == 1, "a redirection is not followed with our secret"


def test_a_mailbox_opens_with_a_token(office: Office, endpoint: Endpoint, server: ScriptedImap) -> None:
    said: list[str] = []

    def take(tag: str, answer: str) -> bytes:
        said.append(base64.b64decode(answer).decode())
        return f"{tag} OK in\r\n".encode()

    server.answers["AUTHENTICATE"] = take
    with open_door(office, server.port, password="", oauth=grant(endpoint)):
        wait_until(lambda: count(office) == 1, lambda: row(office).trouble)
    assert set(said) == {"user=column\1auth=Bearer access\1\1"}
    assert len(endpoint.asked) == 1


def test_a_token_that_is_refused_is_told_and_not_tried_again(
    office: Office, endpoint: Endpoint, server: ScriptedImap
) -> None:
    server.answers["AUTHENTICATE"] = lambda tag, _: f"{tag} NO [AUTHENTICATIONFAILED] Invalid\r\n".encode()
    with open_door(office, server.port, replace(HURRIED, refused=300), oauth=grant(endpoint)):
        wait_until(lambda: "MAILBAG_IMAP_USER" in row(office).trouble, lambda: row(office).trouble)
    assert server.heard.count("AUTHENTICATE") == 1
    assert "access" not in row(office).trouble


def test_a_token_that_was_revoked_is_exchanged(office: Office, endpoint: Endpoint, server: ScriptedImap) -> None:
    is_revoked = False

    def take(tag: str, answer: str) -> bytes:
        token = base64.b64decode(answer).decode().partition("Bearer ")[2].rstrip("\1")
        is_good = not (is_revoked and token == "access")
        return f"{tag} {'OK in' if is_good else 'NO [AUTHENTICATIONFAILED] no'}\r\n".encode()

    def goodbye(tag: str, _: str) -> bytes:
        del server.answers["EXAMINE"]
        return b"* BYE\r\n"

    server.answers["AUTHENTICATE"] = take
    with open_door(office, server.port, replace(HURRIED, refused=300), oauth=grant(endpoint)):
        wait_until(lambda: count(office) == 1, lambda: row(office).trouble)
        is_revoked, endpoint.usual["access_token"], server.mails[2] = True, "newer", mail(2)
        server.answers["EXAMINE"] = goodbye
        wait_until(lambda: count(office) == 2, lambda: row(office).trouble)


def test_the_newest_refresh_token_outlives_a_restart_and_no_backup_shows_it(either_office: Office) -> None:
    watch = Watch(either_office.mailbag, "column on imap.example", "INBOX")
    signer = either_office.mailbag.links.signer
    assert KeptToken(watch, signer, "first").newest() == "first"
    KeptToken(watch, signer, "first").keep("second")
    assert KeptToken(watch, signer, "first").newest() == "second"
    assert "second" not in watch.row().refresh_token
    assert KeptToken(watch, signer, "another grant").newest() == "another grant", "the settings were changed"
